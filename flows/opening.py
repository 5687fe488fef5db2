"""When is the shop open? On a weekday, a special day, a public holiday, in words."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import holidays
from babel.dates import get_day_names

from flows.formats import LOCALES, listing, plain_day

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SATURDAY = 5
NEAR_DAYS = {
    0: {"es": "Hoy", "en": "Today", "pt": "Hoje"},
    1: {"es": "Mañana", "en": "Tomorrow", "pt": "Amanhã"},
}


def holidays_of(country: str, region: str | None, year: int) -> frozenset[date]:
    """Raises `NotImplementedError` for a country or region that nobody knows."""
    return _holidays(country, region, year)


@cache
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))


def is_holiday(shop: Mapping[str, Any], day: date) -> bool:
    told = shop.get("public_holidays")
    return told is not None and day in holidays_of(told["country"], told["region"], day.year)


def spans_on(shop: Mapping[str, Any], day: date) -> list[str]:
    """ "09:00-20:00", …; empty when it is closed."""
    special = shop.get("special_days") or {}
    if day.isoformat() in special:
        return list(special[day.isoformat()])
    if is_holiday(shop, day):
        return []
    return list(shop["opening"].get(WEEKDAYS[day.weekday()], ()))


def is_usual(shop: Mapping[str, Any], day: date) -> bool:
    return spans_on(shop, day) == list(shop["opening"].get(WEEKDAYS[day.weekday()], ()))


def usual(week: Mapping[str, Sequence[str]], language: str) -> str:
    """ "de lunes a viernes de 9:00 a 20:00 y los sábados de 10:00 a 14:00" """
    days = [(index, tuple(week.get(name, ()))) for index, name in enumerate(WEEKDAYS)]
    parts = []
    for spans, group in groupby(days, key=lambda day: day[1]):
        indexes = [index for index, _ in group]
        if spans:
            stretch = _stretch(indexes[0], indexes[-1], language)
            parts.append(f"{stretch} {in_words(spans, language)}")
    return listing(parts, language)


def in_words(spans: Sequence[str], language: str) -> str:
    """ "de 9:00 a 14:00 y de 17:00 a 20:00" """
    pattern = {"es": "de {} a {}", "en": "from {} to {}", "pt": "das {} às {}"}[language]
    return listing([pattern.format(*(_short(time) for time in span.split("-"))) for span in spans], language)


def named(day: date, today: date, language: str) -> str:
    """ "Hoy", "Mañana" or "El domingo, 29 de noviembre," at the beginning of a sentence."""
    near = NEAR_DAYS.get((day - today) // timedelta(days=1))
    if near is not None:
        return near[language]
    told = plain_day(day, language)
    if language == "pt":
        return f"{'No' if day.weekday() >= SATURDAY else 'Na'} {told},"
    return {"es": f"El {told},", "en": f"On {told}"}[language]


def _stretch(first: int, last: int, language: str) -> str:
    names = get_day_names("wide", locale=LOCALES[language])
    begin, end = (str(names[index]) for index in (first, last))
    if language == "en":
        return begin if first == last else f"{begin} to {end}"
    if language == "pt":
        begin, end = (name.removesuffix("-feira") for name in (begin, end))
        if first != last:
            return f"de {begin} a {end}"
        return f"{'aos' if first >= SATURDAY else 'às'} {begin}s"
    if first != last:
        return f"de {begin} a {end}"
    return f"los {begin if begin.endswith('s') else begin + 's'}"


def _short(time: str) -> str:
    return time.removeprefix("0")
