"""From text to what the classifier counts: words, pairs of words, and pieces of words.

Pieces of words forgive typos, endings and missing accents; pairs keep "not open" apart from "open".
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from nlu.text import normalise

SHORTEST_PIECE, LONGEST_PIECE = 2, 5
# Most texts are made of few words.
REMEMBERED_WORDS = 4096
_DIGITS = re.compile(r"\d+")


def plain_words(text: str) -> list[str]:
    """Normalised words; any digits are one and the same word, for no intent hangs on which they are."""
    return _DIGITS.sub("0", normalise(text)).split()


def word_features(words: list[str]) -> list[str]:
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return [*words, *pairs]


def piece_features(words: list[str]) -> list[str]:
    return [piece for word in words for piece in _pieces_of(word)]


@lru_cache(maxsize=REMEMBERED_WORDS)
def _pieces_of(word: str) -> tuple[str, ...]:
    return tuple(_pieces(f" {word} "))


def _pieces(padded: str) -> Iterator[str]:
    length = len(padded)
    for size in range(SHORTEST_PIECE, LONGEST_PIECE + 1):
        for start in range(max(1, length - size + 1)):
            yield padded[start : start + size]
        if size >= length:
            # A longer piece would be the same one again.
            break
