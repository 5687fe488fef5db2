"""Two threads and two ledgers of one person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from context_store.joining import Pointer, as_one, join_consents, join_states, take_apart
from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    ConversationState,
    Customer,
    CustomerId,
    Option,
    RunningForm,
    Topic,
    new_id,
)

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
A, B, C = (CustomerId(new_id()) for _ in range(3))
IN, OUT, PAUSED, LIMITED = (
    ConsentStatus.OPTED_IN,
    ConsentStatus.OPTED_OUT,
    ConsentStatus.PAUSED,
    ConsentStatus.LIMITED,
)
BOOKING = RunningForm(name="booking_form", requested_slot="day", failed_answers=1)
RETURNS = RunningForm(name="return_form", requested_slot="reason", failed_answers=2)


def line(whose: CustomerId, status: ConsentStatus, minute: int, per_week: int | None = None) -> Consent:
    return Consent(
        customer_id=whose,
        channel=Channel.SMS,
        topic=Topic.ALL,
        status=status,
        method="keyword",
        per_week=per_week,
        created_at=NOW + timedelta(minutes=minute),
    )


def joined(merged: CustomerId, into: CustomerId, minute: int) -> Pointer:
    return Pointer(merged=merged, into=into, at=NOW + timedelta(minutes=minute))


LEDGERS = {
    "a STOP of either counts": ([line(A, OUT, 1), line(B, IN, 2)], [joined(B, A, 5)], OUT),
    "whoever said it": ([line(A, IN, 1), line(B, OUT, 2)], [joined(B, A, 5)], OUT),
    "a pause is stricter than a limit": (
        [line(A, PAUSED, 1), line(B, LIMITED, 2, 1)],
        [joined(B, A, 5)],
        PAUSED,
    ),
    "each one's newest line is compared": (
        [line(A, OUT, 1), line(A, IN, 2), line(B, IN, 3)],
        [joined(B, A, 5)],
        IN,
    ),
    "what they say as one person counts": ([line(A, OUT, 1), line(B, IN, 7)], [joined(B, A, 5)], IN),
    "of either": ([line(A, IN, 1), line(B, IN, 2), line(B, OUT, 7)], [joined(B, A, 5)], OUT),
    "a third who is joined later is compared with what counted by then": (
        [line(A, OUT, 1), line(C, OUT, 2), line(B, IN, 7)],
        [joined(B, A, 5), joined(C, A, 9)],
        OUT,
    ),
    "a chain": (
        [line(A, IN, 1), line(B, IN, 2), line(C, OUT, 3)],
        [joined(C, B, 5), joined(B, A, 6)],
        OUT,
    ),
    "one who never said anything": ([line(B, IN, 2)], [joined(B, A, 5)], IN),
}


@pytest.mark.parametrize(("lines", "pointers", "counts"), LEDGERS.values(), ids=LEDGERS)
def test_of_two_consents_the_stricter_counts_until_they_speak_as_one(
    lines: list[Consent], pointers: list[Pointer], counts: ConsentStatus
) -> None:
    (found,) = join_consents(lines, pointers)
    assert found.status is counts


def test_each_channel_and_topic_is_compared_by_itself() -> None:
    elsewhere = replace(line(B, IN, 2), channel=Channel.WHATSAPP)
    found = join_consents([line(A, OUT, 1), elsewhere], [joined(B, A, 5)])
    assert [(one.channel, one.status) for one in found] == [(Channel.SMS, OUT), (Channel.WHATSAPP, IN)]
    assert join_consents([], [joined(B, A, 5)]) == []


def test_the_survivors_form_goes_on_and_the_other_ones_is_set_aside() -> None:
    kept = ConversationState(form=BOOKING, slots={"day": "monday"})
    other = ConversationState(form=RETURNS, slots={"day": "friday", "reason": "broken"})
    state = join_states(kept, other)
    assert state.form == BOOKING
    assert state.interrupted == (replace(RETURNS, failed_answers=0),)
    assert state.slots == {"day": "monday", "reason": "broken"}


def test_where_nothing_runs_the_other_ones_form_goes_on_with_its_options() -> None:
    options = (Option(title="Yes", payload="/affirm"),)
    state = join_states(ConversationState(), ConversationState(form=RETURNS, last_options=options))
    assert (state.form, state.interrupted, state.last_options) == (RETURNS, (), options)


def test_the_same_form_is_not_offered_twice() -> None:
    state = join_states(ConversationState(form=BOOKING), ConversationState(form=BOOKING))
    assert (state.form, state.interrupted) == (BOOKING, ())


def test_apart_again_the_state_is_as_it_was_if_nothing_has_happened_since() -> None:
    before = ConversationState(slots={"day": "monday"})
    after = join_states(before, ConversationState(form=RETURNS, slots={"reason": "broken"}))
    assert take_apart(after, before, after) == before


def test_apart_again_what_has_happened_since_stays_without_the_forms_of_the_other() -> None:
    before = ConversationState()
    after = join_states(before, ConversationState(form=RETURNS, interrupted=(BOOKING,)))
    now = replace(after, slots={"name": "Ana"}, last_options=(Option(title="Yes", payload="/affirm"),))
    assert take_apart(now, before, after) == ConversationState(slots={"name": "Ana"})


def test_what_only_the_other_knows_of_themselves_is_known() -> None:
    ana = Customer(id=A, name="Ana", language="es", created_at=NOW)
    other = Customer(
        id=B, name="A. R.", language="pt", is_language_chosen=True, timezone="America/Lima", created_at=NOW
    )
    known = as_one(ana, [other])
    assert (known.id, known.name, known.timezone) == (A, "Ana", "America/Lima")
    assert (known.language, known.is_language_chosen) == ("pt", True)
