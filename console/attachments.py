"""What a thread shows of the files in it: the copy that we keep, or in words why there is none. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from console.words import Words, shortened
from context_store.records import Direction, Media, MediaFile, MediaFileId, MediaStatus, Message

PICTURES = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))


@dataclass(frozen=True, kw_only=True)
class Attachment:
    name: str
    # Our own copy of what a customer sent; None when there is none.
    file_id: MediaFileId | None = None
    # Where a picture that we sent is; None when the address is not one that a browser should follow.
    url: str | None = None
    is_picture: bool = False
    # Why there is no copy, or not yet.
    state: str | None = None


def attachments(message: Message, files: Sequence[MediaFile], words: Words) -> Iterator[Attachment]:
    """What customers sent only as the copy that we keep: nobody is led to an address that came from them."""
    kept = {file.index: file for file in files}
    for index, media in enumerate(message.media):
        if message.direction is Direction.OUT:
            is_web = urlsplit(media.url).scheme in ("http", "https")
            yield Attachment(name=_kind(media.content_type, words), url=media.url if is_web else None)
        else:
            yield received(media, kept.get(index), words)


def received(media: Media, file: MediaFile | None, words: Words) -> Attachment:
    if file is None:
        return Attachment(name=_kind(media.content_type, words), state=words("media.missing"))
    if file.status is not MediaStatus.KEPT or file.content_type is None:
        return Attachment(name=_kind(media.content_type, words), state=_why_not(file, words))
    return Attachment(
        name=_kind(file.content_type, words), file_id=file.id, is_picture=file.content_type in PICTURES
    )


def _why_not(file: MediaFile, words: Words) -> str:
    what = words.name("media", file.status)
    is_told = file.reason and file.status in (MediaStatus.REFUSED, MediaStatus.FAILED)
    return f"{what}: {shortened(words.name('media_reasons', file.reason), 80)}" if is_told else what


def _kind(content_type: str, words: Words) -> str:
    return shortened(words.name("media_kinds", content_type.partition("/")[0]), 40)
