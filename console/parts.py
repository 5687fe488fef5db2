"""What the staff pages need from the rest; `app.py` hands it in once."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any

from context_store.database import Database
from context_store.records import Customer, CustomerId
from context_store.unit_of_work import UnitOfWork
from flows.promotions import Promotion
from flows.tracking_plan import TrackingPlan, load_plan


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """Where staff may sign in with the account that they have already."""

    issuer: str
    client_id: str
    client_secret: str
    # What the button calls it.
    name: str = "SSO"


@dataclass(frozen=True, kw_only=True)
class ConsoleParts:
    database: Database
    # Business time, which the simulator can move.
    now: Callable[[], datetime]
    secret_key: str
    public_url: str
    ring_turns: Callable[[CustomerId], None]
    ring_sender: Callable[[CustomerId], None]
    shop: Mapping[str, Any]
    # Where customers' files lie, below names of ours.
    media_folder: Path
    # Where the demo's phones are; None while the simulator is off.
    simulator_url: str | None = None
    oidc: OidcSettings | None = None
    # Why a webhook cannot go to that address, in English; None when it can. Asks the name server.
    webhook_fault: Callable[[str], str | None] = lambda url: None
    new_webhook_secret: Callable[[], str] = lambda: f"whsec_{b64encode(token_bytes(24)).decode()}"
    # What is on offer to a customer, as every channel tells it.
    promotions_of: Callable[[UnitOfWork, Customer], Sequence[Promotion]] = lambda uow, customer: ()
    # Are SMS written in plain letters where that saves a segment? Previews show them so.
    with_plain_sms: bool = True
    # The names of the segments that promotions may be for.
    segment_names: Callable[[UnitOfWork], Sequence[str]] = lambda uow: ()
    # What can be booked: its key and its names per language.
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Which events may come, and what they look like.
    plan: TrackingPlan = field(default_factory=load_plan)
    # For customers whose own zone is not known.
    timezone: str = "Europe/Madrid"
    # Real time: sessions must not end because somebody moves the demo's clock to tomorrow.
    real_now: Callable[[], datetime] = utc_now

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")
