"""How many SMS segments a text costs. Pure."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")


def count_segments(text: str) -> int:
    """At least 1. One character outside GSM-7 turns the whole text into UCS-2."""
    if all(letter in BASIC or letter in EXTENSION for letter in text):
        widths = [2 if letter in EXTENSION else 1 for letter in text]
        return _fill(widths, alone=160, joined=153)
    widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return _fill(widths, alone=70, joined=67)


def _fill(widths: list[int], *, alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    segments, used = 1, 0
    for width in widths:
        # A two-unit character is never split over two segments.
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return segments
