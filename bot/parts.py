"""What the engine is made of; `app.py` puts it together once and hands it around."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.breaker import Breaker
from bot.channels.twilio import TwilioChannel
from bot.known_segments import KnownSegments
from bot.metrics import Metrics
from bot.send_rates import SendRates
from bot.settings import Settings
from bot.watchdog import Watchdog
from context_store.database import Database
from context_store.records import CustomerId
from context_store.unit_of_work import UnitOfWork
from flows.booking_plan import Plan
from flows.journeys import Journeys
from flows.policy import Limits
from flows.runner import Runner
from nlu.interpreter import Interpreter


class Bell(Protocol):
    """Wakes whoever does the work. A ring may be lost or doubled: the sweep and SQL see to the rest."""

    def ring_turns(self, customer_id: CustomerId, delay: float = 0.0, *, is_bulk: bool = False) -> None:
        """Bulk (due timers, shop events) waits for those who write themselves."""

    def ring_sender(self, customer_id: CustomerId, delay: float = 0.0) -> None: ...

    def problem(self) -> str | None:
        """Why it cannot ring, in words; None when it can."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    settings: Settings
    database: Database
    channel: TwilioChannel
    interpreter: Interpreter
    runner: Runner
    journeys: Journeys
    limits: Limits
    # What answers may say of the shop: name, address, opening hours per language.
    shop: dict[str, Any]
    # What can be booked in chat, and when.
    booking: Plan
    bell: Bell
    breaker: Breaker
    rates: SendRates
    watchdog: Watchdog
    # Business time; leases use the database's clock.
    now: Callable[[], datetime]
    # Is somebody in a segment of that name? Promotions ask.
    in_segment: Callable[[UnitOfWork, CustomerId, str], bool] = lambda uow, customer_id, name: False
    metrics: Metrics = field(default_factory=Metrics)
    segments: KnownSegments = field(default_factory=KnownSegments)
