"""What a code is worth on a cart, and why not."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.codes import code_in
from flows.promotions import Promotion, Refusal, best, by_code, discount, load, refusal, with_code

TODAY = date(2026, 11, 23)
TEXTS = {"es": "a", "en": "b", "pt": "c"}
CART: dict[str, Any] = {
    "currency": "EUR",
    "total": 3999,
    "items": [
        {"product_id": "candle", "quantity": 2, "unit_price": 1000},
        {"product_id": "lamp", "quantity": 1, "unit_price": 1999},
    ],
}
CATEGORIES = {"candle": "Velas", "lamp": "Luz"}


def promotion(**told: Any) -> Promotion:
    return Promotion.model_validate({"code": "CODE", "kind": "percent", "value": 10, "texts": TEXTS, **told})


WORTH = {
    "a share, rounded half up": (promotion(value=50), 2000),
    "a share of a category": (promotion(category="velas"), 200),
    "an amount": (promotion(kind="amount", value="5.50"), 550),
    "an amount that is more than the goods": (promotion(kind="amount", value=25, category="velas"), 2000),
    "free shipping takes nothing off the goods": (promotion(kind="free_shipping", value=0), 0),
    "its first day": (promotion(starts=TODAY), 400),
    "its last day": (promotion(ends=TODAY), 400),
    "the minimum itself": (promotion(minimum="39.99"), 400),
}


@pytest.mark.parametrize(("given", "off"), WORTH.values(), ids=WORTH)
def test_what_a_code_takes_off(given: Promotion, off: int) -> None:
    assert refusal(given, CART, CATEGORIES, TODAY) is None
    assert discount(given, CART, CATEGORIES, TODAY) == off


REFUSED = {
    Refusal.UNKNOWN: None,
    Refusal.NOT_YET: promotion(starts="2026-11-24"),
    Refusal.OVER: promotion(ends="2026-11-22"),
    Refusal.CATEGORY: promotion(category="textil"),
    Refusal.MINIMUM: promotion(minimum="20.01", category="velas"),
}


@pytest.mark.parametrize(("why", "given"), REFUSED.items())
def test_why_a_code_is_refused(why: Refusal, given: Promotion | None) -> None:
    assert refusal(given, CART, CATEGORIES, TODAY) is why
    assert discount(given, CART, CATEGORIES, TODAY) == 0


def test_the_best_code_is_the_one_that_takes_most() -> None:
    some = [
        promotion(),
        promotion(code="MORE", kind="amount", value=9),
        promotion(code="OLD", value=90, ends="2020-01-01"),
    ]
    found = best(some, CART, CATEGORIES, TODAY)
    assert found is not None
    assert found.code == "MORE"
    assert best([promotion(minimum=100)], CART, CATEGORIES, TODAY) is None


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("https://shop.example/cart", "https://shop.example/cart?discount=A-1"),
        ("https://shop.example/cart?x=1&discount=OLD#top", "https://shop.example/cart?x=1&discount=A-1#top"),
    ],
)
def test_the_code_travels_in_the_link(link: str, wanted: str) -> None:
    assert with_code(link, "A-1") == wanted
    assert with_code(link, None) == link


@pytest.mark.parametrize(
    "told",
    [
        {"value": 0},
        {"value": 101},
        {"kind": "free_shipping"},
        {"code": "with space"},
        {"value": -1},
        {"valeu": 1},
    ],
)
def test_a_promotion_that_cannot_be_is_a_fault(told: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        promotion(**told)


def test_what_ships_can_be_loaded_and_a_code_twice_cannot(tmp_path: Path) -> None:
    assert by_code(load(), "luna10") is not None
    twice = tmp_path / "promotions.yml"
    one = "- {code: AAA, kind: percent, value: 5, texts: {es: a, en: b, pt: c}}\n"
    twice.write_text(one * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="twice"):
        load(twice)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("tengo el codigo code, vale?", "CODE"),
        ("mi cupón es NAVIDAD99", "NAVIDAD99"),
        ("usa el XK-2026", "XK-2026"),
        ("tengo un código de descuento", None),
        ("TENGO UN CUPON", None),
        ("", None),
    ],
)
def test_a_code_is_found_where_it_stands(said: str, code: str | None) -> None:
    assert code_in(said, [promotion()]) == code
