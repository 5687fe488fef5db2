"""Sums, postcodes and order numbers, and that none is taken for another."""

import pytest

from nlu.entities import find_entities
from tests.nlu.test_moments import NOW

MONEY = [
    ("20 euros", "es", "20.00 EUR"),
    ("son veinte euros", "es", "20.00 EUR"),
    ("$15.50", "en", "15.50"),
    ("15,50 €", "es", "15.50 EUR"),
    ("15,5€", "es", "15.50 EUR"),
    ("€20", "en", "20.00 EUR"),
    ("R$ 20", "pt", "20.00 BRL"),
    ("R$1.250,90", "pt", "1250.90 BRL"),
    ("20 reais", "pt", "20.00 BRL"),
    ("200 pesos", "es", "200.00"),
    ("10 bucks", "en", "10.00 USD"),
    ("ten bucks", "en", "10.00 USD"),
    ("US$ 1,200", "en", "1200.00 USD"),
    ("1.200 €", "es", "1200.00 EUR"),
    ("1 200,00 EUR", "es", "1200.00 EUR"),
    ("£9.99", "en", "9.99 GBP"),
    ("MXN 350", "es", "350.00 MXN"),
    ("cuesta 20000 pesos", "es", "20000.00"),
    ("2 pounds of candles", "en", None),
    ("ponme 20", "es", None),
    ("15,50", "es", None),
    ("pedido 1042", "es", None),
    ("real", "es", None),
]


def values(said: str, name: str, language: str | None = "es", intent: str = "inform") -> list[str]:
    return [one.value for one in find_entities(said, intent, language) if one.name == name]


@pytest.mark.parametrize(("said", "language", "value"), MONEY)
def test_money(said: str, language: str, value: str | None) -> None:
    found = values(said, "money", language)
    assert found[:1] == ([value] if value else [])
    assert not value or (values(said, "quantity"), values(said, "order_number")) == ([], [])


def test_a_price_is_neither_quantity_nor_rating_nor_order() -> None:
    assert values("agrega 2 velas de 20 euros", "quantity") == ["2"]
    assert values("agrega la de 20 euros", "quantity") == []
    assert values("te doy 10 euros", "rating", intent="rate") == []
    assert values("el pedido 1042 costó 1500 euros", "order_number") == ["1042"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Calle Mayor 5, 28001 Madrid", "28001"),
        ("código postal 08012", "08012"),
        ("cp: 06600", "06600"),
        ("Calle Mayor 5, 99001", None),
        ("28001", None),
        ("pedido 28001", None),
        ("es el pedido 28001 de la calle Mayor", None),
        ("1250-096 Lisboa", "1250-096"),
        ("Rua Augusta 5, 01310-100", "01310-100"),
        ("cep 01310100", "01310-100"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("m11ae", "M1 1AE"),
        ("size S2 2XL", None),
        ("Portland, OR 97201", "97201"),
        ("zip 90210", "90210"),
        ("me 10042", None),
        ("600-123-456", None),
        ("+34 600 123 456", None),
        ("cuesta 28001 €, calle Mayor", None),
    ],
)
def test_postcode(said: str, value: str | None) -> None:
    assert values(said, "postcode") == ([value] if value else [])
    assert not value or values(said, "order_number") == []


def test_a_year_is_no_order() -> None:
    found = find_entities("el 3 de mayo de 2026, pedido 1042", "inform", "es", NOW)
    assert [one.value for one in found if one.name == "order_number"] == ["1042"]
    found = find_entities("5 mayo 2027 y 1043", "inform", "es", NOW)
    assert [one.value for one in found if one.name == "order_number"] == ["1043"]
