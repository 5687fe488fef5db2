"""Which files are pictures that a browser may show, judged by their first bytes. Pure."""

MEDIA_LIMIT = 5 * 1024 * 1024
SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def picture_type(content: bytes) -> str | None:
    """The true type of a picture, whatever its name says; None when it is no raster picture we know."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None
