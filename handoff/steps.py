"""Writes down what happens to a request, for the thread's line of time."""

from datetime import datetime
from typing import TypedDict, Unpack

from context_store.records import AgentId, Handoff, HandoffStep, StepKind, TeamId
from context_store.unit_of_work import UnitOfWork


class More(TypedDict, total=False):
    agent_id: AgentId | None
    to_agent_id: AgentId | None
    to_team_id: TeamId | None
    until: datetime | None
    note: str | None


def note_step(uow: UnitOfWork, handoff: Handoff, kind: StepKind, at: datetime, **more: Unpack[More]) -> None:
    uow.handoff_steps.add(HandoffStep(handoff_id=handoff.id, kind=kind, at=at, **more))
