"""The desk's timers in a turn: a snooze ends, a reply is overdue, a customer stayed silent."""

from uuid import UUID

from bot.context import Context
from bot.parts import Parts
from context_store.records import HandoffId, TimerKind
from context_store.unit_of_work import UnitOfWork
from flows.effects import Outcome
from flows.situation import Situation
from handoff import due

KINDS = (TimerKind.SNOOZE, TimerKind.REPLY_DUE, TimerKind.AUTO_RETURN, TimerKind.ROUTING_QUESTION)


def fall_due(parts: Parts, uow: UnitOfWork, context: Context, situation: Situation) -> Outcome:
    payload = context.inputs[0].payload
    kind = TimerKind(payload["kind"])
    if kind is TimerKind.ROUTING_QUESTION:
        return parts.runner.end_routing_question(situation)
    handoff_id = HandoffId(UUID(payload["handoff_id"]))
    after = due.fall_due(uow, kind, handoff_id, context.now)
    if after is due.After.NOTHING:
        return Outcome(state=context.conversation.state, effects=())
    return parts.runner.come_back(
        situation,
        handoff_id=str(handoff_id),
        is_resolved=False,
        summary=due.told_of(uow, handoff_id),
    )
