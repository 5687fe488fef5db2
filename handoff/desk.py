"""What agents do with a thread: it is asked for, taken, answered, given back. Writes; commits nothing.

The conversation's controller is a lease: it runs out by the database's clock when the agent's page is gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from context_store.records import (
    Address,
    Agent,
    AgentId,
    Author,
    Channel,
    Controller,
    CustomerId,
    Direction,
    Handoff,
    HandoffId,
    HandoffStatus,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    StepKind,
    Team,
    TeamId,
    TemplateUse,
    TimerKind,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from handoff import routing
from handoff.brief import WHATSAPP_WINDOW
from handoff.routing import Staffing
from handoff.steps import note_step

# The desk's page renews it every few seconds; this long after the last sign of life the thread is free.
LEASE_SECONDS = 120.0
# Four messages, if need be: more is a letter.
LONGEST_REPLY = 6400
LONGEST_DETAILS = 1000
LONGEST_NOTE = 2000
# What a template's place takes, with room for the words around it.
LONGEST_LATE_REPLY = 700
# The planner's margin: what is written now goes out a little later.
WINDOW_MARGIN = timedelta(minutes=5)

# The timers of a request; each has one at most.
REPLY_TIMER = "desk:reply_due"
RETURN_TIMER = "desk:auto_return"
SNOOZE_TIMER = "desk:snooze"


class DeskFault(Exception):
    """Why it cannot be done: in words, and in one word that pages translate."""

    def __init__(self, text: str, code: str = "refused") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Reply:
    text: str
    # The last message that the agent had seen: a newer one is pointed out instead of talked over.
    seen: int | None = None
    # The response that carries an answer as a template once WhatsApp's 24 hours are over.
    late_response: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is known of a request beside its reason."""

    details: str | None = None
    # The team that they chose; else the reason says which.
    team_id: TeamId | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a request ends."""

    is_resolved: bool
    note: str = ""
    # A word of the desk's list.
    outcome: str | None = None
    # Ask what they thought of it; only of what was resolved.
    with_survey: bool = True


def ask_for_person(
    uow: UnitOfWork, customer_id: CustomerId, reason: str, now: datetime, wish: Wish | None = None
) -> bool:
    """Queue a request. False when one is open already. Call it in a turn.

    The bot falls silent, unless nobody can come now: then it goes on until somebody takes the thread.
    """
    wish = wish or Wish()
    team = _team_for(uow, reason, wish)
    handoff = Handoff(
        id=HandoffId(new_id()),
        customer_id=customer_id,
        status=HandoffStatus.QUEUED,
        reason=reason,
        requested_at=now,
        details=wish.details[:LONGEST_DETAILS] if wish.details else None,
        team_id=team.id if team else None,
        language=wish.language,
        reply_due_at=routing.reply_due(team, now, is_first=True),
    )
    if not uow.handoffs.add(handoff):
        return False
    staff = uow.teams.colleagues() if team else []
    if routing.prospect(team, staff, now).staffing is Staffing.FREE:
        uow.conversations.hand_to(customer_id, Controller.QUEUE)
    if handoff.reply_due_at is not None:
        set_reply_timer(uow, handoff, handoff.reply_due_at)
    return True


def take(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId, now: datetime) -> Handoff:
    """The thread is this agent's. Raises `DeskFault` when somebody was quicker."""
    handoff = found(uow, handoff_id)
    if not uow.handoffs.take(handoff_id, agent_id, now):
        raise DeskFault("Somebody else has taken this thread, or it is closed.", "taken")
    uow.timers.cancel(handoff.customer_id, SNOOZE_TIMER)
    lease(uow, handoff, agent_id)
    note_step(uow, handoff, StepKind.TAKEN, now, agent_id=agent_id)
    return handoff


def lease(uow: UnitOfWork, handoff: Handoff, agent_id: AgentId) -> None:
    uow.conversations.hand_to(handoff.customer_id, Controller.AGENT, agent_id, LEASE_SECONDS)


def keep(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId) -> bool:
    """The agent is still there. False when the thread is not theirs any more."""
    handoff = found(uow, handoff_id)
    return uow.conversations.renew(handoff.customer_id, agent_id, LEASE_SECONDS)


def keep_all(uow: UnitOfWork, agent_id: AgentId) -> None:
    """A sign of life of a page of theirs: all that they have stays theirs."""
    uow.agents.seen(agent_id)
    uow.conversations.renew_all(agent_id, LEASE_SECONDS)


def reply(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, said: Reply, now: datetime) -> Message:
    """Queue the agent's words on the channel that the customer used last. Raises `DeskFault`."""
    handoff = held_by(uow, handoff_id, agent.id)
    text = said.text.strip()
    if not text:
        raise DeskFault("Write something first.", "empty")
    if len(text) > LONGEST_REPLY:
        raise DeskFault(
            f"That is {len(text)} characters; {LONGEST_REPLY} are the most that one reply takes.",
            "too_long",
        )
    newest = uow.messages.newest_inbound(handoff.customer_id)
    address = uow.customers.address(newest.address_id) if newest and newest.address_id else None
    if newest is None or address is None:
        raise DeskFault("This customer has never written: there is nowhere to answer.", "nowhere")
    if said.seen is not None and newest.position is not None and newest.position > said.seen:
        raise DeskFault("The customer has written again meanwhile. Read it, then send.", "crossed")
    message = Message(
        id=MessageId(new_id()),
        # It follows the address that it goes to, should two people have been taken for one.
        customer_id=newest.customer_id,
        address_id=address.id,
        channel=newest.channel,
        direction=Direction.OUT,
        author=Author.AGENT,
        agent_id=agent.id,
        purpose=Purpose.REPLY,
        status=MessageStatus.QUEUED,
        text=text,
        template=_late(handoff, address, said, now),
        created_at=now,
    )
    uow.messages.say(message)
    _has_replied(uow, handoff, now)
    return message


def give_back(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, ending: Ending, now: datetime) -> Handoff:
    """Close the request and let the bot go on, by a command that takes its turn like any input."""
    handoff = held_by(uow, handoff_id, agent.id)
    close(uow, handoff, ending, now)
    payload = {
        "command": "return_to_bot",
        "handoff_id": str(handoff_id),
        "is_resolved": ending.is_resolved and ending.with_survey,
        "summary": summary(handoff, ending, agent.name),
    }
    uow.inputs.add(handoff.customer_id, InputKind.COMMAND, now=now, payload=payload)
    return handoff


def close(uow: UnitOfWork, handoff: Handoff, ending: Ending, now: datetime) -> None:
    status = HandoffStatus.RESOLVED if ending.is_resolved else HandoffStatus.RETURNED
    note = ending.note.strip()[:LONGEST_NOTE] or None
    if not uow.handoffs.close(handoff.id, status, now, note, ending.outcome):
        raise DeskFault("This thread is closed already.", "closed")
    _stop_timers(uow, handoff.customer_id)


def summary(handoff: Handoff, ending: Ending, agent_name: str) -> dict[str, str]:
    """What the bot is told of the human stretch: facts, in words that a flow may use."""
    told = {
        "reason": handoff.reason,
        "outcome": ending.outcome or ("resolved" if ending.is_resolved else "returned"),
        "agent": agent_name,
        "note": ending.note.strip()[:500],
    }
    return {name: value for name, value in told.items() if value}


def release(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, now: datetime) -> Handoff:
    """Back into the queue for somebody else."""
    handoff = held_by(uow, handoff_id, agent.id)
    requeue(uow, handoff)
    note_step(uow, handoff, StepKind.RELEASED, now, agent_id=agent.id)
    return handoff


def expire_leases(uow: UnitOfWork, now: datetime) -> list[CustomerId]:
    """Threads whose agent has vanished go back to the queue."""
    freed = uow.conversations.expired()
    for customer_id in freed:
        handoff = uow.handoffs.open_of(customer_id)
        if handoff is not None:
            requeue(uow, handoff)
            note_step(uow, handoff, StepKind.LEASE_EXPIRED, now, agent_id=handoff.agent_id)
    return freed


def requeue(
    uow: UnitOfWork, handoff: Handoff, team_id: TeamId | None = None, wanted: AgentId | None = None
) -> None:
    uow.handoffs.put_back(handoff.id, team_id, wanted)
    uow.conversations.hand_to(handoff.customer_id, Controller.QUEUE)


def found(uow: UnitOfWork, handoff_id: HandoffId) -> Handoff:
    handoff = uow.handoffs.get(handoff_id)
    if handoff is None:
        raise DeskFault("There is no such request.", "missing")
    return handoff


def held_by(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId) -> Handoff:
    handoff = found(uow, handoff_id)
    if handoff.status is not HandoffStatus.ASSIGNED or handoff.agent_id != agent_id:
        raise DeskFault("This thread is not yours (any more). Take it first.", "not_yours")
    return handoff


def team_of(uow: UnitOfWork, handoff: Handoff) -> Team | None:
    return uow.teams.get(handoff.team_id) if handoff.team_id else None


def set_reply_timer(uow: UnitOfWork, handoff: Handoff, due_at: datetime) -> None:
    payload = {"handoff_id": str(handoff.id)}
    uow.timers.set(handoff.customer_id, TimerKind.REPLY_DUE, REPLY_TIMER, due_at, payload)


def _team_for(uow: UnitOfWork, reason: str, wish: Wish) -> Team | None:
    teams = uow.teams.active()
    chosen = next((team for team in teams if team.id == wish.team_id), None)
    return chosen or routing.team_for(reason, teams)


def _late(handoff: Handoff, address: Address, said: Reply, now: datetime) -> TemplateUse | None:
    """Outside WhatsApp's 24 hours the answer goes out inside a template."""
    heard = address.last_inbound_at
    is_open = heard is not None and now - heard < WHATSAPP_WINDOW - WINDOW_MARGIN
    if address.channel is not Channel.WHATSAPP or is_open or said.late_response is None:
        return None
    text = " ".join(said.text.split())
    if len(text) > LONGEST_LATE_REPLY:
        raise DeskFault(
            f"WhatsApp's 24 hours are over: a template takes {LONGEST_LATE_REPLY} characters at most.",
            "too_long_for_template",
        )
    # A template's place takes one line.
    return TemplateUse(response=said.late_response, language=handoff.language or "es", values=(text,))


def _has_replied(uow: UnitOfWork, handoff: Handoff, now: datetime) -> None:
    uow.handoffs.replied(handoff.id, now)
    uow.timers.cancel(handoff.customer_id, REPLY_TIMER)
    team = team_of(uow, handoff)
    if team is not None and team.auto_return_minutes:
        due_at = now + timedelta(minutes=team.auto_return_minutes)
        payload = {"handoff_id": str(handoff.id)}
        uow.timers.set(handoff.customer_id, TimerKind.AUTO_RETURN, RETURN_TIMER, due_at, payload)


def _stop_timers(uow: UnitOfWork, customer_id: CustomerId) -> None:
    for key in (REPLY_TIMER, RETURN_TIMER, SNOOZE_TIMER):
        uow.timers.cancel(customer_id, key)
