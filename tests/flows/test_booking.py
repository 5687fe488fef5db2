"""What they have said already is not asked for again; what cannot be kept is never said to be."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from context_store.records import AppointmentId, Channel, ConversationState, RunningForm, TakenTime, new_id
from flows.booking_effects import Book
from flows.booking_plan import load_plan
from flows.effects import Outcome, Say
from flows.situation import Situation
from nlu.parsed import FALLBACK, Entity, Parsed
from tests.world import load_runner

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # Monday, 12:00 in Madrid
PLAN = load_plan("Europe/Madrid").model_dump(mode="json")
MINE = {
    "id": str(new_id()),
    "service": "decoration",
    "starts_at": "2026-11-25T10:30:00+00:00",
    "ends_at": "2026-11-25T11:30:00+00:00",
    "status": "booked",
    "seat": 0,
    "source": "chat",
    "reference": None,
}
FACTS: dict[str, Any] = {
    "customer": {"name": "Ana", "timezone": "Europe/Madrid"},
    "shop": {"name": "Casa Luna", "address": "Calle de la Luna 12"},
    "booking": PLAN,
    "taken": [],
    "appointments": [],
}
TAKEN = TakenTime(
    id=AppointmentId(new_id()),
    service="decoration",
    starts_at=datetime(2026, 11, 26, 16, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 26, 17, 0, tzinfo=UTC),
    seat=0,
)


def run(
    text: str,
    intent: str = FALLBACK,
    *,
    state: ConversationState | None = None,
    facts: dict[str, Any] | None = None,
    **entities: str,
) -> Outcome:
    found = tuple(Entity(name=name, value=value, start=0, end=0) for name, value in entities.items())
    parsed = Parsed(text=text, intent=intent, confidence=1.0, language="es", entities=found)
    return load_runner().run(
        Situation(
            state=state or ConversationState(),
            facts={**FACTS, **(facts or {})},
            parsed=parsed,
            language="es",
            channel=Channel.WHATSAPP,
            now=NOW,
        )
    )


def says(outcome: Outcome) -> str:
    return "\n".join(effect.text for effect in outcome.effects if isinstance(effect, Say))


def booked(outcome: Outcome) -> list[Book]:
    return [effect for effect in outcome.effects if isinstance(effect, Book)]


def asked(outcome: Outcome) -> str | None:
    return outcome.state.form.requested_slot if outcome.state.form else None


def test_service_day_and_hour_in_one_breath_lead_straight_to_the_yes() -> None:
    wish = "una asesoría de decoración el jueves a las 5"
    outcome = run(wish, "book_appointment", date="2026-11-26", time="17:00")
    assert asked(outcome) == "booking_ok"
    assert "jueves, 26 de noviembre, 17:00" in says(outcome)
    assert booked(outcome) == [], "nothing is booked before the yes"
    (effect,) = booked(run("sí", "affirm", state=outcome.state))
    assert effect.starts_at == datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
    assert (effect.ends_at - effect.starts_at).total_seconds() == 3600


SAID = [
    # What is taken, what is closed and what is only a part of a day: the question that is left.
    ({"date": "2026-11-26", "time": "17:00"}, "booking_start", "A las 17:00 no queda hueco"),
    ({"date": "2026-11-29"}, "booking_day", "no damos citas"),
    ({"date": "2026-11-20"}, "booking_day", "ya ha pasado"),
    ({"date": "2031-01-01"}, "booking_day", "hasta 45 días"),
    ({"date": "2026-11-26"}, "booking_start", "1. 10:00"),
    ({"date": "some day"}, "booking_day", "¿Qué día"),
    ({"time": "17:00"}, "booking_day", "¿Qué día"),
]


@pytest.mark.parametrize(("entities", "slot", "answer"), SAID)
def test_a_wish_that_cannot_be_is_answered_with_what_can(
    entities: dict[str, Any], slot: str, answer: str
) -> None:
    taken = {
        "id": str(TAKEN.id),
        "service": TAKEN.service,
        "starts_at": TAKEN.starts_at.isoformat(),
        "ends_at": TAKEN.ends_at.isoformat(),
        "seat": 0,
    }
    outcome = run("asesoría de decoración", "book_appointment", facts={"taken": [taken]}, **entities)
    assert asked(outcome) == slot
    shown = says(outcome) + "".join(
        f"{number}. {option.title}" for number, option in enumerate(outcome.state.last_options, 1)
    )
    assert answer in shown


def test_an_hour_that_was_said_first_is_taken_when_the_day_is_known() -> None:
    first = run("asesoría de decoración a las 5", "book_appointment", time="17:00")
    assert asked(run("el jueves", state=first.state, date="2026-11-26")) == "booking_ok"


def at_start(**slots: str) -> ConversationState:
    known = {"booking_service": "decoration", "booking_day": "2026-11-25", **slots}
    return ConversationState(
        slots=known, form=RunningForm(name="booking_form", requested_slot="booking_start")
    )


def test_another_day_may_be_said_where_an_hour_is_asked_for() -> None:
    outcome = run("mejor el viernes a las 12", state=at_start(), date="2026-11-27", time="12:00")
    assert asked(outcome) == "booking_ok"
    assert "viernes, 27 de noviembre, 12:00" in says(outcome)


def test_an_option_of_yesterdays_list_is_no_way_to_a_time_that_is_over() -> None:
    state = at_start()
    outcome = run("x", "inform", state=state, booking_start="2026-11-20T09:00:00+00:00")
    assert asked(outcome) == "booking_start" and "booking_start" not in outcome.state.slots


@pytest.mark.parametrize("said", ["ayer", "99:99", "25", "1e9", "٣:٠٠", ":" * 300])
def test_what_is_no_hour_is_asked_for_again(said: str) -> None:
    outcome = run(said, state=at_start())
    assert asked(outcome) == "booking_start" and booked(outcome) == []


def test_moving_keeps_the_service_and_its_own_time_is_not_in_the_way() -> None:
    own = {name: MINE[name] for name in ("id", "service", "starts_at", "ends_at", "seat")}
    facts = {"appointments": [MINE], "taken": [own]}
    outcome = run("mover mi cita a las 12", "move_appointment", facts=facts, date="2026-11-25", time="12:00")
    assert "La paso a: miércoles, 25 de noviembre, 12:00" in says(outcome)
    (effect,) = booked(run("sí", "affirm", state=outcome.state, facts=facts))
    assert str(effect.appointment_id) == MINE["id"]
    assert effect.moved_from == datetime.fromisoformat(str(MINE["starts_at"]))


def test_what_was_canceled_elsewhere_meanwhile_is_not_moved() -> None:
    outcome = run(
        "mover", "move_appointment", facts={"appointments": [MINE]}, date="2026-11-25", time="12:00"
    )
    after = run("sí", "affirm", state=outcome.state)
    assert booked(after) == [] and "ninguna cita" in says(after)
    assert after.state.form is None and "booking_moves" not in after.state.slots


def test_a_booking_after_a_move_that_was_left_is_a_new_one() -> None:
    facts = {"appointments": [MINE]}
    moving = run("mover", "move_appointment", facts=facts, date="2026-11-25", time="12:00")
    left = run("déjalo", "cancel", state=moving.state, facts=facts)
    new = run("asesoría de decoración", "book_appointment", state=left.state, facts=facts,
              date="2026-11-26", time="12:00")  # fmt: skip
    (effect,) = booked(run("sí", "affirm", state=new.state, facts=facts))
    assert effect.moved_from is None and str(effect.appointment_id) != MINE["id"]


def test_a_shop_without_services_books_nothing_and_offers_a_person() -> None:
    outcome = run("una cita", "book_appointment", facts={"booking": {**PLAN, "services": []}})
    assert asked(outcome) is None
    assert [option.payload for option in outcome.state.last_options] == ["/talk_to_human"]


def test_the_only_service_is_not_asked_for() -> None:
    only = {**PLAN, "services": PLAN["services"][:1]}
    assert asked(run("una cita", "book_appointment", facts={"booking": only})) == "booking_day"


def test_a_button_of_a_reminder_means_the_one_that_was_reminded_of() -> None:
    later = {**MINE, "id": str(new_id()), "starts_at": "2026-12-01T10:00:00+00:00"}
    facts = {"appointments": [MINE, later]}
    state = replace(ConversationState(), slots={"booking_reminded": later["id"]})
    outcome = run("x", "cancel_appointment", state=state, facts=facts, appointment="reminded")
    assert "1 de diciembre" in says(outcome)
    asked_which = run("anular", "cancel_appointment", state=state, facts=facts)
    assert asked(asked_which) is None and len(asked_which.state.last_options) == 2


AWAY = {"customer": {"name": "Ana", "timezone": "America/Argentina/Buenos_Aires"}}  # four hours behind


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("a las 12", "16:00 (12:00 en Buenos Aires)"),  # both clocks have it free: theirs
        ("a las 17", "17:00 (13:00 en Buenos Aires)"),  # theirs is after closing time
        ("a las 8", "12:00 (08:00 en Buenos Aires)"),
    ],
)
def test_an_hour_is_read_on_their_clock_and_both_are_named(said: str, start: str) -> None:
    outcome = run(said, state=at_start(), facts=AWAY, time=said.removeprefix("a las ").zfill(2) + ":00")
    assert asked(outcome) == "booking_ok"
    assert start in says(outcome)


def test_another_day_keeps_the_hour_whatever_the_clock() -> None:
    first = run("a las 12", state=at_start(), facts=AWAY, time="12:00")
    other = run("mejor el viernes", state=first.state, facts=AWAY, date="2026-11-27")
    assert "viernes, 27 de noviembre, 16:00 (12:00 en Buenos Aires)" in says(other)
    again = run("a las 12", state=other.state, facts=AWAY, time="12:00")
    assert "16:00 (12:00 en Buenos Aires)" in says(again), "that is the very time"


def test_the_number_of_an_option_is_no_hour() -> None:
    first = run("a las 12", state=at_start(), time="12:00")
    assert len(booked(run("1", "inform", state=first.state, booking_ok="yes"))) == 1
