"""What staff read, in their language: texts, times in the customer's zone, durations, money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from babel.dates import format_date, format_time, format_timedelta

from flows.formats import LOCALES, clock_time, money

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("es", "en")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@cache
def load_texts(language: str) -> dict[str, Any]:
    """`en.yml`, and beside it whatever else ends so: `staff.en.yml` adds its groups."""
    texts: dict[str, Any] = {}
    for file in (FOLDER / f"{language}.yml", *sorted(FOLDER.glob(f"*.{language}.yml"))):
        for group, words in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            texts[group] = {**texts.get(group, {}), **words}
    return texts


@dataclass(frozen=True, kw_only=True)
class Words:
    """One reader's language, and the zone and moment in which times are told."""

    language: str
    timezone: str
    now: datetime

    def __call__(self, key: str, **values: object) -> str:
        """The text of that key. Raises `KeyError`: a key is ours, so a missing one is our fault."""
        found: Any = load_texts(self.language)
        for part in key.split("."):
            found = found[part]
        if isinstance(found, dict):
            found = found["one" if values.get("n") == 1 else "other"]
        return str(found).format_map(values)

    def has(self, key: str) -> bool:
        group, _, word = key.partition(".")
        return word in load_texts(self.language)[group]

    def group(self, name: str) -> Mapping[str, Any]:
        """All the texts of a group, for a list to choose from."""
        found: Mapping[str, Any] = load_texts(self.language)[name]
        return found

    def name(self, group: str, word: object) -> str:
        """What a stored word is called; a word that has no text is shown as it is, readably."""
        texts: Mapping[str, Any] = load_texts(self.language)[group]
        return str(texts.get(str(word), str(word).replace("_", " ")))

    def money(self, minor_units: int, currency: str) -> str:
        return money(minor_units, currency, self.language)

    def clock(self, moment: datetime) -> str:
        return clock_time(moment, self.timezone, self.language)

    def local_day(self, moment: datetime) -> str:
        """A key for the day that it was there: 2026-11-23."""
        return self._local(moment).date().isoformat()

    def day(self, moment: datetime, *, begins: bool = False) -> str:
        """ "today", "yesterday", else "lunes 23 nov"; with a capital where it begins a line."""
        date, today = self._local(moment).date(), self._local(self.now).date()
        near = {today: "times.today", today - DAY: "times.yesterday", today + DAY: "times.tomorrow"}
        if date in near:
            named = self(near[date])
        else:
            pattern = "EEEE d MMM" if date.year == today.year else "d MMM y"
            named = str(format_date(date, pattern, locale=LOCALES[self.language]))
        return named[:1].upper() + named[1:] if begins else named

    def moment(self, moment: datetime) -> str:
        """The full time, with the zone in which it is told."""
        local = self._local(moment)
        date = format_date(local.date(), "full", locale=LOCALES[self.language])
        return f"{date}, {format_time(local, 'HH:mm', locale=LOCALES[self.language])} ({local.tzname()})"

    def short(self, moment: datetime) -> str:
        """ "today 12:03", "lunes 23 nov 12:03" """
        return f"{self.day(moment)} {self.clock(moment)}"

    def ago(self, moment: datetime) -> str:
        """How long ago, or in how long."""
        distance = moment - self.now
        if abs(distance) < MINUTE:
            return self("times.now")
        return self._span(distance, add_direction=True)

    def lasting(self, span: timedelta) -> str:
        return self("times.moment") if span < MINUTE else self._span(span, add_direction=False)

    def since(self, moment: datetime) -> str:
        return self.lasting(self.now - moment)

    def _span(self, span: timedelta, *, add_direction: bool) -> str:
        # The short forms of months and minutes look alike.
        style: Literal["short", "long"] = "short" if abs(span) < DAY else "long"
        locale = LOCALES[self.language]
        return str(
            format_timedelta(span, threshold=1, add_direction=add_direction, format=style, locale=locale)
        )

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.timezone))


def known_zone(name: str | None, default: str) -> str:
    """A zone that exists: what is stored of a customer came from elsewhere."""
    try:
        return ZoneInfo(name or default).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default


def shortened(text: str | None, limit: int = 60) -> str:
    """One line of somebody else's text, never longer than that."""
    line = " ".join((text or "").split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
