"""Text without case and accents that still knows where each of its letters stood."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.text import LONGEST


@dataclass(frozen=True)
class Plain:
    text: str
    # Where letter n of `text` stands in what was written, and one more for the end.
    places: Sequence[int]

    def span(self, found: re.Match[str], group: int | str = 0) -> tuple[int, int]:
        """Where a match in `text` begins and ends in what was written."""
        return self.written(found.start(group), found.end(group))

    def written(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


def plain(written: str) -> Plain:
    """Letter by letter, so that places can be told. Looks at the first LONGEST characters only."""
    written = written[:LONGEST]
    if written.isascii():
        return Plain(written.lower(), range(len(written) + 1))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(written):
        bare = letter.lower() if letter.isascii() else _bare(letter)
        if bare:
            letters.append(bare)
            places.append(place)
    return Plain("".join(letters), [*places, len(written)])


def _bare(letter: str) -> str:
    """One character for one, or none for an accent that stands by itself. Odd spaces are spaces."""
    if letter.isspace():
        return "\n" if letter in "\u2028\u2029\x85" else " "
    first = unicodedata.normalize("NFKD", letter)[0]
    return "" if unicodedata.combining(first) else first.lower()[0]
