"""All that a page about one customer shows, read in one go: the thread, the brief, the lists beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import g, request

from console import masking
from console.auth import is_allowed
from console.parts import ConsoleParts
from console.permissions import Permission
from console.shown import Entry, People, entries, marks_of, marks_of_entries, marks_of_steps
from console.words import Words, known_zone
from context_store.records import (
    OPEN_HANDOFF,
    Agent,
    AgentId,
    Channel,
    Colleague,
    CustomerId,
    Handoff,
    HandoffStatus,
    Message,
    Presence,
    Team,
)
from context_store.unit_of_work import UnitOfWork
from flows.promotions import Promotion, line_of
from handoff import brief
from handoff.brief import Brief
from handoff.desk import LONGEST_REPLY

PAGE = 50
# A page that grew by "older" does not grow beyond this.
MOST = 1000
LARGEST_POSITION = 2**62


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which part of the thread: from `first` on, or one page more than what begins at `older_than`."""

    first: int | None = None
    older_than: int | None = None

    @classmethod
    def asked(cls) -> "Span":
        return cls(first=_position("first"), older_than=_position("older_than"))


@dataclass(frozen=True, kw_only=True)
class Composer:
    """What the agent may do here, and why not more."""

    # queued, mine, other, closed; without a request: bot, at_desk
    state: str
    holder: str = ""
    channel: Channel | None = None
    is_window_closed: bool = False
    # The request that is open now, if that is another one than this page's.
    open_handoff: Handoff | None = None
    # To whom it may be passed on: those who are there first.
    colleagues: Sequence[Colleague] = ()
    teams: Sequence[Team] = ()
    longest: int = LONGEST_REPLY


@dataclass(frozen=True, kw_only=True)
class Story:
    entries: list[Entry]
    brief: Brief
    people: People
    words: Words
    composer: Composer
    # What appointments are for, by the service's key, in the reader's language.
    services: Mapping[str, str]
    # How a list would tell them what is on offer, each with its code.
    promotions: Sequence[str]
    handoff: Handoff | None
    first: int | None
    # The newest position that the page shows: an answer says what its writer had seen.
    last: int
    has_older: bool
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class Card:
    """One line of the desk's lists."""

    handoff: Handoff
    name: str | None
    last: Message | None


@dataclass(frozen=True, kw_only=True)
class Lists:
    waiting: list[Card]
    mine: list[Card]
    # Those of mine that are put off.
    snoozed: list[Card]


def tell(
    uow: UnitOfWork, parts: ConsoleParts, customer_id: CustomerId, handoff: Handoff | None = None
) -> Story:
    """Raises `LookupError` for an unknown customer."""
    now = parts.now()
    facts = brief.build(uow, customer_id, now)
    is_masked = not is_allowed(Permission.SEE_PERSONAL_DATA)
    if is_masked:
        facts = masking.mask_brief(facts)
    general: Words = g.words
    words = replace(general, timezone=known_zone(facts.customer.timezone, parts.timezone))
    people = People(
        customer=facts.customer.name or words("app.unnamed"),
        agents=uow.agents.names(),
        teams={team.id: team.name for team in uow.teams.all()},
        journeys={run.id: run.journey for run in uow.enrollments.of(customer_id)},
    )
    messages, has_older = read_span(uow, customer_id, Span.asked())
    if is_masked:
        messages = [masking.mask_message(message) for message in messages]
    files = uow.media_files.of_messages(message.id for message in messages if message.media)
    steps = uow.handoff_steps.of([each.id for each in facts.handoffs])
    marks = [
        *marks_of(facts.handoffs, people, words, steps),
        *marks_of_steps(steps, people, words),
        *marks_of_entries(facts.entries, people, words),
    ]
    agent: Agent = g.agent
    return Story(
        entries=entries(messages, marks, people, words, files, has_all=not has_older),
        brief=facts,
        people=people,
        words=words,
        composer=_composer(uow, facts, handoff, agent.id, people),
        services={key: names[words.language] for key, names in parts.services.items()},
        promotions=[
            line_of(without_ungiven_code(each), words.language)
            for each in parts.promotions_of(uow, facts.customer)
        ],
        handoff=handoff,
        first=messages[0].position if messages else None,
        last=(messages[-1].position or 0) if messages else 0,
        has_older=has_older and len(messages) < MOST,
        is_cut=has_older and len(messages) >= MOST,
    )


def without_ungiven_code(promotion: Promotion) -> Promotion:
    """A code that nobody told them yet may be told to somebody else first: only the bot gives it."""
    if promotion.is_given or promotion.unique_of is None:
        return promotion
    return promotion.model_copy(update={"code": promotion.unique_of})


def read_span(uow: UnitOfWork, customer_id: CustomerId, span: Span) -> tuple[list[Message], bool]:
    """The messages, oldest first, and whether there are older ones."""
    first = span.first
    if span.older_than is not None:
        older = uow.messages.newest(customer_id, PAGE, before=span.older_than)
        first = older[0].position if older else span.older_than
    if first is None:
        messages = uow.messages.newest(customer_id, PAGE)
    else:
        messages = uow.messages.newest(customer_id, MOST, after=first - 1)
    if not messages:
        return [], False
    return messages, bool(uow.messages.newest(customer_id, 1, before=messages[0].position))


def read_lists(uow: UnitOfWork, agent_id: AgentId) -> Lists:
    waiting, mine = uow.handoffs.queue(), uow.handoffs.of_agent(agent_id)
    snoozed = uow.handoffs.of_agent(agent_id, status=HandoffStatus.SNOOZED)
    last = uow.messages.last_words([handoff.customer_id for handoff, _ in (*waiting, *mine, *snoozed)])

    def cards(found: Sequence[tuple[Handoff, str | None]]) -> list[Card]:
        return [
            Card(handoff=handoff, name=name, last=last.get(handoff.customer_id)) for handoff, name in found
        ]

    return Lists(waiting=cards(waiting), mine=cards(mine), snoozed=cards(snoozed))


def _composer(
    uow: UnitOfWork, facts: Brief, handoff: Handoff | None, agent_id: AgentId, people: People
) -> Composer:
    newest = uow.messages.newest_inbound(facts.customer.id)
    channel = newest.channel if newest else None
    open_now = next((other for other in facts.handoffs if other.status in OPEN_HANDOFF), None)
    is_other = open_now is not None and (handoff is None or open_now.id != handoff.id)
    holder = people.agents.get(handoff.agent_id, "") if handoff and handoff.agent_id else ""
    state = _state(handoff, open_now, agent_id)
    colleagues = uow.teams.colleagues() if state == "mine" else []
    order = list(Presence)
    return Composer(
        state=state,
        colleagues=sorted(
            (one for one in colleagues if one.agent.id != agent_id), key=lambda one: order.index(one.presence)
        ),
        teams=uow.teams.active() if state == "mine" else (),
        holder=holder,
        channel=channel,
        is_window_closed=channel is Channel.WHATSAPP and facts.window_left is None,
        open_handoff=open_now if is_other else None,
    )


def _state(handoff: Handoff | None, open_now: Handoff | None, agent_id: AgentId) -> str:
    if handoff is None:
        return "at_desk" if open_now else "bot"
    if handoff.status not in OPEN_HANDOFF:
        return "closed"
    if handoff.status is HandoffStatus.SNOOZED:
        return "snoozed" if handoff.agent_id == agent_id else "other"
    if handoff.status is not HandoffStatus.ASSIGNED:
        return "queued"
    return "mine" if handoff.agent_id == agent_id else "other"


def _position(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < LARGEST_POSITION else None
