"""An SMS within GSM-7: letters outside of it are written plainly where that saves a segment. Pure.

One "í" makes all of a text UCS-2, whose segments hold less than half. What customers wrote of themselves
(a name, an address) is left alone: if it needs UCS-2, the whole text keeps its accents.
"""

import re
import unicodedata
from collections.abc import Iterable

from flows.sms_length import count_segments, measure

# Signs that have no plain letter below them. A space that does not break is a price's.
SIGNS = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "•": "-", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x",
    "“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "º": "o", "ª": "a",
}  # fmt: skip
# Ours are ornaments, and stand alone.
_FACE = "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50][\ufe0f\U0001f3fb-\U0001f3ff]?"
EMOJI = re.compile(f"^{_FACE} ?| ?{_FACE}", re.MULTILINE)


def in_fewer_segments(whole: str, parts: Iterable[str], keep: Iterable[str]) -> tuple[str, ...] | None:
    """The parts of `whole` in plain letters; None when that saves nothing.

    Nothing of `keep` is changed in any of them.
    """
    cost = measure(whole)
    if cost.is_gsm or count_segments(whole) == 1:
        return None
    kept = [words for words in keep if words]
    folded = folded_but(whole, kept)
    if count_segments(folded) >= cost.segments:
        return None
    return tuple(folded_but(part, kept) for part in parts)


def folded_but(text: str, kept: list[str]) -> str:
    if not kept:
        return folded(text)
    pattern = re.compile("|".join(re.escape(words) for words in sorted(kept, key=len, reverse=True)))
    pieces, place = [], 0
    for found in pattern.finditer(text):
        pieces += [folded(text[place : found.start()]), found[0]]
        place = found.end()
    return "".join([*pieces, folded(text[place:])])


def folded(text: str) -> str:
    """Every letter that GSM-7 lacks without its accent; what has no plain form stays."""
    return "".join(_plain(letter) for letter in EMOJI.sub("", text))


def _plain(letter: str) -> str:
    if measure(letter).is_gsm:
        return letter
    bare = SIGNS.get(letter) or unicodedata.normalize("NFD", letter)[0]
    return bare if measure(bare).is_gsm else letter
