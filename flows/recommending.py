"""What to recommend, and when not to. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from flows import products
from nlu.text import normalise

MOST = 2
# One recommendation a conversation and day: the second would be advertising.
REST = timedelta(hours=24)
# How the words of "what would you recommend?" begin, in our languages.
ASKING = ("recomiend", "recomend", "recommend", "suger", "sugier", "suggest", "aconsej")
NOTHING: Mapping[str, Any] = {
    "together": [],
    "alike": [],
    "seen": [],
    "liked": [],
    "interests": None,
    "is_fitting": False,
}


def is_asked_for(text: str) -> bool:
    return any(word.startswith(ASKING) for word in normalise(text).split())


def is_time(recommended_at: str | None, now: datetime) -> bool:
    """Has enough time passed since the last one in this conversation?"""
    return recommended_at is None or now - datetime.fromisoformat(recommended_at) >= REST


def beside(
    product: Mapping[str, Any], known: Mapping[str, Any], in_cart: Collection[str]
) -> tuple[list[dict[str, Any]], bool]:
    """With what has just been taken: at most two, and whether others bought them together with it."""
    together = [each for each in known["together"] if each["with"] == product["product_id"]]
    category = product.get("category")
    alike = [each for each in known["alike"] if category and each["category"] == category]
    taken = {*in_cart, product["product_id"]}
    found = _first([_preferred(together, known)], taken)
    if found:
        return found, True
    return _first([_preferred(alike, known), _preferred(known["seen"], known)], taken), False


def in_general(known: Mapping[str, Any], in_cart: Collection[str]) -> list[dict[str, Any]]:
    """To who asks: with what they have or saw, like it, seen, and what they said that they like."""
    sources = [_preferred(known[name], known) for name in ("together", "alike", "seen")]
    return _first([*sources, known["liked"]], set(in_cart))


def _preferred(candidates: list[dict[str, Any]], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What fits their interests comes first; else as it was."""
    words = products.said_words(known["interests"] or "")
    return sorted(candidates, key=lambda each: not products.is_about(words, each))


def _first(sources: list[list[dict[str, Any]]], taken: Collection[str]) -> list[dict[str, Any]]:
    """The best of what is neither taken nor sold out, each once."""
    found: dict[str, dict[str, Any]] = {}
    for each in (each for source in sources for each in source):
        if each["product_id"] not in taken and each["stock"] != 0:
            found.setdefault(each["product_id"], each)
    return list(found.values())[:MOST]
