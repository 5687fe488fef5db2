"""The newest fact wins by its own time, part by part, in whatever order facts arrive. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any


def as_told(moment: datetime) -> str:
    """A time that sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def newest(
    known: Mapping[str, Any], told: Mapping[str, str], news: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Those parts of the news that are newer than what is known of them.

    `told` says since when each part is so; what it does not name was never told. Of two facts of one moment
    the same one wins whichever comes first.
    """
    moment = as_told(at)

    def is_newer(name: str, value: Any) -> bool:
        since = told.get(name)
        return since is None or (moment, _rank(value)) > (since, _rank(known.get(name)))

    return {name: value for name, value in news.items() if is_newer(name, value)}


def _rank(value: Any) -> str:
    """Of two words of one list the one further down: what was shipped in that moment had been placed."""
    if isinstance(value, Enum):
        return f"{list(type(value)).index(value):03d}"
    return repr(value)
