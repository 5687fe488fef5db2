"""Which product do their words mean? By the words of its name, singular or plural, with typos.

The store finds candidates by how words begin; here they are judged.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

from flows.content_words import content_words
from nlu.text import normalise

FILE = Path(__file__).parent / "same_words.yml"
SHORTEST_WORD = 3
# Only of words as long as these a part, or one with a typo, is believed.
SHORTEST_NEAR = 4
NEAR = 84
MOST_WORDS = 12
# What a hit by the words of the category alone is worth: less than any by the name.
OF_CATEGORY = 0.5


@cache
def same_words() -> Mapping[str, frozenset[str]]:
    """Each word of flows/same_words.yml with what else may be meant by it."""
    groups = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        words = frozenset(normalise(each) for each in group)
        found |= {word: found.get(word, frozenset()) | words for word in words}
    return found


def said_words(text: str) -> list[str]:
    """What may name a product, with other words for the same thing behind each."""
    said = [word for word in content_words(text) if len(word) >= SHORTEST_WORD][:MOST_WORDS]
    others = [other for word in said for each in sorted(_forms(word)) for other in _same(each)]
    return list(dict.fromkeys([*said, *others]))


def plain_words(text: str) -> frozenset[str]:
    """Every word of it, normalised."""
    return frozenset(normalise(text).split())


def beginnings(text: str) -> list[str]:
    """How the names' words must begin: short enough for plurals and most typos."""
    return sorted({word[: max(3, min(5, len(word) - 2))] for word in said_words(text)})


def near_words(text: str, known: Sequence[str]) -> list[str]:
    """Words of the catalogue that theirs may be typos of."""
    said = [word for word in said_words(text) if len(word) >= SHORTEST_NEAR]
    return [other for other in known if any(fuzz.ratio(word, other) >= NEAR for word in said)]


def find(text: str, products: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one product that most of the words fit; None for none, or for two alike."""
    said = said_words(text)
    scores = [_score(said, product) for product in products]
    best = max(scores, default=0.0)
    if best == 0 or scores.count(best) > 1:
        return None
    return products[scores.index(best)]


def hits(text: str, products: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Those that the words fit, best first; only the best where some fit clearly better."""
    said = said_words(text)
    scored = sorted(
        ((_score(said, product), product) for product in products),
        key=lambda pair: (-pair[0], pair[1]["name"]),
    )
    best = scored[0][0] if scored else 0
    return [product for score, product in scored if score > 0 and score >= best / 2][:most]


def _score(said: Sequence[str], product: Mapping[str, Any]) -> float:
    by_name = _fit(said, product["name"])
    return by_name or OF_CATEGORY * _fit(said, product.get("category") or "")


def _fit(said: Sequence[str], name: str) -> float:
    words = [word for word in content_words(name) if len(word) >= SHORTEST_WORD]
    return sum(len(word) for word in words if any(_is_same(other, word) for other in said))


def _is_same(said: str, word: str) -> bool:
    if _forms(said) & _forms(word):
        return True
    return len(said) >= SHORTEST_NEAR <= len(word) and fuzz.ratio(said, word) >= NEAR


def _forms(word: str) -> frozenset[str]:
    """The word and what it may be the plural of: "cojines" of "cojin", "candles" of "candle"."""
    shorter = {
        word[: -len(ending)]
        for ending in ("es", "s")
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_WORD
    }
    return frozenset({word, *shorter})


def _same(word: str) -> frozenset[str]:
    return same_words().get(word, frozenset())
