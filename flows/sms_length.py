"""How many SMS segments a text costs. Pure.

GSM-7 if every character of the text is in its tables, else UCS-2 for the whole text. The tables are
GSM 03.38's; the limits are those of a concatenated message.
"""

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
GSM_ALONE, GSM_JOINED = 160, 153
UCS_ALONE, UCS_JOINED = 70, 67
BEYOND_UCS2 = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a text takes of the network."""

    is_gsm: bool
    segments: int
    # The characters that made it UCS-2, each once, in the text's order.
    costly: tuple[str, ...] = ()


def measure(text: str) -> Cost:
    costly = tuple(
        dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in EXTENSION)
    )
    if not costly:
        widths = [2 if letter in EXTENSION else 1 for letter in text]
        return Cost(is_gsm=True, segments=_fill(widths, GSM_ALONE, GSM_JOINED))
    widths = [2 if ord(letter) > BEYOND_UCS2 else 1 for letter in text]
    return Cost(is_gsm=False, segments=_fill(widths, UCS_ALONE, UCS_JOINED), costly=costly)


def count_segments(text: str) -> int:
    """At least 1: an empty message is sent, and paid, too."""
    return measure(text).segments


def _fill(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    segments, used = 1, 0
    for width in widths:
        # A two-unit character is never split over two segments.
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return segments
