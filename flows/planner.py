"""In which form does a message go out on its channel? Pure."""

from dataclasses import dataclass

from context_store.records import Message, Option


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the channel is handed: options are spelled out in the text where it has no buttons."""

    body: str
    media_urls: tuple[str, ...] = ()


def plan(message: Message) -> Form:
    """Numbered options on every channel for now; WhatsApp's buttons need the Content API."""
    return Form(
        body=with_numbered(message.text, message.options),
        media_urls=tuple(media.url for media in message.media),
    )


def with_numbered(text: str, options: tuple[Option, ...]) -> str:
    """The text and below it the options as "1. Label": a bare number picks one."""
    if not options:
        return text
    lines = "\n".join(f"{number}. {option.title}" for number, option in enumerate(options, start=1))
    return f"{text}\n\n{lines}"
