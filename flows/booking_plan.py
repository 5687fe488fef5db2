"""What can be booked and when, from a file that the shop edits; checked when it is loaded."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

FILE = Path(__file__).parent / "booking.yml"
MOST_DAYS = 120


def _whole(minutes: int) -> int:
    if minutes % 5:
        raise ValueError("must be a multiple of 5")
    return minutes


Minutes = Annotated[int, Field(gt=0, le=24 * 60), AfterValidator(_whole)]
Window = tuple[time, time]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Names(Strict):
    es: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)
    pt: str = Field(min_length=1, max_length=60)


class Service(Strict):
    key: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    names: Names
    minutes: Minutes
    capacity: int = Field(default=1, ge=1, le=500)

    def name(self, language: str) -> str:
        return str(getattr(self.names, language))


class Plan(Strict):
    """Opening times for appointments. `hours`: the windows of each weekday, 0 is Monday."""

    timezone: str
    services: tuple[Service, ...] = Field(max_length=10)
    slot_minutes: Minutes
    lead_minutes: int = Field(ge=0)
    ahead_days: int = Field(gt=0, le=MOST_DAYS)
    hours: Mapping[int, tuple[Window, ...]]
    closed: frozenset[date] = frozenset()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return ZoneInfo(value).key

    @field_validator("hours", mode="before")
    @classmethod
    def _each_day(cls, value: Any) -> Any:
        """ "0,1,2" as three days."""
        if not isinstance(value, Mapping):
            return value
        return {day: windows for days, windows in value.items() for day in str(days).split(",")}

    @field_validator("hours")
    @classmethod
    def _in_order(cls, value: Mapping[int, tuple[Window, ...]]) -> Mapping[int, tuple[Window, ...]]:
        for day, windows in value.items():
            _check_day(day, windows)
        return value

    @model_validator(mode="after")
    def _one_of_each_key(self) -> Self:
        keys = [service.key for service in self.services]
        if len(set(keys)) < len(keys):
            raise ValueError("two services have the same key")
        return self

    def service(self, key: object) -> Service | None:
        return next((service for service in self.services if service.key == key), None)


def _check_day(day: int, windows: Sequence[Window]) -> None:
    if not 0 <= day <= 6:
        raise ValueError(f"{day} is no day of the week: 0 is Monday, 6 is Sunday")
    moments = [moment for window in windows for moment in window]
    if sorted(set(moments)) != moments:
        raise ValueError(f"day {day}: windows must follow one another, each with its end after its beginning")
    if any(moment.minute % 5 or moment.second for moment in moments):
        raise ValueError(f"day {day}: times must be multiples of 5 minutes")


def load_plan(default_timezone: str, path: Path = FILE) -> Plan:
    """Raises pydantic's error, which names the place, when the file is not what it should be."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Plan.model_validate({"timezone": default_timezone, **data})
