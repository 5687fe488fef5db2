"""Which product do their words mean? By the words of its name, singular or plural, with typos."""

from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from nlu.text import normalise

SHORTEST_WORD = 4
NEAR = 84


def find(text: str, products: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one product that most of the words fit; None for none, or for two alike."""
    said = [word for word in normalise(text).split() if len(word) >= SHORTEST_WORD]
    scores = [_score(said, product["name"]) for product in products]
    best = max(scores, default=0.0)
    if best == 0 or scores.count(best) > 1:
        return None
    return products[scores.index(best)]


def _score(said: Sequence[str], name: str) -> float:
    words = [word for word in normalise(name).split() if len(word) >= SHORTEST_WORD]
    return sum(len(word) for word in words if any(fuzz.ratio(word, other) >= NEAR for other in said))
