"""What becomes of two threads and two ledgers when their owners turn out to be one person. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    Conversation,
    ConversationState,
    Customer,
    CustomerId,
    RunningForm,
    Topic,
)

# As many as a turn keeps.
MOST_SET_ASIDE = 3
MOST_ANSWERS = 100
STRICTEST_FIRST = (
    ConsentStatus.OPTED_OUT,
    ConsentStatus.PAUSED,
    ConsentStatus.LIMITED,
    ConsentStatus.OPTED_IN,
)
# The further a person has got with a thread, the more it is theirs.
HOLDING = (Controller.BOT, Controller.QUEUE, Controller.AGENT)


def join_states(kept: ConversationState, other: ConversationState) -> ConversationState:
    """The survivor's thread goes on as it stands.

    What ran in the other one goes on if nothing ran here; else it is set aside, and offered like any
    form that was interrupted.
    """
    form = kept.form or other.form
    took_over = kept.form is None and other.form is not None
    set_aside = () if took_over or other.form is None else (replace(other.form, failed_answers=0),)
    answered = sorted((*kept.answered_at, *other.answered_at))[-MOST_ANSWERS:]
    return replace(
        kept,
        slots={**other.slots, **kept.slots},
        form=form,
        interrupted=_set_aside((*other.interrupted, *set_aside, *kept.interrupted), form),
        finished=kept.finished or other.finished,
        last_options=other.last_options if took_over else kept.last_options,
        last_said=other.last_said if took_over else kept.last_said,
        answered_at=tuple(answered),
    )


def _set_aside(forms: Sequence[RunningForm], running: RunningForm | None) -> tuple[RunningForm, ...]:
    """Each once, the newest of it: nobody is offered the same form twice."""
    newest = {form.name: form for form in forms if running is None or form.name != running.name}
    return tuple(newest.values())[-MOST_SET_ASIDE:]


def take_apart(
    now: ConversationState, before: ConversationState, after: ConversationState
) -> ConversationState:
    """The survivor's state without the other: as it was, where nothing has happened since.

    Else it stays as it is, without the forms that came from the other one.
    """
    if now == after:
        return before
    own = {form.name for form in (before.form, *before.interrupted) if form}
    came = {form.name for form in (after.form, *after.interrupted) if form} - own
    is_foreign = now.form is not None and now.form.name in came
    return replace(
        now,
        form=None if is_foreign else now.form,
        last_options=() if is_foreign else now.last_options,
        interrupted=tuple(form for form in now.interrupted if form.name not in came),
    )


def stronger(kept: Conversation, other: Conversation) -> Conversation:
    """Whose hold on the thread stays: a person at it before one who is asked for, before the bot."""
    return other if HOLDING.index(other.controller) > HOLDING.index(kept.controller) else kept


def as_one(survivor: Customer, merged: Iterable[Customer]) -> Customer:
    """The survivor, with what only the others know of themselves. For reading: it is not kept so."""
    known = survivor
    for other in merged:
        points = known.loyalty_points if known.loyalty_points is not None else other.loyalty_points
        is_theirs = known.loyalty_points is None and other.loyalty_points is not None
        takes_language = known.language is None or (other.is_language_chosen and not known.is_language_chosen)
        known = replace(
            known,
            name=known.name or other.name,
            language=(other.language or known.language) if takes_language else known.language,
            is_language_chosen=known.is_language_chosen or other.is_language_chosen,
            timezone=known.timezone or other.timezone,
            country=known.country or other.country,
            loyalty_points=points,
            loyalty_expires_at=other.loyalty_expires_at if is_theirs else known.loyalty_expires_at,
        )
    return known


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """Who was joined to whom, and when."""

    merged: CustomerId
    into: CustomerId
    at: datetime


Kept = dict[tuple[Channel, Topic], Consent]


def join_consents(lines: Sequence[Consent], pointers: Sequence[Pointer]) -> list[Consent]:
    """What counts for the person: the newest line, where they have said something as one person.

    Before that the stricter of the two: a STOP to either is a STOP. `lines` in the ledger's order.
    """
    ledgers: dict[CustomerId, Kept] = {}
    group: dict[CustomerId, CustomerId] = {}

    def end_of(profile: CustomerId) -> CustomerId:
        while profile in group:
            profile = group[profile]
        return profile

    def join(pointer: Pointer) -> None:
        into, merged = end_of(pointer.into), end_of(pointer.merged)
        if into != merged:
            ledgers[into] = _stricter(ledgers.get(into, {}), ledgers.pop(merged, {}))
            group[merged] = into

    waiting = sorted(pointers, key=lambda pointer: pointer.at)
    for line in sorted(lines, key=lambda line: line.created_at):
        while waiting and waiting[0].at < line.created_at:
            join(waiting.pop(0))
        ledgers.setdefault(end_of(line.customer_id), {})[(line.channel, line.topic)] = line
    for pointer in waiting:
        join(pointer)
    nothing: Kept = {}
    found = reduce(_stricter, ledgers.values(), nothing)
    order = {id(line): place for place, line in enumerate(lines)}
    return sorted(found.values(), key=lambda line: order[id(line)])


def _stricter(one: Kept, other: Kept) -> Kept:
    joined = dict(one)
    for about, line in other.items():
        joined[about] = min(joined.get(about, line), line, key=_laxness)
    return joined


def _laxness(line: Consent) -> tuple[int, float, float]:
    """Between two of one kind: the longer pause, the lower limit."""
    until = -line.until.timestamp() if line.until else 0.0
    return STRICTEST_FIRST.index(line.status), until, float(line.per_week or 0)
