"""When? Days, hours and parts of the day that a message names, as entities.

Days are measured by `now`, the moment of writing in the customer's zone; without it none are told. The
hour is the customer's own words: "at five" is 17:00 unless they say that it is not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from nlu.calendar_words import (
    AMOUNTS,
    COUNTED_WEEKDAYS,
    HOURS,
    MONTHS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    any_of,
)
from nlu.clock_times import ClockTime, find_times
from nlu.dates import Setting, find_dates
from nlu.parsed import Entity
from nlu.plain import Plain, plain

_MOST = 4
# Nothing is looked for in a text with neither a digit nor one of these.
_OTHER_WORDS = """
    hoy manana ayer anteayer antier pasado today tomorrow tomorow tommorow tommorrow tmrw tmw tonight
    yesterday hoje amanha ontem anteontem semana semanas week weeks weekend finde dia dias days mes meses
    month months tarde noche noite manha morning afternoon evening night temprano lunch madrugada
    mediodia medianoche noon midday midnight meio meia media half quarter hora horas hour primero primeiro
"""
_WORTH = frozenset((*_OTHER_WORDS.split(), *WEEKDAYS, *COUNTED_WEEKDAYS, *SHORT_WEEKDAYS, *MONTHS, *HOURS))
_DIGIT = re.compile(r"[0-9]")
_LETTERS = re.compile(r"[a-z]{3,12}")

_PARTS = re.compile(
    r"\b(?:"
    r"(?P<morning>(?:(?:por|de|en|a) la|esta) manana|(?:de|pela|da|na|esta|nesta) manha|temprano"
    r"|(?<!good )(?<!every )morning)"
    r"|(?P<afternoon>(?:(?:por|de|en|a) la|esta|de|a|da|na|pela|nesta) tarde|(?:al|del) mediodia|after lunch"
    r"|(?<!good )afternoon)"
    r"|(?P<evening>(?:(?:por|de|en|a) la|esta) noche|(?:de|pela|da|na|a|esta|nesta) noite|tonight|at night"
    r"|(?<!good )evening))\b"
)
_DAY = any_of(WEEKDAYS, COUNTED_WEEKDAYS, "manana", "amanha", "hoy", "hoje", "tomorrow")
# "Martes tarde" is an afternoon, "llega tarde" is late.
_BARE_PART = re.compile(
    rf"\b(?:{_DAY})(?:-feira)? (?:(?P<morning>manha)|(?P<afternoon>tarde)|(?P<evening>noche|noite|night))\b"
)
_ALL_THERE_IS = {"manha": "morning", "tarde": "afternoon", "noche": "evening", "noite": "evening"}
# "In the evening" begins then: whether a part is still to come today.
_ENDS = {"morning": 12, "afternoon": 20, "evening": 24}
_SOON = re.compile(
    r"\b(?:dentro de|en|in|em|daqui a|daqui|within)\s"
    rf"(?:(?P<half>media|meia|half an)|(?P<amount>[0-9]{{1,3}}|{any_of(AMOUNTS)}))\s"
    r"(?:(?P<hours>horas?|hours?|hrs?|h)|(?P<minutes>minutos?|minutes?|mins?))\b"
)


def find_moments(text: str, language: str | None, now: datetime | None) -> tuple[Entity, ...]:
    """Entities `date` (YYYY-MM-DD), `time` (HH:MM) and `part_of_day` (morning, afternoon, evening)."""
    seen = plain(text)
    if not _DIGIT.search(seen.text) and _WORTH.isdisjoint(_LETTERS.findall(seen.text)):
        return ()
    soon = list(_soon(seen, now))[:2]
    if soon:
        return tuple(soon)
    parts = list(_parts(seen))
    part = parts[0].value if parts else None
    times = [one.in_part(part) for one in find_times(seen)]
    dates = list(_dates(seen, language, now, part, times))
    if now is not None and dates and dates[0].value == now.date().isoformat():
        times = [_still_to_come(one, now) for one in times]
    hours = (
        Entity(name="time", value=f"{one.moment:%H:%M}", start=one.start, end=one.end)
        for one in times
        if not any(one.start < day.end and day.start < one.end for day in dates)
    )
    return (*dates[:_MOST], *list(hours)[:_MOST], *parts[:1])


def _dates(
    seen: Plain, language: str | None, now: datetime | None, part: str | None, times: list[ClockTime]
) -> Iterator[Entity]:
    if now is None:
        return
    setting = Setting(
        today=now.date(),
        language=language,
        month_first=language == "en" and str(now.tzinfo).startswith(("America/", "US/")),
        is_ahead=_is_ahead(now, part, times),
    )
    for one in find_dates(seen, setting):
        yield Entity(name="date", value=one.day.isoformat(), start=one.start, end=one.end)


def _is_ahead(now: datetime, part: str | None, times: list[ClockTime]) -> bool:
    if times:
        return _still_to_come(times[0], now).moment > now.time()
    return part is not None and now.hour < _ENDS[part]


def _still_to_come(one: ClockTime, now: datetime) -> ClockTime:
    """ "Today at nine", said at noon, is in the evening."""
    is_over = one.is_open and one.moment <= now.time() and one.moment.hour < 12
    return one.later() if is_over and one.later().moment > now.time() else one


def _soon(seen: Plain, now: datetime | None) -> Iterator[Entity]:
    """ "In two hours" is a day and an hour, over midnight and over a change of clocks."""
    match = _SOON.search(seen.text) if now is not None else None
    if match is None or now is None:
        return
    amount = match["amount"]
    count = 0.5 if match["half"] else float(AMOUNTS[amount] if amount in AMOUNTS else int(amount))
    length = timedelta(hours=count) if match["hours"] else timedelta(minutes=count)
    moment = (now.astimezone(UTC) + length).astimezone(now.tzinfo)
    start, end = seen.span(match)
    yield Entity(name="date", value=moment.date().isoformat(), start=start, end=end)
    yield Entity(name="time", value=f"{moment:%H:%M}", start=start, end=end)


def _parts(seen: Plain) -> Iterator[Entity]:
    alone = _ALL_THERE_IS.get(seen.text.strip(" .!?"))
    if alone:
        yield Entity(name="part_of_day", value=alone, start=seen.places[0], end=seen.places[-1])
    for pattern in (_PARTS, _BARE_PART):
        for match in pattern.finditer(seen.text):
            name = str(match.lastgroup)
            start, end = seen.span(match, name)
            yield Entity(name="part_of_day", value=name, start=start, end=end)
