"""People who help: agents, their sessions, requests for a person, and what customers thought of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records.ids import AgentId, CustomerId, HandoffId, SurveyId, TeamId


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MARKETER = "marketer"
    ADMIN = "admin"


class Presence(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A member of staff."""

    id: AgentId
    email: str
    name: str
    role: Role
    is_active: bool = True
    created_at: datetime
    # As they have set it. Who shows no sign of life is offline whatever it says.
    presence: Presence = Presence.OFFLINE
    # Skills: the topics and languages that they take; none named is all of them.
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    # Threads at once; None: what their team says.
    capacity: int | None = None
    last_assigned_at: datetime | None = None


class HandoffStatus(StrEnum):
    REQUESTED = "requested"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    RETURNED = "returned"


OPEN_HANDOFF = (
    HandoffStatus.REQUESTED,
    HandoffStatus.QUEUED,
    HandoffStatus.ASSIGNED,
    HandoffStatus.SNOOZED,
)


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """A request for a person. At most one is open per customer."""

    id: HandoffId
    customer_id: CustomerId
    status: HandoffStatus
    # Why, in a word that the desk explains: asked, complaint, not_understood.
    reason: str
    agent_id: AgentId | None = None
    requested_at: datetime
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    # What the agent left for the bot and the next agent.
    note: str | None = None
    # What it is about, in plain words for who takes it: the order, the things, why.
    details: str | None = None
    team_id: TeamId | None = None
    # What the customer speaks.
    language: str | None = None
    # Whom it waits for first: who had snoozed it, or to whom it was transferred.
    wanted_agent_id: AgentId | None = None
    snoozed_until: datetime | None = None
    # When the reply that they wait for is due; None while nothing is owed, or no target is set.
    reply_due_at: datetime | None = None
    first_replied_at: datetime | None = None
    # The target was missed, and a supervisor should look.
    escalated_at: datetime | None = None
    # What it was about in the end, in a word of the desk's list.
    outcome: str | None = None


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One survey asked of one customer. Each of its questions is answered once."""

    id: SurveyId
    customer_id: CustomerId
    handoff_id: HandoffId | None = None
    # The file in flows/surveys that it was asked by.
    survey: str = "csat"
    # The best score: 5 or 10; 0 where nothing is rated.
    scale: int = 5
    asked_at: datetime
    # Later answers do not count.
    valid_until: datetime | None = None
    reminded_at: datetime | None = None
    # The first score that was given, and the first free text.
    score: int | None = None
    comment: str | None = None
    answered_at: datetime | None = None
    # An answer called for a person.
    is_bad: bool = False
    # Every question was answered.
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SurveyAnswer:
    survey_id: SurveyId
    question: str
    # The option, the score or the words.
    answer: str
    score: int | None = None
    answered_at: datetime
