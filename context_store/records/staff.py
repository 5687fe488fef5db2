"""How staff are organised and what they did: teams, invitations, sessions, steps of a request, acts."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from context_store.records.desk import Agent, Presence, Role
from context_store.records.ids import AgentId, CustomerId, HandoffId, TeamId

# Monday first; each day its spans, "09:00-14:00".
Week = tuple[tuple[str, ...], ...]
ALWAYS: Week = (("00:00-24:00",),) * 7


@dataclass(frozen=True, kw_only=True)
class Team:
    """Who answers what, when, and how soon."""

    id: TeamId
    name: str
    # What customers read when they choose, by language; the name where there is none.
    names: dict[str, str] = field(default_factory=dict)
    is_active: bool = True
    # Reasons that come here without a question. A team without topics takes what no other does.
    topics: tuple[str, ...] = ()
    timezone: str = "Europe/Madrid"
    hours: Week = ALWAYS
    # Its public holidays are closed: a country, and a region of it.
    country: str | None = None
    region: str | None = None
    # Other days on which it is closed.
    closed_days: tuple[date, ...] = ()
    # Targets, in minutes of its working hours; None: no target.
    first_reply_minutes: int | None = None
    next_reply_minutes: int | None = None
    # Threads at once, for a member who has no number of their own.
    capacity: int = 5
    auto_assign: bool = False
    # The bot takes it back when the customer has been silent for so long after an answer; None: never.
    auto_return_minutes: int | None = None

    def public_name(self, language: str) -> str:
        return self.names.get(language) or self.name


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A member of staff as routing sees them."""

    agent: Agent
    # What they have set, or offline when their pages are gone.
    presence: Presence
    team_ids: frozenset[TeamId]
    # Threads that they have now.
    load: int


@dataclass(frozen=True, kw_only=True)
class Invitation:
    id: UUID
    email: str
    name: str
    role: Role
    team_id: TeamId | None = None
    invited_by: AgentId
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    id: UUID
    agent_id: AgentId
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None = None
    # Where they signed in: the address, and the browser as it calls itself.
    address: str = ""
    browser: str = ""


class StepKind(StrEnum):
    """What happens to a request between its beginning and its end."""

    TAKEN = "taken"
    ASSIGNED = "assigned"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    LEASE_EXPIRED = "lease_expired"
    ESCALATED = "escalated"
    RETURNED_BY_ITSELF = "returned_by_itself"


@dataclass(frozen=True, kw_only=True)
class HandoffStep:
    handoff_id: HandoffId
    kind: StepKind
    at: datetime
    # Who did it; None: it happened by itself.
    agent_id: AgentId | None = None
    to_agent_id: AgentId | None = None
    to_team_id: TeamId | None = None
    until: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class StaffAct:
    """One line of the record of who did what."""

    at: datetime
    # None: nobody who is signed in, as when a sign-in is refused.
    agent_id: AgentId | None = None
    # A word that the page explains: sign_in, take, invite, change_role.
    act: str
    # What it was done to: a member of staff, a team, a request.
    subject: str | None = None
    customer_id: CustomerId | None = None
    details: dict[str, Any] = field(default_factory=dict)
    address: str = ""
