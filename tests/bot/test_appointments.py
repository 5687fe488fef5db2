"""Appointments in the whole bot: two who want the same hour, and reminders that are true when they go out."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import appointments
from context_store.records import (
    AppointmentStatus,
    Channel,
    Consent,
    ConsentStatus,
    Message,
    MessageStatus,
    Purpose,
    TimerKind,
    Topic,
    Verdict,
)
from tests.bot.booking import appointments_of, at
from tests.bot.helpers import at_once
from tests.bot.test_events import post
from tests.world import World

ANA, LUIS = "+34600000001", "+34600000002"
QUICKER = "alguien acaba de quedarse con esa hora"


def book(world: World, phone: str = ANA, day: str = "miércoles", time: str = "11:30") -> list[str]:
    """Up to and with the yes, by SMS; the last answers."""
    ask(world, phone, day, time)
    return world.says(phone, "1")


def ask(world: World, phone: str, day: str, time: str) -> None:
    for said in ("quiero una cita", "1", day):
        world.says(phone, said)
    (asked,) = world.says(phone, time)
    assert "¿Lo reservo?" in asked


def reminders(world: World, phone: str = ANA) -> list[Message]:
    return [message for message in world.thread(phone) if message.purpose is Purpose.TRANSACTIONAL]


def timers(world: World, phone: str = ANA) -> list[datetime]:
    with world.database.read() as uow:
        waiting = uow.timers.waiting(world.customer_id(phone))
    return [timer.due_at for timer in waiting if timer.kind is TimerKind.REMINDER]


def go_to(world: World, moment: datetime) -> list[str]:
    """The clock is there, and ticks; the texts that went out."""
    world.clock.moment = moment
    return [sent.body for sent in world.tick()]


def live_in(world: World, phone: str, timezone: str) -> None:
    """Their zone is known: else the hour has to be decent on the Canary Islands too."""
    with world.database.write() as uow:
        uow.customers.save(replace(world.customer(phone), timezone=timezone))
        uow.commit()


def test_of_two_who_say_yes_at_once_one_gets_it_and_the_other_is_told(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = postgres_world
    for phone in (ANA, LUIS):
        ask(world, phone, "miércoles", "11:30")
    both_have_decided, claim = threading.Barrier(2, timeout=10), appointments.claim
    waited = threading.local()

    def claim_together(*given: Any) -> bool:
        if not getattr(waited, "is_over", False):
            waited.is_over = True
            both_have_decided.wait()
        return claim(*given)

    monkeypatch.setattr(appointments, "claim", claim_together)
    for phone in (ANA, LUIS):
        world.receive(phone, "1")
    world.bell.turns.clear()
    take = world.house.turns.take
    ids = [world.customer_id(phone) for phone in (ANA, LUIS)]
    at_once([lambda who=who: take(who) for who in ids])  # type: ignore[misc]
    booked = [appointments_of(world, phone) for phone in (ANA, LUIS)]
    assert sorted(len(one) for one in booked) == [0, 1]
    answers = [sent.body for sent in world.work()]
    assert [("Reservado" in text, QUICKER in text) for text in sorted(answers)] == [
        (True, False),
        (False, True),
    ]
    (loser,) = [text for text in answers if QUICKER in text]
    assert "11:30" not in loser and "13:00" in loser, "what is left is offered at once"


def test_a_yes_that_comes_late_is_told_who_was_quicker(world: World) -> None:
    ask(world, ANA, "miércoles", "11:30")
    book(world, LUIS)
    (answer,) = world.says(ANA, "1")
    assert QUICKER in answer
    assert appointments_of(world, ANA) == []


def test_both_reminders_go_out_and_the_second_asks_no_more_who_has_confirmed(world: World) -> None:
    book(world)
    live_in(world, ANA, "Europe/Madrid")
    assert timers(world) == [at("2026-11-24", "11:30"), at("2026-11-25", "09:30")]
    (first,) = go_to(world, at("2026-11-24", "11:30"))
    assert "recordatorio de tu cita" in first and "1. Confirmar" in first
    assert "Confirmado" in world.says(ANA, "1")[0]
    assert appointments_of(world, ANA)[0].status is AppointmentStatus.CONFIRMED
    (second,) = go_to(world, at("2026-11-25", "09:30"))
    assert "nos vemos pronto" in second and "Confirmar" not in second
    assert go_to(world, at("2026-11-25", "12:00")) == []


def test_who_books_for_soon_is_reminded_of_it_once_or_not_at_all(sqlite_world: World) -> None:
    book(sqlite_world, ANA, "lunes", "18:00")
    assert timers(sqlite_world) == [at("2026-11-23", "16:00")]
    sqlite_world.clock.moment = at("2026-11-23", "15:59")
    book(sqlite_world, LUIS, "lunes", "19:00")
    assert timers(sqlite_world, LUIS) == [at("2026-11-23", "17:00")]


def test_moved_it_is_reminded_of_at_the_new_time_only(world: World) -> None:
    book(world)
    for said in ("cambiar mi cita", "viernes", "12:00"):
        world.says(ANA, said)
    assert "Cambiada" in world.says(ANA, "1")[0]
    assert timers(world) == [at("2026-11-26", "12:00"), at("2026-11-27", "10:00")]
    assert go_to(world, at("2026-11-25", "20:00")) == []
    assert "viernes, 27 de noviembre, 12:00" in go_to(world, at("2026-11-26", "12:00"))[0]


def test_canceled_it_is_not_reminded_of_even_by_what_waits_for_the_morning(world: World) -> None:
    book(world, ANA, "miércoles", "10:00")
    live_in(world, ANA, "America/New_York")
    assert go_to(world, at("2026-11-24", "10:00")) == [], "four in the morning in New York"
    (held,) = reminders(world)
    assert (held.status, held.reason) == (MessageStatus.HELD, "quiet hours where they are")
    world.says(ANA, "anular mi cita")
    assert "cita anulada" in world.says(ANA, "1")[0]
    assert go_to(world, at("2026-11-24", "18:00")) == []
    (dropped,) = reminders(world)
    assert (dropped.status, dropped.reason) == (
        MessageStatus.SKIPPED,
        "the appointment was moved or canceled",
    )
    assert timers(world) == []


def test_what_the_night_held_goes_out_in_the_morning(sqlite_world: World) -> None:
    world = sqlite_world
    book(world, ANA, "miércoles", "17:00")
    live_in(world, ANA, "America/Los_Angeles")
    assert go_to(world, at("2026-11-24", "17:00")) == [], "eight in the morning there"
    assert len(go_to(world, at("2026-11-24", "18:00"))) == 1
    assert reminders(world)[0].expires_at == at("2026-11-25", "15:00"), "then the second one speaks"
    assert go_to(world, at("2026-11-25", "15:00")) == [], "six in the morning there"
    assert go_to(world, at("2026-11-25", "17:00")) == [], "they are here already, or never will be"
    assert go_to(world, at("2026-11-25", "18:30")) == []
    assert reminders(world)[-1].status is MessageStatus.SKIPPED
    with world.database.read() as uow:
        newest = uow.decisions.newest(world.customer_id(ANA))[0]
    assert (newest.verdict, newest.strictest.rule) == (Verdict.SKIP, "still_wanted")


def test_outside_whatsapps_window_it_is_a_template_that_is_the_same_for_everybody(world: World) -> None:
    for phone in (ANA, LUIS):
        for said in ("quiero una cita", "2", "viernes", "10:00", "1"):
            world.says(f"whatsapp:{phone}", said)
    world.channel.contents.clear()
    world.clock.moment = at("2026-11-26", "10:00")
    sent = world.tick()
    assert len(sent) == 2 and all(message.content_sid for message in sent)
    (template,) = world.channel.contents
    assert (template.category, template.name) == ("UTILITY", "appointment_reminder_es")
    assert "Taller de velas" in sent[0].variables
    (answer,) = world.says(f"whatsapp:{LUIS}", "Confirmar", ButtonPayload="/confirm_appointment")
    assert "Confirmado" in answer
    assert [appointments_of(world, phone)[0].status.value for phone in (ANA, LUIS)] == ["booked", "confirmed"]


def test_it_goes_where_they_have_not_said_stop(sqlite_world: World) -> None:
    world = sqlite_world
    world.says(f"whatsapp:{ANA}", "hola")
    book(world)
    world.says(ANA, "STOP")
    assert len(go_to(world, at("2026-11-24", "11:30"))) == 1
    assert reminders(world)[0].channel is Channel.WHATSAPP
    refused = Consent(
        customer_id=world.customer_id(ANA),
        channel=Channel.WHATSAPP,
        topic=Topic.TRANSACTIONAL,
        status=ConsentStatus.OPTED_OUT,
        method="form",
        created_at=world.clock.now(),
    )
    with world.database.write() as uow:
        uow.consents.add(refused)
        uow.commit()
    assert go_to(world, at("2026-11-25", "10:00")) == []
    assert len(reminders(world)) == 1


def test_one_customer_cannot_fill_the_calendar(sqlite_world: World) -> None:
    for time in ("10:00", "11:00", "12:00", "13:00", "17:00"):
        book(sqlite_world, ANA, "miércoles", time)
        # Not as quick as a bot.
        sqlite_world.clock.forward(minutes=5)
    assert "varias citas por delante" in sqlite_world.says(ANA, "quiero una cita")[0]
    assert len(appointments_of(sqlite_world, ANA)) == 5


def tell(world: World, number: str, event: str, **properties: Any) -> None:
    at_time = {"timestamp": world.clock.now().isoformat()}
    told = {"userId": "u1", "messageId": number, "event": event, "properties": properties, **at_time}
    assert post(world, "track", told).status_code == 200
    world.work()


def test_what_the_shops_own_system_books_is_taken_here_too(world: World) -> None:
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": ANA}})
    moment = {"starts_at": "2026-11-25T11:30:00+01:00"}
    tell(world, "e1", "Appointment Booked", appointment_id="A1", service="decoration", **moment)
    for said in ("quiero una cita", "1", "miércoles"):
        world.says(LUIS, said)
    assert "A las 11:30 no queda hueco" in world.says(LUIS, "11:30")[0]
    tell(world, "e2", "Appointment Canceled", appointment_id="A1")
    assert "¿Lo reservo?" in world.says(LUIS, "11:30")[0]
    assert timers(world, ANA) == []


WRONG: list[dict[str, Any]] = [
    {},
    {"appointment_id": "A1"},
    {"appointment_id": "A1", "service": "decoration"},
    {"appointment_id": "A1", "service": "decoration", "starts_at": "tomorrow"},
    {"appointment_id": "A1", "service": "decoration", "starts_at": "2026-11-25T11:30:00"},
    {"appointment_id": "A1", "service": "decoration", "starts_at": "0001-01-01T00:00:00+14:00"},
    {"appointment_id": ["A1"], "service": {"a": 1}, "starts_at": 7},
]


@pytest.mark.parametrize("properties", WRONG)
def test_what_tells_no_appointment_is_passed_over(sqlite_world: World, properties: dict[str, Any]) -> None:
    post(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": ANA}})
    tell(sqlite_world, "e1", "Appointment Booked", **properties)
    assert appointments_of(sqlite_world, ANA) == []
    with sqlite_world.database.read() as uow:
        assert uow.inputs.waiting(sqlite_world.customer_id(ANA)) == []


def test_an_older_fact_of_the_shop_changes_nothing(sqlite_world: World) -> None:
    world = sqlite_world
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": ANA}})
    first, second = "2026-11-25T11:30:00+01:00", "2026-11-26T12:00:00+01:00"
    tell(world, "e1", "Appointment Booked", appointment_id="A1", service="decoration", starts_at=second)
    world.clock.moment -= timedelta(hours=1)
    tell(world, "e2", "Appointment Updated", appointment_id="A1", starts_at=first)
    assert [one.starts_at for one in appointments_of(world, ANA)] == [datetime.fromisoformat(second)]
