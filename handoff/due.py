"""What time and the customer's own words do to a request. Writes; commits nothing. Called in a turn."""

from datetime import datetime
from enum import Enum

from context_store.records import (
    CustomerId,
    Handoff,
    HandoffId,
    HandoffStatus,
    StepKind,
    TimerKind,
)
from context_store.unit_of_work import UnitOfWork
from handoff import routing
from handoff.desk import RETURN_TIMER, Ending, close, set_reply_timer, summary, team_of
from handoff.passing import wake
from handoff.steps import note_step

BY_ITSELF = Ending(is_resolved=False, outcome="customer_silent")


class After(Enum):
    NOTHING = "the turn has no more to do"
    BOT = "the bot goes on from here"


def customer_wrote(uow: UnitOfWork, customer_id: CustomerId, now: datetime) -> None:
    """While a person has the thread: what sleeps wakes, and a reply is owed."""
    handoff = uow.handoffs.open_of(customer_id)
    if handoff is None:
        return
    uow.timers.cancel(customer_id, RETURN_TIMER)
    wake(uow, handoff, now)
    if handoff.reply_due_at is None and handoff.first_replied_at is not None:
        due_at = routing.reply_due(team_of(uow, handoff), now, is_first=False)
        if due_at is not None:
            uow.handoffs.owe_reply(handoff.id, due_at)
            set_reply_timer(uow, handoff, due_at)


def fall_due(uow: UnitOfWork, kind: TimerKind, handoff_id: HandoffId, now: datetime) -> After:
    """A timer of the desk. One that comes too late for anything does nothing."""
    handoff = uow.handoffs.get(handoff_id)
    if handoff is None:
        return After.NOTHING
    if kind is TimerKind.SNOOZE:
        wake(uow, handoff, now)
    elif kind is TimerKind.REPLY_DUE and uow.handoffs.escalate(handoff.id, now):
        note_step(uow, handoff, StepKind.ESCALATED, now, agent_id=handoff.agent_id)
    elif kind is TimerKind.AUTO_RETURN and _is_quiet(handoff):
        # Nobody says that it was resolved: the customer is not asked how it was.
        close(uow, handoff, BY_ITSELF, now)
        note_step(uow, handoff, StepKind.RETURNED_BY_ITSELF, now, agent_id=handoff.agent_id)
        return After.BOT
    return After.NOTHING


def told_of(uow: UnitOfWork, handoff_id: HandoffId) -> dict[str, str]:
    """The marker for the bot when a thread came back by itself."""
    handoff = uow.handoffs.get(handoff_id)
    if handoff is None:
        return {}
    agent = uow.agents.get(handoff.agent_id) if handoff.agent_id else None
    return summary(handoff, BY_ITSELF, agent.name if agent else "")


def _is_quiet(handoff: Handoff) -> bool:
    return handoff.status is HandoffStatus.ASSIGNED and handoff.reply_due_at is None
