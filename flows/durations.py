"""How long is "dos semanas", until when is "hasta el 15 de enero"? Pure; three languages.

Only what a pause needs: from a day to a year, in whole days of the customer's zone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nlu.numbers import number
from nlu.text import normalise

SHORTEST, LONGEST = timedelta(days=1), timedelta(days=366)
UNITS = {
    **dict.fromkeys(("dia", "dias", "day", "days"), 1),
    **dict.fromkeys(("semana", "semanas", "week", "weeks"), 7),
    **dict.fromkeys(("quincena", "quinzena", "fortnight"), 15),
    **dict.fromkeys(("mes", "meses", "month", "months"), 30),
    **dict.fromkeys(("ano", "anos", "year", "years"), 365),
}
UNTIL = frozenset(("hasta", "until", "till", "ate"))
MONTHS = {
    word: month
    for month, words in enumerate(
        (
            ("enero", "january", "janeiro"),
            ("febrero", "february", "fevereiro"),
            ("marzo", "march", "marco"),
            ("abril", "april"),
            ("mayo", "may", "maio"),
            ("junio", "june", "junho"),
            ("julio", "july", "julho"),
            ("agosto", "august"),
            ("septiembre", "setiembre", "september", "setembro"),
            ("octubre", "october", "outubro"),
            ("noviembre", "november", "novembro"),
            ("diciembre", "december", "dezembro"),
        ),
        start=1,
    )
    for word in words
}
WEEKDAYS = {
    word: weekday
    for weekday, words in enumerate(
        (
            ("lunes", "monday", "segunda"),
            ("martes", "tuesday", "terca"),
            ("miercoles", "wednesday", "quarta"),
            ("jueves", "thursday", "quinta"),
            ("viernes", "friday", "sexta"),
            ("sabado", "saturday"),
            ("domingo", "sunday"),
        )
    )
    for word in words
}
TOMORROW = frozenset(("manana", "tomorrow", "amanha"))
# "Un par de semanas": a word may stand between the number and its unit.
LOOK_BACK = 3


def end_of(said: str, now: datetime, timezone: str) -> datetime | None:
    """The moment that their words name, in UTC; None when they name none, or one out of bounds."""
    words = normalise(said).split()
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    day = _named_day(words, today)
    if day is None:
        days = _days(words)
        day = today + timedelta(days=days) if days is not None else None
    if day is None:
        return None
    end = datetime.combine(day, time(), zone).astimezone(UTC)
    return end if now < end and SHORTEST <= timedelta(days=(day - today).days) <= LONGEST else None


def _days(words: list[str]) -> int | None:
    for index, word in enumerate(words):
        if word not in UNITS:
            continue
        before = words[max(0, index - LOOK_BACK) : index]
        counts = [count for count in (number(one, None) for one in before) if count is not None]
        # At most a year is meant: a longer one is no pause, and is not multiplied.
        return min(max(counts, default=1), 400) * UNITS[word]
    return None


def _named_day(words: list[str], today: date) -> date | None:
    """Only behind "until": "in January" alone may be about something else."""
    start = next((index for index, word in enumerate(words) if word in UNTIL), None)
    if start is None:
        return None
    behind = words[start + 1 : start + 6]
    month = next((MONTHS[word] for word in behind if word in MONTHS), None)
    if month is not None:
        digits = [int(word) for word in behind if word.isdigit()]
        return _next_date(today, month, digits[0] if digits else 1)
    weekday = next((WEEKDAYS[word] for word in behind if word in WEEKDAYS), None)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return today + timedelta(days=1) if TOMORROW & set(behind) else None


def _next_date(today: date, month: int, day: int) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        if found > today:
            return found
    return None
