"""What a file is, by its own bytes; what its sender or the carrier says of it counts for nothing. Pure.

Only what a phone can send: pictures, sound, films, office documents, contacts, plain text.
"""

WORD_STREAM = "WordDocument".encode("utf-16-le")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
# The brand that stands behind "ftyp" in the files of the MP4 family.
BRANDS = (
    (b"3g", "video/3gpp"),
    (b"M4A", "audio/mp4"),
    (b"M4B", "audio/mp4"),
    (b"mp4", "video/mp4"),
    (b"iso", "video/mp4"),
    (b"avc1", "video/mp4"),
    (b"M4V", "video/mp4"),
    (b"MSNV", "video/mp4"),
    (b"dash", "video/mp4"),
)
OFFICE_PARTS = (
    (b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
# A browser that ignores the type we name looks about this far for one of its own.
LOOKED_AT = 2048
MARKUP = ("<!doctype", "<html", "<head", "<body", "<script", "<svg", "<iframe", "<?xml", "<?php")


def sniffed_type(content: bytes) -> str | None:
    """None for everything that is not kept: pages, scripts, programs, archives, the unknown."""
    for beginning, kind in BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return next((kind for brand, kind in BRANDS if content[8:12].startswith(brand)), None)
    return _sound_type(content) or _office_type(content) or _text_type(content)


def _sound_type(content: bytes) -> str | None:
    """Raw AAC and MP3 begin with eleven set bits; two of the next ones tell which it is."""
    if len(content) < 4 or content[0] != 0xFF:
        return None
    if content[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if content[1] & 0xE6 == 0xE2 else None


def _office_type(content: bytes) -> str | None:
    if content.startswith(OLD_OFFICE):
        # Installers and others are of this format too.
        return "application/msword" if WORD_STREAM in content else None
    if not content.startswith(ZIP) or b"[Content_Types].xml" not in content or b"vbaProject.bin" in content:
        return None
    return next((kind for part, kind in OFFICE_PARTS if part in content), None)


def _text_type(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    beginning = text[:LOOKED_AT].lstrip().casefold()
    if not beginning or any(ord(character) < 32 and character not in "\t\r\n\f" for character in text):
        return None
    if beginning.startswith("begin:vcard"):
        return "text/vcard"
    is_script = beginning.startswith(("<", "#!"))
    return None if is_script or any(tag in beginning for tag in MARKUP) else "text/plain"
