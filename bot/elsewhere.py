"""What was said on other channels, in a turn: its form waits here, its mood sets the tone."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bot.context import Context
from bot.parts import Parts
from context_store.records import BAD_MOODS, CustomerId, Entry, EntryId
from context_store.unit_of_work import UnitOfWork
from flows.effects import Outcome
from flows.elsewhere import FLOWS, UNHAPPY_CONTACT, Begun
from flows.policy import Limits
from flows.situation import Situation

# The command of an entry whose slots or mood mean something to the conversation.
TAKE_ENTRY = "take_entry"


def means_something(entry: Entry) -> bool:
    """To the bot, beyond being shown."""
    return entry.mood is not None or entry.flow in FLOWS


def take_entry(parts: Parts, uow: UnitOfWork, context: Context, situation: Situation) -> Outcome:
    """Take over what was begun there, and remember what to be sorry for. Says nothing."""
    entry = uow.entries.get(EntryId(UUID(str(context.inputs[0].payload["entry_id"]))))
    outcome = Outcome(state=situation.state, effects=())
    if entry is None:
        return outcome
    if entry.flow in FLOWS:
        begun = Begun(flow=str(entry.flow), channel=entry.channel, slots=entry.slots)
        outcome = parts.runner.take_over(situation, begun)
    if entry.mood is not None:
        outcome = replace(outcome, state=replace(outcome.state, slots=_with_mood(parts, uow, entry, outcome)))
    return outcome


def unhappy_at(uow: UnitOfWork, customer_id: CustomerId, now: datetime, limits: Limits) -> datetime | None:
    """When a contact elsewhere went badly: the newest that tells how they felt counts."""
    newest = uow.entries.newest_mood(customer_id, now - limits.mood)
    return newest.occurred_at if newest is not None and newest.mood in BAD_MOODS else None


def _with_mood(parts: Parts, uow: UnitOfWork, entry: Entry, outcome: Outcome) -> dict[str, object]:
    slots = {name: value for name, value in outcome.state.slots.items() if name != UNHAPPY_CONTACT}
    newest = uow.entries.newest_mood(entry.customer_id, entry.occurred_at)
    if newest is not None and newest.id != entry.id:
        # It is told late: how they felt since then counts.
        return dict(outcome.state.slots)
    if entry.mood not in BAD_MOODS:
        return slots
    until = entry.occurred_at + parts.limits.mood
    return {
        **slots,
        UNHAPPY_CONTACT: {
            "channel": entry.channel.value,
            "at": entry.occurred_at.isoformat(),
            "until": until.isoformat(),
        },
    }
