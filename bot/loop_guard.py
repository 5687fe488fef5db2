"""Two bots that answer one another are stopped: so many answers to one customer, and then silence. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from context_store.records import ConversationState
from flows.effects import Outcome, Say


def limited(
    outcome: Outcome, before: ConversationState, now: datetime, *, most: int, seconds: float
) -> Outcome | None:
    """The outcome with the answer counted; None when it would be one too many and must not be given."""
    if not any(isinstance(effect, Say) for effect in outcome.effects):
        return outcome
    since = now - timedelta(seconds=seconds)
    recent = tuple(moment for moment in before.answered_at if moment > since)
    if len(recent) >= most:
        return None
    return replace(outcome, state=replace(outcome.state, answered_at=(*recent, now)))


def silenced(outcome: Outcome, before: ConversationState, *, is_keyword: bool) -> Outcome:
    """Nothing is said, and nothing is remembered: the next message starts from where this one did.

    A STOP is a STOP in a loop too.
    """
    kept = tuple(effect for effect in outcome.effects if is_keyword and not isinstance(effect, Say))
    return Outcome(state=before, effects=kept)
