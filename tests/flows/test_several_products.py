"""Several products in one message, each with its count."""

import pytest

from flows.several_products import find_all, unmatched

SHOP = [
    {"product_id": "fig", "name": "Vela de higuera"},
    {"product_id": "mint", "name": "Vela de menta"},
    {"product_id": "mug", "name": "Tazas Luna"},
    {"product_id": "lamp", "name": "Lámpara Alba"},
    {"product_id": "salt", "name": "Sal y pimienta"},
    {"product_id": "trio", "name": "Cesta 3 asas"},
]


def named(said: str, language: str = "es") -> list[tuple[str | None, int]]:
    things = find_all(said, SHOP, language)
    return [(one.product["product_id"] if one.product else None, one.quantity) for one in things]


@pytest.mark.parametrize(
    ("said", "language", "wanted"),
    [
        ("pon 2 velas de higuera y una taza", "es", [("fig", 2), ("mug", 1)]),
        ("pon 2 velas y una taza", "es", [(None, 2), ("mug", 1)]),
        ("3 tazas, 2 lamparas y la vela de menta", "es", [("mug", 3), ("lamp", 2), ("mint", 1)]),
        ("add two mugs and a lamp", "en", [("mug", 2), ("lamp", 1)]),
        ("duas velas de figo e uma luminaria", "pt", [("fig", 2), ("lamp", 1)]),
        ("2x tazas + lampra x3", "es", [("mug", 2), ("lamp", 3)]),
        ("una taza y otra taza", "es", [("mug", 1)]),
        ("la sal y pimienta", "es", [("salt", 1)]),
        ("2 cestas 3 asas y una taza", "es", [("trio", 2), ("mug", 1)]),
        ("hola y gracias", "es", []),
    ],
)
def test_each_thing_with_its_count(said: str, language: str, wanted: list[tuple[str | None, int]]) -> None:
    assert named(said, language) == wanted


def test_what_is_not_clear_says_what_it_may_be() -> None:
    unclear = find_all("2 velas y una taza", SHOP, "es")[0]
    assert {one["product_id"] for one in unclear.likely} == {"fig", "mint"}


def test_words_that_nothing_fits_are_told_only_of_several() -> None:
    assert unmatched("2 velas y una tassa", SHOP[:2]) == [" una tassa"]
    assert unmatched("una tassa", SHOP[:2]) == []
