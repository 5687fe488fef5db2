"""When the shop is open: week, special days, public holidays, in three languages."""

from datetime import date
from typing import Any

import pytest

from flows.opening import in_words, is_holiday, is_usual, named, spans_on, usual
from flows.shop import Shop, load_shop

SHOP = load_shop("Casa Luna")
MONDAY = date(2026, 11, 23)


def test_the_week_in_words() -> None:
    assert SHOP["hours"] == {
        "es": "de lunes a viernes de 9:00 a 20:00 y los sábados de 10:00 a 14:00",
        "en": "Monday to Friday from 9:00 to 20:00 and Saturday from 10:00 to 14:00",
        "pt": "de segunda a sexta das 9:00 às 20:00 e aos sábados das 10:00 às 14:00",
    }


def test_single_days_and_two_stretches_in_words() -> None:
    week = {"monday": ["09:00-14:00", "17:00-20:00"], "wednesday": ["10:00-13:00"]}
    assert (
        usual(week, "es") == "los lunes de 9:00 a 14:00 y de 17:00 a 20:00 y los miércoles de 10:00 a 13:00"
    )
    assert usual(week, "pt").startswith("às segundas das 9:00 às 14:00")
    assert usual({}, "en") == ""


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        (MONDAY, ["09:00-20:00"]),
        (date(2026, 11, 28), ["10:00-14:00"]),
        (date(2026, 11, 29), []),
        (date(2026, 12, 8), []),
        (date(2026, 12, 24), ["09:00-14:00"]),
        # Of Madrid alone.
        (date(2026, 5, 2), []),
    ],
)
def test_what_a_day_has(day: date, spans: list[str]) -> None:
    assert spans_on(SHOP, day) == spans


def test_a_holiday_is_told_from_a_sunday() -> None:
    assert is_holiday(SHOP, date(2026, 12, 25))
    assert not is_holiday(SHOP, date(2026, 11, 29))
    assert not is_usual(SHOP, date(2026, 12, 25))
    assert is_usual(SHOP, date(2026, 11, 29))
    assert not is_holiday({**SHOP, "public_holidays": None}, date(2026, 12, 25))


def test_a_special_day_beats_a_holiday() -> None:
    shop = {**SHOP, "special_days": {"2026-12-08": ["11:00-15:00"]}}
    assert spans_on(shop, date(2026, 12, 8)) == ["11:00-15:00"]


def test_days_are_named_as_people_do() -> None:
    sunday = date(2026, 11, 29)
    assert [named(MONDAY, MONDAY, language) for language in ("es", "en", "pt")] == ["Hoy", "Today", "Hoje"]
    assert named(date(2026, 11, 24), MONDAY, "es") == "Mañana"
    assert named(sunday, MONDAY, "es") == "El domingo, 29 de noviembre,"
    assert named(sunday, MONDAY, "en") == "On Sunday 29 November"
    assert named(sunday, MONDAY, "pt") == "No domingo, 29 de novembro,"
    assert named(date(2026, 11, 26), MONDAY, "pt") == "Na quinta-feira, 26 de novembro,"
    assert in_words(["09:00-14:00", "17:00-20:30"], "en") == "from 9:00 to 14:00 and from 17:00 to 20:30"


@pytest.mark.parametrize(
    "wrong",
    [
        {"opening": {"lunes": []}},
        {"opening": {"monday": ["9-20"]}},
        {"timezone": "Madrid"},
        {"public_holidays": {"country": "XX"}},
        {"public_holidays": {"country": "ES", "region": "ZZ"}},
        {"rewards": [{"points": 0, "texts": {"es": "a", "en": "b", "pt": "c"}}]},
    ],
)
def test_a_shop_file_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, NotImplementedError, LookupError)):
        Shop.model_validate({"name": "a", "address": "b", "opening": {}, **wrong})
