"""A thread goes from one to another: transferred, reassigned, put off, given out. Writes; commits nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from context_store.records import (
    Agent,
    AgentId,
    Controller,
    Handoff,
    HandoffId,
    HandoffStatus,
    Role,
    StepKind,
    TeamId,
    TimerKind,
)
from context_store.unit_of_work import UnitOfWork
from handoff import routing
from handoff.desk import (
    LONGEST_NOTE,
    SNOOZE_TIMER,
    DeskFault,
    found,
    held_by,
    lease,
    requeue,
    set_reply_timer,
)
from handoff.steps import note_step

LONGEST_SNOOZE = timedelta(days=90)
HELPERS = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)


@dataclass(frozen=True, kw_only=True)
class Passing:
    """To whom, and what they should know. One of the two is named."""

    agent_id: AgentId | None = None
    team_id: TeamId | None = None
    note: str = ""


def transfer(
    uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, passing: Passing, now: datetime
) -> Handoff:
    """To a colleague, who finds it among theirs, or into a team's queue. Raises `DeskFault`."""
    handoff = held_by(uow, handoff_id, agent.id)
    _check(uow, passing)
    if passing.agent_id == agent.id:
        raise DeskFault("It is yours already.", "yours_already")
    _pass(uow, handoff, passing, agent.id, now)
    return handoff


def reassign(
    uow: UnitOfWork, handoff_id: HandoffId, supervisor: Agent, passing: Passing, now: datetime
) -> Handoff:
    """The same by somebody who does not have it. Raises `DeskFault`."""
    handoff = found(uow, handoff_id)
    _check(uow, passing)
    if handoff.status in (HandoffStatus.RESOLVED, HandoffStatus.RETURNED):
        raise DeskFault("This thread is closed already.", "closed")
    _pass(uow, handoff, passing, supervisor.id, now)
    return handoff


def snooze(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, until: datetime, now: datetime) -> Handoff:
    """Put off until then, or until the customer writes. Raises `DeskFault`."""
    handoff = held_by(uow, handoff_id, agent.id)
    if not now < until <= now + LONGEST_SNOOZE:
        raise DeskFault("Choose a time within the next 90 days.", "snooze_time")
    uow.handoffs.snooze(handoff_id, until)
    # No lease that could run out: nobody has to stay for it.
    uow.conversations.hand_to(handoff.customer_id, Controller.QUEUE)
    payload = {"handoff_id": str(handoff_id)}
    uow.timers.set(handoff.customer_id, TimerKind.SNOOZE, SNOOZE_TIMER, until, payload)
    note_step(uow, handoff, StepKind.SNOOZED, now, agent_id=agent.id, until=until)
    return handoff


def wake(uow: UnitOfWork, handoff: Handoff, now: datetime) -> bool:
    """Out of its sleep, for the same agent. False when it does not sleep (any more)."""
    if handoff.status is not HandoffStatus.SNOOZED:
        return False
    uow.timers.cancel(handoff.customer_id, SNOOZE_TIMER)
    # Queued for them: who is there gets it within a second, for others it waits.
    requeue(uow, handoff, wanted=handoff.agent_id)
    note_step(uow, handoff, StepKind.WOKEN, now, to_agent_id=handoff.agent_id)
    return True


def plan_assignments(uow: UnitOfWork, now: datetime) -> list[tuple[Handoff, AgentId]]:
    """Who could be given what of the things that wait, as the teams want it. Only reads."""
    waiting = {handoff.id: handoff for handoff in uow.handoffs.assignable()}
    if not waiting:
        return []
    chosen = routing.assign(waiting.values(), uow.teams.colleagues(), uow.teams.active(), now)
    return [(waiting[assignment.handoff_id], assignment.agent_id) for assignment in chosen]


def give_out(uow: UnitOfWork, planned: list[tuple[Handoff, AgentId]], now: datetime) -> None:
    for handoff, agent_id in planned:
        # Somebody may have taken it by hand just now.
        if uow.handoffs.take(handoff.id, agent_id, now):
            lease(uow, handoff, agent_id)
            uow.agents.assigned(agent_id, now)
            note_step(uow, handoff, StepKind.ASSIGNED, now, to_agent_id=agent_id)


def _check(uow: UnitOfWork, passing: Passing) -> None:
    if (passing.agent_id is None) == (passing.team_id is None):
        raise DeskFault("Choose a colleague or a team.", "nobody_chosen")
    if passing.agent_id is not None:
        agent = uow.agents.get(passing.agent_id)
        if agent is None or not agent.is_active or agent.role not in HELPERS:
            raise DeskFault("There is no such colleague who takes threads.", "no_such_colleague")
    if passing.team_id is not None:
        team = uow.teams.get(passing.team_id)
        if team is None or not team.is_active:
            raise DeskFault("There is no such team.", "no_such_team")


def _pass(uow: UnitOfWork, handoff: Handoff, passing: Passing, by: AgentId, now: datetime) -> None:
    uow.timers.cancel(handoff.customer_id, SNOOZE_TIMER)
    if passing.team_id is not None:
        requeue(uow, handoff, team_id=passing.team_id)
        _expect(uow, handoff, passing.team_id, now)
    else:
        # Theirs as soon as they are there, and nobody else's until the reply is overdue.
        requeue(uow, handoff, wanted=passing.agent_id)
    note_step(
        uow,
        handoff,
        StepKind.TRANSFERRED,
        now,
        agent_id=by,
        to_agent_id=passing.agent_id,
        to_team_id=passing.team_id,
        note=passing.note.strip()[:LONGEST_NOTE] or None,
    )


def _expect(uow: UnitOfWork, handoff: Handoff, team_id: TeamId, now: datetime) -> None:
    """The new team's target counts from now, where nothing was due yet."""
    if handoff.reply_due_at is None:
        due_at = routing.reply_due(uow.teams.get(team_id), now, is_first=handoff.first_replied_at is None)
        if due_at is not None:
            uow.handoffs.owe_reply(handoff.id, due_at)
            set_reply_timer(uow, handoff, due_at)
