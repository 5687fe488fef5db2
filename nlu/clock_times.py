"""Hours of the day as people write them: "a las cinco y media", "5pm", "17h30", "half past five".

Every repeat is bounded. An hour needs something beside it: a bare "5" is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from nlu.calendar_words import HOURS, MINUTES, any_of
from nlu.plain import Plain

# "At five" is in the afternoon: shops are closed in the small hours.
EARLIEST = 8
_HALF_DAY = 12

_STRONG = (
    r"a las?|a eso de las?|sobre las?|hacia las?|desde las?|hasta las?|antes de las?|despues de las?"
    r"|para las?|at|around|before|after|until|till|pelas|por volta das|la pelas|antes das|depois das|ate as"
    r"|a partir das|a partir de las?"
)
_HOUR = any_of(HOURS)
_SAID_MINUTES = rf"(?:{any_of(MINUTES)}|[0-5]?[0-9])"
PART_AFTER = (
    r"(?:(?:de|por|en|a) la|in the|da|de|pela|na) (?P<part>manana|manha|morning|tarde|afternoon|noche|noite"
    r"|evening|madrugada)|(?P<noon>del mediodia|do meio dia)|(?P<night>at night|tonight)"
)
_CLOCK = re.compile(
    rf"(?<![\w.,:/€$£#+-])(?:(?P<strong>{_STRONG})\s{{1,2}}|(?P<weak>las?|as)\s{{1,2}}|(?P<sign>@)\s?)?"
    rf"(?:(?P<hour>[0-9]{{1,2}})(?:(?P<sep>[:.h])(?P<minute>[0-5][0-9]))?|(?P<word>{_HOUR})\b)"
    rf"(?:\s(?P<way>y|e|menos)\s(?P<more>{_SAID_MINUTES})\b|[ -](?P<pair>thirty|fifteen|forty[ -]five)\b)?"
    r"(?P<h>\s?(?:hs|hrs?|h|horas?)\b)?"
    r"(?P<sharp>,? (?:en punto|em ponto|o.?clock|sharp)\b)?"
    rf"(?:,?\s?(?P<half>[ap])\.?\s?m\b\.?|,?\s(?:{PART_AFTER})\b)?"
    r"(?![\w/€$£%°º]|[.,:-][0-9])"
)
_PAST = re.compile(
    rf"\b(?P<lead>at )?(?:a )?(?P<more>half|quarter|ten|twenty|five|[0-5]?[0-9])(?: minutes?)?"
    rf" (?P<way>past|to) (?P<hour>{_HOUR}|[0-9]{{1,2}})\b(?:\s?(?P<half>[ap])\.?m\b|\s(?:{PART_AFTER})\b)?"
)
_UNTIL = re.compile(
    rf"\b(?:un )?(?P<more>cuarto|quinze|diez|dez|veinte|vinte|cinco|[0-5]?[0-9])"
    rf" (?:para|pras?) (?:las?|as?) (?P<hour>{_HOUR}|[0-9]{{1,2}})\b(?:\s(?:{PART_AFTER})\b)?"
)
_NAMED = re.compile(
    r"\b(?:(?P<noon>noon|midday|meio[ -]dia)|(?P<midnight>midnight|medianoche|meia[ -]noite))\b"
)
# "In 2 hours", "every 8 h": a length of time.
_LENGTH = re.compile(
    r"\b(?:en|in|em|dentro de|daqui a?|cada|every|de|durante|for|por|hace|faz|ha|ultimas|within"
    r"|unas|umas)\s{1,2}$"
)
_NEXT_WORD = re.compile(r"\s{1,2}([a-z]{1,30})")
# Plurals that may follow an hour; any other is what is counted: "a las dos velas".
_NO_THINGS_WORDS = """
    lunes martes miercoles jueves viernes porfis pls plis hs horas es as os das nos mas mais gracias please
    is las los menos
"""
_NO_THINGS = frozenset(_NO_THINGS_WORDS.split())
# What may stand behind "las 5" for it to be an hour.
_AFTER_WEAK_WORDS = "de del por en el da do na no hoy manana hoje amanha porfa porfavor esta si ok o ou mejor"
_AFTER_WEAK = frozenset(_AFTER_WEAK_WORDS.split())


@dataclass(frozen=True, kw_only=True)
class ClockTime:
    moment: time
    start: int
    end: int
    # Nothing tells the morning from the afternoon.
    is_open: bool = False

    def in_part(self, part: str | None) -> "ClockTime":
        """ "At eight", said of the evening, is 20:00."""
        if not self.is_open or part not in ("afternoon", "evening") or self.moment.hour >= _HALF_DAY:
            return self
        return self.later()

    def later(self) -> "ClockTime":
        later = self.moment.replace(hour=(self.moment.hour + _HALF_DAY) % 24)
        return ClockTime(moment=later, start=self.start, end=self.end)


def find_times(plain: Plain) -> list[ClockTime]:
    """Every hour that is named, in the order of the text."""
    found: list[ClockTime] = []
    for one in (*_in_words(plain), *_by_the_clock(plain), *_by_name(plain)):
        if not any(one.start < other.end and other.start < one.end for other in found):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def _in_words(plain: Plain) -> Iterator[ClockTime]:
    """Minutes before or after an hour."""
    for match in _PAST.finditer(plain.text):
        minutes = _minutes(match["more"])
        # "Add five to ten" is no hour; "at five to ten" is.
        if match["way"] == "to" and match["more"] != "quarter" and not match["lead"]:
            continue
        yield from _at(plain, match, -minutes if match["way"] == "to" else minutes)
    for match in _UNTIL.finditer(plain.text):
        if not _counts_things(plain.text, match.end()):
            yield from _at(plain, match, -_minutes(match["more"]))


def _at(plain: Plain, match: re.Match[str], minutes: int) -> Iterator[ClockTime]:
    hour = _number(match["hour"])
    if hour <= 23:
        yield _clock_time(plain, match, hour, minutes, is_open=hour <= _HALF_DAY)


def _by_the_clock(plain: Plain) -> Iterator[ClockTime]:
    for match in _CLOCK.finditer(plain.text):
        hour = _number(match["hour"] or match["word"])
        if hour > 23 or not _is_hour(match, hour, plain.text):
            continue
        minutes = int(match["minute"] or 0) + _minutes(match["more"] or match["pair"]) * _sign(match["way"])
        # Who writes "05:30" or "17:30" counts to 24.
        is_open = hour <= _HALF_DAY and not (match["hour"] or "").startswith("0")
        yield _clock_time(plain, match, hour, minutes, is_open=is_open)


def _by_name(plain: Plain) -> Iterator[ClockTime]:
    for match in _NAMED.finditer(plain.text):
        start, end = plain.span(match)
        yield ClockTime(moment=time(12 if match["noon"] else 0), start=start, end=end)


def _is_hour(match: re.Match[str], hour: int, text: str) -> bool:
    if match["half"]:
        return 1 <= hour <= _HALF_DAY
    if match["sep"] == "." and not (match["strong"] or match["weak"] or match["h"] or _part(match)):
        return False
    if _part(match) or match["sharp"] or match["minute"]:
        return True
    if match["more"] or match["pair"]:
        return bool(match["strong"] or match["weak"]) or match["more"] in ("media", "cuarto", "meia")
    if match["strong"] or match["sign"]:
        return not _counts_things(text, match.end())
    if match["h"]:
        return (7 <= hour <= 21 or bool(match["weak"])) and not _LENGTH.search(text, 0, match.start())
    return bool(match["weak"] and match["hour"]) and _ends_here(text, match.end())


def _counts_things(text: str, end: int) -> bool:
    following = _NEXT_WORD.match(text, end)
    return bool(following and following[1].endswith("s") and following[1] not in _NO_THINGS)


def _ends_here(text: str, end: int) -> bool:
    following = _NEXT_WORD.match(text, end)
    return following is None or following[1] in _AFTER_WEAK


def _part(match: re.Match[str]) -> str | None:
    return match["part"] or match["noon"] or match["night"]


def _clock_time(plain: Plain, match: re.Match[str], hour: int, minutes: int, *, is_open: bool) -> ClockTime:
    half = match.groupdict().get("half")
    part = "p" if half == "p" else "a" if half == "a" else _part(match)
    fixed = _hour_of(hour, part) if part else hour + _HALF_DAY if is_open and 1 <= hour < EARLIEST else hour
    total = (fixed * 60 + minutes) % (24 * 60)
    start, end = plain.span(match)
    is_open = is_open and part is None
    return ClockTime(moment=time(total // 60, total % 60), start=start, end=end, is_open=is_open)


def _hour_of(hour: int, part: str) -> int:
    """Of twelve, in a half or a part of the day."""
    if hour > _HALF_DAY:
        return hour
    if part in ("a", "madrugada"):
        return hour % _HALF_DAY
    if part in ("manana", "manha", "morning"):
        return hour
    if part in ("noche", "noite", "evening", "at night", "tonight"):
        # "Las dos de la noche" is long after midnight.
        return hour + _HALF_DAY if 5 <= hour < _HALF_DAY else hour % _HALF_DAY
    return hour % _HALF_DAY + _HALF_DAY


def _number(said: str) -> int:
    return HOURS[said] if said in HOURS else int(said)


def _minutes(said: str | None) -> int:
    if said is None:
        return 0
    return MINUTES[said] if said in MINUTES else int(said)


def _sign(way: str | None) -> int:
    return -1 if way == "menos" else 1
