"""The tracking plan: which events may come, with which properties of which types. Data in YAML.

Pure: an event is checked, nothing is refused. What does not fit is kept and marked.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from context_store.records import FaultKind

SHIPPED = Path(__file__).parent / "tracking" / "ecommerce.yml"
# Of a list of products so many are looked at.
MOST_ITEMS = 20
LONGEST_SAMPLE = 80
LONGEST_VALUE = 40

Type = Literal[
    "text", "id", "number", "integer", "amount", "currency", "yes_no", "time", "url", "list", "object"
]


class PlanFault(Exception):
    """The plan's file is no plan: where and why."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Property(Strict):
    type: Type
    required: bool = False
    # Values that may stand there; none named: any.
    one_of: tuple[str, ...] = ()
    # Few values are usual: a new one is told.
    watch: bool = False
    # What stands in each entry of a list.
    items: dict[str, "Property"] = Field(default_factory=dict)


class PlannedEvent(Strict):
    # Who looks after it; the plan's owner when it is empty.
    owner: str = ""
    properties: dict[str, Property] = Field(default_factory=dict)
    # Silence for longer than that is told; without it, what was usual lately counts.
    every_minutes: float | None = Field(None, gt=0)
    # Later than that is late; without it, the setting counts.
    late_minutes: float | None = Field(None, gt=0)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, wanted in self.properties.items() if wanted.required)

    @cached_property
    def watched(self) -> tuple[str, ...]:
        return tuple(name for name, wanted in self.properties.items() if wanted.watch)


class PlanFile(Strict):
    plan: str = Field(max_length=60)
    # "ecommerce" takes the shipped plan and adds to it.
    extends: Literal["ecommerce"] | None = None
    owner: str = ""
    # Only to be referred to from below.
    groups: dict[str, Any] = Field(default_factory=dict)
    events: dict[str, PlannedEvent]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that does not fit."""

    kind: FaultKind
    # The property's; empty when it is the event as a whole.
    name: str = ""
    # What stood there, shortened.
    sample: str = ""

    @property
    def mark(self) -> str:
        return f"{self.name}: {self.kind.value}" if self.name else self.kind.value


@dataclass(frozen=True)
class TrackingPlan:
    name: str
    owner: str
    events: Mapping[str, PlannedEvent]

    def owner_of(self, event: str) -> str:
        planned = self.events.get(event)
        return (planned.owner if planned else "") or self.owner

    def faults(self, event: str, properties: Mapping[str, Any]) -> list[Fault]:
        planned = self.events.get(event)
        if planned is None:
            return [Fault(kind=FaultKind.UNPLANNED)]
        return list(_faults(planned.properties, planned.required, properties, ""))

    def watched_values(self, event: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The values that are counted one by one: (property, value)."""
        planned = self.events.get(event)
        for name in planned.watched if planned else ():
            value = properties.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool):
                yield name, str(value)[:LONGEST_VALUE]


def load_plan(path: Path | None = None) -> TrackingPlan:
    """The shipped plan, or the one in that file. Raises `PlanFault`."""
    found = _read(path or SHIPPED)
    if path is None or found.extends is None:
        return TrackingPlan(found.plan, found.owner, found.events)
    shipped = _read(SHIPPED)
    return TrackingPlan(found.plan, found.owner or shipped.owner, {**shipped.events, **found.events})


def _read(path: Path) -> PlanFile:
    try:
        return PlanFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise PlanFault(f"{path}: {place}: {fault['msg']}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlanFault(f"{path}: cannot be read ({error})") from error


def _faults(
    wanted: Mapping[str, Property], required: tuple[str, ...], properties: Mapping[str, Any], inside: str
) -> Iterator[Fault]:
    for name in required:
        if properties.get(name) is None:
            yield Fault(kind=FaultKind.MISSING, name=f"{inside}{name}")
    for name, value in properties.items():
        rule = wanted.get(name)
        if rule is None or value is None:
            continue
        if not FITS[rule.type](value):
            yield Fault(kind=FaultKind.MISTYPED, name=f"{inside}{name}", sample=_sample(value))
        elif rule.one_of and str(value) not in rule.one_of:
            yield Fault(kind=FaultKind.UNLISTED, name=f"{inside}{name}", sample=_sample(value))
        elif rule.items:
            yield from _faults_in_list(rule, value, f"{inside}{name}")


def _faults_in_list(rule: Property, entries: list[Any], name: str) -> Iterator[Fault]:
    """Each sort of fault once, however many entries have it."""
    required = tuple(each for each, wanted in rule.items.items() if wanted.required)
    seen: set[tuple[FaultKind, str]] = set()
    for entry in entries[:MOST_ITEMS]:
        if isinstance(entry, Mapping):
            found = list(_faults(rule.items, required, entry, f"{name}[]."))
        else:
            found = [Fault(kind=FaultKind.MISTYPED, name=f"{name}[]", sample=_sample(entry))]
        for fault in found:
            if (fault.kind, fault.name) not in seen:
                seen.add((fault.kind, fault.name))
                yield fault


def _sample(value: Any) -> str:
    return str(value)[:LONGEST_SAMPLE]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_amount(value: Any) -> bool:
    if isinstance(value, str):
        whole, _, part = value.strip().removeprefix("-").partition(".")
        return f"{whole}{part}".isdecimal()
    return _is_number(value)


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().removeprefix("-").isdecimal()
    return _is_number(value) and value == value // 1


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()


def _is_time(value: Any) -> bool:
    if _is_number(value):
        return True
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return False
    return True


FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "id": lambda value: isinstance(value, str | int) and not isinstance(value, bool) and value != "",
    "number": _is_number,
    "integer": _is_integer,
    "amount": _is_amount,
    "currency": _is_currency,
    "yes_no": lambda value: isinstance(value, bool),
    "time": _is_time,
    "url": lambda value: isinstance(value, str) and value.startswith(("https://", "http://", "/")),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}
