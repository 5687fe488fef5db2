"""Journeys: who enters, when the next step is due, what ends a run. Pure.

A run is an enrollment, keyed (one per cart). Due steps are timers, timers become inputs, and inputs take
their turn like every message: so order and exits are the turn's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from context_store.records import Cart, CartStatus, Enrollment, Purpose

LIBRARY = Path(__file__).parent / "library"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CartTrigger(Strict):
    cart: Literal["changed"]


class Wait(Strict):
    # The name of the setting that says how many minutes.
    wait: str


class Send(Strict):
    # The response in flows/texts that is said.
    send: str


class AskSurvey(Strict):
    # The file in flows/surveys that is asked.
    survey: str


class EventExit(Strict):
    event: str


class CartExit(Strict):
    cart: Literal["empty"]


class CustomerExit(Strict):
    customer: Literal["wrote"]


class Journey(Strict):
    journey: str
    version: int
    owner: str
    purpose: Purpose
    priority: int = Field(ge=0, le=100)
    trigger: CartTrigger
    entry_key: Literal["cart"]
    steps: tuple[Annotated[Wait | Send | AskSurvey, Field(union_mode="smart")], ...] = Field(min_length=1)
    exits: tuple[Annotated[EventExit | CartExit | CustomerExit, Field(union_mode="smart")], ...]
    valid_hours: int = Field(gt=0)


class Move(StrEnum):
    ENROLL = "enroll"
    WAIT = "wait"
    SEND = "send"
    SURVEY = "survey"
    COMPLETE = "complete"
    EXIT = "exit"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do about a run."""

    move: Move
    journey: Journey
    entry_key: str
    # None for a run that begins with this very step.
    enrollment: Enrollment | None = None
    step: int = 0
    due_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What an input means to journeys."""

    event: str | None = None
    # When it happened; None: now.
    at: datetime | None = None
    # When the customer's carts were changed last, by their keys.
    touched: Mapping[str, datetime] = field(default_factory=dict)
    cart: Cart | None = None
    has_written: bool = False


class Journeys:
    def __init__(self, journeys: Iterable[Journey], minutes: Mapping[str, float]) -> None:
        """`minutes` are the settings that waits are named after. Raises `KeyError` on an unknown one."""
        self._journeys = {journey.journey: journey for journey in journeys}
        self._waits = {
            step.wait: timedelta(minutes=minutes[step.wait])
            for journey in self._journeys.values()
            for step in journey.steps
            if isinstance(step, Wait)
        }

    @classmethod
    def load(cls, minutes: Mapping[str, float], folder: Path = LIBRARY) -> "Journeys":
        """Read the library. Raises pydantic's error for a file that is no journey."""
        files = sorted(folder.glob("*.yml"))
        return cls(
            [Journey.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files],
            minutes,
        )

    def get(self, name: str) -> Journey | None:
        return self._journeys.get(name)

    def after(self, happened: Happened, runs: Sequence[Enrollment], now: datetime) -> list[Step]:
        """Exits first, then entries and waits that begin again."""
        exits = [step for run in runs if run.is_running for step in self._exits(run, happened)]
        left = {step.enrollment.id for step in exits if step.enrollment}
        staying = [run for run in runs if run.id not in left]
        if happened.has_written:
            return exits + self._begin_again(staying, now)
        return exits + self._entries(happened, staying)

    def at(self, run: Enrollment, now: datetime) -> list[Step]:
        """What comes after the step that a run has just done: its wait is over, or its message is out."""
        journey = self._journeys.get(run.journey)
        if journey is None or not run.is_running:
            return []
        return self._from(journey, run, run.step, now)

    def _exits(self, run: Enrollment, happened: Happened) -> list[Step]:
        journey = self._journeys.get(run.journey)
        if journey is None:
            return []
        for rule in journey.exits:
            reason = exit_reason(rule, run, happened)
            if reason:
                return [
                    Step(
                        move=Move.EXIT,
                        journey=journey,
                        entry_key=run.entry_key,
                        enrollment=run,
                        reason=reason,
                    )
                ]
        return []

    def _begin_again(self, runs: Sequence[Enrollment], now: datetime) -> list[Step]:
        """Who writes has not left: a first wait starts anew."""
        steps: list[Step] = []
        for run in runs:
            journey = self._journeys.get(run.journey)
            if journey is not None and run.is_running and run.step == 0:
                steps += self._first_wait(journey, run.entry_key, run, now)
        return steps

    def _entries(self, happened: Happened, runs: Sequence[Enrollment]) -> list[Step]:
        cart = happened.cart
        if cart is None or not cart.items or cart.status is CartStatus.CONVERTED:
            return []
        steps: list[Step] = []
        for journey in self._journeys.values():
            run = next(
                (one for one in runs if one.journey == journey.journey and one.entry_key == cart.key), None
            )
            if run is None:
                steps.append(Step(move=Move.ENROLL, journey=journey, entry_key=cart.key))
                steps += self._first_wait(journey, cart.key, None, cart.changed_at)
            elif run.is_running and run.step == 0:
                steps += self._first_wait(journey, cart.key, run, cart.changed_at)
        return steps

    def _first_wait(
        self, journey: Journey, key: str, run: Enrollment | None, touched_at: datetime
    ) -> list[Step]:
        first = journey.steps[0]
        wait = self._waits[first.wait] if isinstance(first, Wait) else timedelta()
        return [
            Step(move=Move.WAIT, journey=journey, entry_key=key, enrollment=run, due_at=touched_at + wait)
        ]

    def _from(self, journey: Journey, run: Enrollment, index: int, now: datetime) -> list[Step]:
        """Step `index` is done: what comes next. A send is waited for, so that an exit can overtake it."""
        following = index + 1
        common: dict[str, Any] = {"journey": journey, "entry_key": run.entry_key, "enrollment": run}
        if following >= len(journey.steps):
            return [Step(move=Move.COMPLETE, step=following, **common)]
        step = journey.steps[following]
        if isinstance(step, Wait):
            due_at = now + self._waits[step.wait]
            return [Step(move=Move.WAIT, step=following, due_at=due_at, **common)]
        move = Move.SURVEY if isinstance(step, AskSurvey) else Move.SEND
        return [Step(move=move, step=following, **common)]


def exit_reason(rule: EventExit | CartExit | CustomerExit, run: Enrollment, happened: Happened) -> str | None:
    if isinstance(rule, EventExit):
        is_it = happened.event == rule.event and not _is_old_news(run, happened)
        return f"event: {rule.event}" if is_it else None
    if isinstance(rule, CartExit):
        cart = happened.cart
        is_empty = cart is not None and cart.key == run.entry_key and not cart.items
        return "the cart is empty" if is_empty else None
    # While it only waits, writing starts the wait anew; once a message is on its way, it takes it back.
    return "the customer wrote" if happened.has_written and run.step > 0 else None


def _is_old_news(run: Enrollment, happened: Happened) -> bool:
    """It came late: the run's cart has been changed since it happened, so it was not about what is in it."""
    touched = happened.touched.get(run.entry_key)
    return happened.at is not None and touched is not None and touched > happened.at


def timer_key(step: Step) -> str:
    return f"journey:{step.journey.journey}:{step.entry_key}"
