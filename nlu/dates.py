"""Days as people name them: "mañana", "next Tuesday", "24/12", "el 3 de mayo", "daqui a duas semanas".

What today is comes in. A day without a year is the next such day; only words for the past reach back.
Every repeat is bounded.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nlu.calendar_words import (
    AMOUNTS,
    COUNTED_WEEKDAYS,
    ENGLISH_MONTHS,
    MONTHS,
    PORTUGUESE_MONTHS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    any_of,
)
from nlu.plain import Plain

_FARTHEST = 3660  # days
_WEEK = 7
_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class SaidDate:
    day: date
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a named day is measured by."""

    today: date
    language: str | None = None
    # The 12th of the 24th month: in the United States the month stands first.
    month_first: bool = False
    # The hour or the part of the day that they named is still to come today.
    is_ahead: bool = False


_MONTH = any_of(MONTHS)
_YEAR = r"(?:,? (?:de |del )?(?P<year>20[0-9]{2}))?"
_ISO = re.compile(r"(?<![\w-])(?P<year>20[0-9]{2})-(?P<month>[01]?[0-9])-(?P<day>[0-3]?[0-9])(?![\w-])")
_NUMBERS = re.compile(
    r"(?<![\w/.,:+#€$£-])(?P<day>[0-3]?[0-9])(?:/(?P<month>[0-3]?[0-9])(?:/(?P<year>[0-9]{4}|[0-9]{2}))?"
    r"|(?P<mark>[.-])(?P<month_2>[0-3]?[0-9])(?P=mark)(?P<year_2>20[0-9]{2}|[0-9]{2}))(?![\w/€$£%-]|[.,][0-9])"
)
_FRACTIONS = frozenset(("1/2", "1/3", "1/4", "2/3", "3/4"))
_IN_WORDS = re.compile(
    r"\b(?P<day>[0-3]?[0-9]|primero|primeiro)(?:st|nd|rd|th|o|ro)? (?P<of>(?:de|del|of) )?"
    rf"(?P<month>{_MONTH})\b"
    rf"(?! (?:i|be|have|not|we|you|it|of)\b){_YEAR}"
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{any_of(ENGLISH_MONTHS)})\.? (?:the )?(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?(?![\w:/.])"
    r"(?:,? (?P<year>20[0-9]{2}))?"
)
_DAY_ALONE = re.compile(
    r"\b(?:dia (?P<dia>[0-3]?[0-9])|(?:the|on) (?P<nth>[0-3]?[0-9])(?:st|nd|rd|th)"
    r"|(?P<until>para |hasta |antes d)?el (?P<el>[0-3]?[0-9])"
    r"(?=\s{0,2}(?:$|[,.;!?\n]|(?:a|por|de|en|si|no) )))(?![\w/:]|[.,][0-9])"
)
_WEEKDAY_NAMES = {**WEEKDAYS, **COUNTED_WEEKDAYS, **SHORT_WEEKDAYS}
_WEEKDAY = re.compile(
    r"(?<![\w-])(?P<lead>(?:el |la |na |no |on |by |for |of )?"
    r"(?:(?:proximo|proxima|next|this|esta|este|nesta|neste|last|pasado|ultimo|ultima) )?)"
    rf"(?:(?P<nth>[2-6])a(?:[ -]feira)?|(?P<name>{any_of(_WEEKDAY_NAMES)})\b(?P<fair>[ -]feira\b)?)"
    r"(?:,? (?:dia )?(?P<day>[0-3]?[0-9])(?![\w:/.,]|\s?(?:h|hs|am|pm|horas?)\b))?"
    r"(?P<tail> que viene| que vem| proximo| proxima| pasado| pasada| passado| passada)?"
    r"(?P<week>,? (?:de )?(?:la semana que viene|la proxima semana|next week|(?:da )?semana que vem"
    r"|(?:da )?proxima semana))?"
)
_PAST = ("last", "pasado", "ultimo", "ultima", "pasada", "passado", "passada")
_COMING = ("next", "proximo", "proxima", "que viene", "que vem")
_NEXT_WEEK = re.compile(
    r"\b(?:la semana que viene|la proxima semana|next week|semana que vem|proxima semana)\b"
    rf"(?:,? (?:on |el |na |no )?(?P<name>{any_of(WEEKDAYS, COUNTED_WEEKDAYS)})\b(?:-feira)?)?"
)
_WEEKEND = re.compile(r"\b(?:finde|fin de semana|fim de semana|weekend)\b")
_NEAR = {
    "hoy": 0, "today": 0, "hoje": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0,
    "esta manana": 0, "esta tarde": 0, "esta noche": 0, "esta noite": 0,
    "manana": 1, "tomorrow": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1, "tmrw": 1, "tmw": 1, "amanha": 1,
    "pasado manana": 2, "day after tomorrow": 2, "depois de amanha": 2,
    "ayer": -1, "yesterday": -1, "ontem": -1,
    "anteayer": -2, "antier": -2, "anteontem": -2, "day before yesterday": -2,
}  # fmt: skip
_RELATIVE = re.compile(rf"\b(?P<name>{any_of(_NEAR)})\b")
# "Por la mañana" is a part of the day.
_MORNING_BEFORE = re.compile(r"\b(?:la|buena|media|de|cada)\s{1,2}$")
_UNIT = "dias?|days?|semanas?|weeks?|mes|meses|months?"
_AMOUNT = rf"[0-9]{{1,3}}|{any_of(AMOUNTS)}"
_FROM_NOW = re.compile(
    rf"\b(?:dentro de|en|in|em|daqui a|daqui|within)\s(?P<amount>{_AMOUNT})\s(?P<unit>{_UNIT})\b"
    rf"|\b(?P<amount_2>{_AMOUNT})\s(?P<unit_2>{_UNIT})\s(?:from now|from today)\b"
)
_AGO = re.compile(
    rf"\b(?:hace|ha|faz)\s(?P<amount>{_AMOUNT})\s(?P<unit>{_UNIT})\b"
    rf"|\b(?P<amount_2>{_AMOUNT})\s(?P<unit_2>{_UNIT})\s(?:ago|atras)\b"
)
_DENIED = re.compile(
    r"\b(?:no|not|nao|sin|sem|isn'?t|can'?t|ni)\s{1,2}(?:(?:el|la|na|on|en|em|for|para|this|este|esta)\s)?$"
)
_DENIED_AFTER = re.compile(r"\s{1,2}(?:no|nao|is not|isn'?t|doesn'?t|does not)\b")
_NEXT_WORD = re.compile(r"\s{1,2}([a-z0-9]{1,20})")
# What may stand behind "segunda" for it to be Monday.
_AFTER_COUNTED_WORDS = """
    de a as que dia pela por no na tarde noite depois mesmo ok ou e pode podem serve da ta fica porfavor
    obrigado obrigada seria das antes ate nao seja em melhor
"""
_AFTER_COUNTED = frozenset(_AFTER_COUNTED_WORDS.split())
_BEFORE_SHORT = ("el ", "na ", "no ", "on ", "by ", "for ", "next ", "este ", "esta ", "proximo ", "proxima ")


def find_dates(plain: Plain, setting: Setting) -> list[SaidDate]:
    """Every day that is named, in the order of the text, without those that they do not want.

    Where one way to read it covers another's letters, the more exact one holds.
    """
    found: list[SaidDate] = []
    for read in _READERS:
        for one in read(plain, setting):
            if not any(one.start < other.end and other.start < one.end for other in found):
                found.append(one)
    found.sort(key=lambda one: one.start)
    wanted = [one for one in found if not _is_denied(plain, one)]
    return wanted or found


def _is_denied(plain: Plain, one: SaidDate) -> bool:
    """ "Not Tuesday, better on Friday"."""
    start, end = plain.places.index(one.start), plain.places.index(one.end)
    return bool(_DENIED.search(plain.text, 0, start) or _DENIED_AFTER.match(plain.text, end))


def _by_iso(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _ISO.finditer(plain.text):
        yield from _said(plain, match, _day(int(match["year"]), int(match["month"]), int(match["day"])))


def _by_numbers(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _NUMBERS.finditer(plain.text):
        if match[0] in _FRACTIONS and len(plain.text.strip()) > len(match[0]):
            continue
        first, second = int(match["day"]), int(match["month"] or match["month_2"])
        written = match["year"] or match["year_2"]
        year = int(written) + (2000 if len(written) == 2 else 0) if written else None
        swap = setting.month_first if first <= 12 and second <= 12 else second > 12
        yield from _said(
            plain, match, _coming(setting, year, *((first, second) if swap else (second, first)))
        )


def _by_month(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _IN_WORDS.finditer(plain.text):
        is_loose = match["month"] in PORTUGUESE_MONTHS and not match["of"] and setting.language != "pt"
        if not is_loose:
            yield from _said_month(plain, match, setting)
    for match in _MONTH_FIRST.finditer(plain.text):
        # "Mar 24" is a Tuesday to who speaks Spanish.
        if match["month"] != "mar" or setting.language == "en":
            yield from _said_month(plain, match, setting)


def _said_month(plain: Plain, match: re.Match[str], setting: Setting) -> Iterator[SaidDate]:
    year = int(match["year"]) if match["year"] else None
    number = int(match["day"]) if match["day"].isdigit() else 1
    yield from _said(plain, match, _coming(setting, year, MONTHS[match["month"]], number))


def _by_length(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    """So many days or weeks from now, or ago."""
    for pattern, sign in ((_FROM_NOW, 1), (_AGO, -1)):
        for match in pattern.finditer(plain.text):
            amount, unit = match["amount"] or match["amount_2"], match["unit"] or match["unit_2"]
            count = AMOUNTS[amount] if amount in AMOUNTS else int(amount)
            yield from _said(plain, match, _after(setting.today, sign * count, unit))


def _by_week(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    """A day of next week, or its Monday; a weekend's Saturday."""
    monday = setting.today + timedelta(days=_WEEK - setting.today.weekday())
    for match in _NEXT_WEEK.finditer(plain.text):
        number = {**WEEKDAYS, **COUNTED_WEEKDAYS}.get(match["name"], 0)
        yield from _said(plain, match, monday + timedelta(days=number))
    for match in _WEEKEND.finditer(plain.text):
        ahead = (_SATURDAY - setting.today.weekday()) % _WEEK if setting.today.weekday() < _SATURDAY else 0
        yield from _said(plain, match, setting.today + timedelta(days=ahead))


def _by_near(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _RELATIVE.finditer(plain.text):
        if match["name"] == "manana" and _MORNING_BEFORE.search(plain.text, 0, match.start()):
            continue
        yield from _said(plain, match, setting.today + timedelta(days=_NEAR[match["name"]]))


def _by_weekday_of_next_week(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _WEEKDAY.finditer(plain.text):
        if match["week"]:
            yield from _said(plain, match, _weekday(match, setting))


def _by_weekday(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    for match in _WEEKDAY.finditer(plain.text):
        if _is_weekday(plain.text, match, setting.language):
            yield from _said(plain, match, _weekday(match, setting))


def _weekday(match: re.Match[str], setting: Setting) -> date:
    number = int(match["nth"]) - 2 if match["nth"] else _WEEKDAY_NAMES[match["name"]]
    beside = f"{match['lead']}{match['tail'] or ''}"
    ahead = (number - setting.today.weekday()) % _WEEK
    if match["day"] and 1 <= int(match["day"]) <= 31:
        return _next_with(setting.today, int(match["day"]), number)
    if match["week"]:
        return setting.today + timedelta(days=_WEEK - setting.today.weekday() + number)
    if any(word in beside for word in _PAST):
        return setting.today - timedelta(days=(_WEEK - ahead) % _WEEK or _WEEK)
    is_today = ahead == 0 and setting.is_ahead and not any(word in beside for word in _COMING)
    return setting.today + timedelta(days=0 if is_today else ahead or _WEEK)


def _is_weekday(text: str, match: re.Match[str], language: str | None) -> bool:
    name = match["name"]
    if match["nth"]:
        return language == "pt" or "feira" in match[0]
    if name in WEEKDAYS or match["fair"] or match["tail"] or match["week"]:
        return True
    following = _NEXT_WORD.match(text, match.end())
    if name in COUNTED_WEEKDAYS:
        is_free = following is None or following[1] in _AFTER_COUNTED or following[1].isdigit()
        return language != "es" and is_free and not match["lead"].startswith(("el ", "la "))
    # A short name: "on sun" is a day, "in the sun" is none.
    is_led = match["lead"] in _BEFORE_SHORT
    if name in ("ter", "mar"):
        is_led = False
    return (
        bool(match["day"]) or (is_led and following is None) or text.strip() == name or _has_hour(text, match)
    )


def _has_hour(text: str, match: re.Match[str]) -> bool:
    return re.match(r",? (?:at |a las? |as )[0-9]", text[match.end() : match.end() + 12]) is not None


def _by_day(plain: Plain, setting: Setting) -> Iterator[SaidDate]:
    """A day of the month without its month."""
    for match in _DAY_ALONE.finditer(plain.text):
        number = int(match["dia"] or match["nth"] or match["el"])
        # "El 2" is as likely one of several things.
        if 1 <= number <= 31 and (not match["el"] or number > 12 or match["until"]):
            yield from _said(plain, match, _next_with(setting.today, number))


Reader = Callable[[Plain, Setting], Iterator[SaidDate]]
# The first to claim a letter has it.
_READERS: tuple[Reader, ...] = (
    _by_iso,
    _by_numbers,
    _by_month,
    _by_length,
    _by_weekday_of_next_week,
    _by_week,
    _by_weekday,
    _by_near,
    _by_day,
)


def _said(plain: Plain, match: re.Match[str], day: date | None) -> Iterator[SaidDate]:
    if day is not None:
        start, end = plain.span(match)
        yield SaidDate(day=day, start=start, end=end)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _coming(setting: Setting, year: int | None, month: int, number: int) -> date | None:
    """In the year they said, or the next time that it comes round."""
    if year is not None:
        return _day(year, month, number)
    # The 29th of February may be up to eight years away.
    years = (setting.today.year + more for more in range(9))
    days = (_day(candidate, month, number) for candidate in years)
    return next((day for day in days if day and day >= setting.today), None)


def _next_with(today: date, number: int, weekday: int | None = None) -> date:
    """The next day with that number; if it can be within two months, one of that weekday."""
    days = [today + timedelta(days=ahead) for ahead in range(70)]
    fitting = [day for day in days if day.day == number]
    return next((day for day in fitting if day.weekday() == weekday), fitting[0])


def _after(today: date, count: int, unit: str) -> date | None:
    if unit.startswith(("mes", "month")):
        months = today.year * 12 + today.month - 1 + count
        return next(
            (day for back in range(4) if (day := _day(months // 12, months % 12 + 1, today.day - back))), None
        )
    days = count * (_WEEK if unit.startswith(("semana", "week")) else 1)
    return today + timedelta(days=days) if abs(days) <= _FARTHEST else None
