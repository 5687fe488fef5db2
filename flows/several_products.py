"""Several products in one message: "2 velas y una taza". Each with its count, read thing by thing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows import products
from nlu.numbers import number
from nlu.text import normalise

MOST_THINGS = 6
MOST_LIKELY = 10
MOST_OF_ONE = 99
_BETWEEN = re.compile(r"[,;\n+&]|\b(?:y|e|and|plus|mas|más|mais|tambi[eé]n|tamb[eé]m|also)\b", re.IGNORECASE)
_TIMES = re.compile(r"x?[0-9]{1,2}x?")


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One of the things that they name: the product, or those that it may be."""

    quantity: int
    product: dict[str, Any] | None
    likely: Sequence[dict[str, Any]] = ()


def find_all(text: str, known: Sequence[dict[str, Any]], language: str | None) -> list[Thing]:
    """What they name, in their order, each product once. Words that fit nothing are left out."""
    found: list[Thing] = []
    for part in things(text, known):
        product = products.find(part, known)
        likely = [] if product else products.hits(part, known, MOST_LIKELY)
        is_known = product is not None and any(one.product == product for one in found)
        if (product or likely) and not is_known:
            quantity = _quantity(part, product, language)
            found.append(Thing(quantity=quantity, product=product, likely=likely))
    return found[:MOST_THINGS]


def things(text: str, known: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """The text in parts, one for each thing. A product whose name joins two words stays whole."""
    plain = f" {normalise(text)} "
    if any(_BETWEEN.search(one["name"]) and f" {normalise(one['name'])} " in plain for one in known):
        return [text]
    return [part for part in _BETWEEN.split(text) if part.strip()]


def unmatched(text: str, known: Sequence[dict[str, Any]]) -> list[str]:
    """Of several things, those whose words none of these products fits."""
    parts = things(text, known)
    return [part for part in parts if len(parts) > 1 and not products.hits(part, known, 1)][:MOST_THINGS]


def _quantity(part: str, product: Mapping[str, Any] | None, language: str | None) -> int:
    """The first number that is no part of the product's name; one where they say none."""
    name = frozenset(normalise(product["name"]).split()) if product else frozenset()
    words = (word for word in normalise(part).split() if word not in name)
    # "2x", "x2"
    counts = (number(word.strip("x") if _TIMES.fullmatch(word) else word, language) for word in words)
    return next((count for count in counts if count and count <= MOST_OF_ONE), 1)
