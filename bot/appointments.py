"""Appointments in a turn: taking a place before somebody else does, reminders, and what shops tell of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.context import Context
from bot.doing import Doing
from bot.parts import Parts
from context_store.records import (
    STANDING,
    Address,
    AddressStatus,
    Appointment,
    AppointmentId,
    AppointmentStatus,
    Author,
    Consent,
    ConsentStatus,
    CustomerId,
    Direction,
    Event,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    TemplateUse,
    TimerKind,
    Topic,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.appointments_told import tell_appointment
from flows.booking_effects import Book, CancelAppointment, ConfirmAppointment, Remind
from flows.booking_words import values_of
from flows.effects import Outcome
from flows.planner import by_preference
from flows.policy import consent_for, has_opted_out

# By how the appointment stands: who has said that they come is not asked again.
REMINDERS = {
    AppointmentStatus.BOOKED: "utter_appointment_reminder",
    AppointmentStatus.CONFIRMED: "utter_appointment_soon",
}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One of an appointment's reminders."""

    name: str
    before: timedelta
    # It is of no use any more when the appointment is as near as this.
    until: timedelta


# The first gives way to the second, so that never two go out together after a night.
NOTICES = (
    Notice(name="24h", before=timedelta(hours=24), until=timedelta(hours=2)),
    Notice(name="2h", before=timedelta(hours=2), until=timedelta()),
)


def claim(uow: UnitOfWork, context: Context, outcome: Outcome) -> bool:
    """Take the place that the outcome books. False, and nothing is written, when somebody was quicker."""
    return all(_take(uow, context, effect) for effect in outcome.effects if isinstance(effect, Book))


def _take(uow: UnitOfWork, context: Context, effect: Book) -> bool:
    customer_id, appointment_id = context.profile_id, AppointmentId(effect.appointment_id)
    if effect.moved_from is None:
        appointment = Appointment(
            id=appointment_id,
            customer_id=customer_id,
            service=effect.service,
            starts_at=effect.starts_at,
            ends_at=effect.ends_at,
            source="chat",
            created_at=context.now,
            changed_at=context.now,
        )
        return uow.appointments.book(appointment, effect.capacity)
    before = uow.appointments.get(customer_id, appointment_id)
    if before is None or before.status not in STANDING:
        return False
    moved = replace(
        before,
        starts_at=effect.starts_at,
        ends_at=effect.ends_at,
        status=AppointmentStatus.BOOKED,
        changed_at=context.now,
    )
    return uow.appointments.move(moved, effect.capacity)


def follow_booking(doing: Doing, effect: Book) -> None:
    """The place is taken (`claim`): its reminders are set, those of the time before are gone."""
    appointment_id = AppointmentId(effect.appointment_id)
    if effect.moved_from is not None:
        withdraw(doing.uow, doing.context.customer.id, appointment_id, effect.moved_from)
    set_reminders(doing.uow, doing.context.customer.id, appointment_id, effect.starts_at, doing.context.now)


def confirm(doing: Doing, effect: ConfirmAppointment) -> None:
    doing.uow.appointments.set_status(
        doing.context.customer.id,
        AppointmentId(effect.appointment_id),
        AppointmentStatus.CONFIRMED,
        doing.context.now,
    )


def cancel(doing: Doing, effect: CancelAppointment) -> None:
    customer_id, appointment_id = doing.context.customer.id, AppointmentId(effect.appointment_id)
    doing.uow.appointments.set_status(
        customer_id, appointment_id, AppointmentStatus.CANCELED, doing.context.now
    )
    withdraw(doing.uow, customer_id, appointment_id, effect.starts_at)


def set_reminders(
    uow: UnitOfWork,
    customer_id: CustomerId,
    appointment_id: AppointmentId,
    starts_at: datetime,
    now: datetime,
) -> None:
    """As timers. Whose moment has passed already is not set: who books for in an hour knows."""
    payload = {"appointment_id": str(appointment_id), "starts_at": starts_at.isoformat()}
    for notice in NOTICES:
        due_at, key = starts_at - notice.before, _timer_key(appointment_id, notice)
        if due_at > now:
            uow.timers.set(customer_id, TimerKind.REMINDER, key, due_at, {**payload, "which": notice.name})
        else:
            uow.timers.cancel(customer_id, key)


def withdraw(
    uow: UnitOfWork, customer_id: CustomerId, appointment_id: AppointmentId, starts_at: datetime
) -> None:
    """Neither a timer nor a message that waits for the morning speaks of that time any more."""
    for notice in NOTICES:
        uow.timers.cancel(customer_id, _timer_key(appointment_id, notice))
    keys = [_message_key(appointment_id, starts_at, notice.name) for notice in NOTICES]
    uow.outgoing.withdraw(keys, "the appointment was moved or canceled")


def is_reminder(payload: Mapping[str, Any]) -> bool:
    return payload.get("kind") == TimerKind.REMINDER and "appointment_id" in payload


def remind(uow: UnitOfWork, context: Context) -> Outcome:
    """A reminder is due: it is said if the appointment still stands at that time."""
    payload, state = context.inputs[0].payload, context.conversation.state
    appointment_id = AppointmentId(UUID(payload["appointment_id"]))
    appointment = uow.appointments.get(context.customer.id, appointment_id)
    if (
        appointment is None
        or appointment.status not in STANDING
        or appointment.starts_at != datetime.fromisoformat(payload["starts_at"])
        or appointment.starts_at <= context.now
    ):
        return Outcome(state=state, effects=())
    # Its buttons are the same for everybody: which one they mean is kept here.
    slots = {**state.slots, "booking_reminded": str(appointment_id)}
    effect = Remind(appointment=appointment, which=str(payload["which"]))
    return Outcome(state=replace(state, slots=slots), effects=(effect,))


def send_reminder(doing: Doing, effect: Remind) -> None:
    """On the channel used last if it reaches them; nothing where none does."""
    uow, context, parts = doing.uow, doing.context, doing.parts
    address = _address(uow, context)
    if address is None:
        return
    appointment = effect.appointment
    language = context.customer.language or parts.settings.default_language
    values = _values(parts, context, appointment, language)
    texts, response = parts.runner.texts, REMINDERS[appointment.status]
    rendered = texts.render(response, language=language, channel=address.channel, values=values)
    places = tuple(values[place] for place in texts.places(response))
    notice = next(notice for notice in NOTICES if notice.name == effect.which)
    uow.messages.add(
        Message(
            id=MessageId(new_id()),
            customer_id=address.customer_id,
            address_id=address.id,
            channel=address.channel,
            direction=Direction.OUT,
            author=Author.JOURNEY,
            purpose=Purpose.TRANSACTIONAL,
            status=MessageStatus.QUEUED,
            text=rendered.text,
            options=rendered.options,
            dedupe_key=_message_key(appointment.id, appointment.starts_at, notice.name),
            template=TemplateUse(response=response, language=language, values=places),
            expires_at=appointment.starts_at - notice.until,
            created_at=context.now,
        )
    )


def learn(parts: Parts, uow: UnitOfWork, event: Event, now: datetime) -> None:
    """What the shop's own system says of an appointment: it stands beside those made in chat."""
    reference = str(event.properties.get("appointment_id") or "")[:120]
    known = uow.appointments.told_by(event.source, reference) if reference else None
    if known is not None and known.customer_id not in uow.customers.family(event.customer_id):
        return
    told = tell_appointment(event, known, parts.booking)
    if told is None:
        return
    service = parts.booking.service(told.service)
    capacity = service.capacity if service else 0
    if not uow.appointments.learn(told, capacity, is_new=known is None):
        return
    if known is not None and (told.starts_at != known.starts_at or told.status not in STANDING):
        withdraw(uow, told.customer_id, told.id, known.starts_at)
    if told.status in STANDING:
        set_reminders(uow, told.customer_id, told.id, told.starts_at, now)


def _values(parts: Parts, context: Context, appointment: Appointment, language: str) -> dict[str, str]:
    plan = parts.booking.model_dump(mode="json")
    timezone = context.customer.timezone or parts.settings.default_timezone
    words = values_of(plan, appointment.service, appointment.starts_at, language, timezone)
    return {**words, "shop": str(parts.shop["name"]), "address": str(parts.shop["address"])}


def _address(uow: UnitOfWork, context: Context) -> Address | None:
    consents = uow.consents.current(context.customer.id)
    others = by_preference(uow.customers.addresses_of(context.customer.id))
    candidates = [context.address, *others] if context.address else others
    return next((address for address in candidates if _may_be_told(address, consents)), None)


def _may_be_told(address: Address, consents: list[Consent]) -> bool:
    line = consent_for(consents, address.channel, Topic.TRANSACTIONAL)
    has_refused = line is not None and line.status is ConsentStatus.OPTED_OUT
    is_stopped = has_refused or has_opted_out(consents, address.channel)
    return address.status is AddressStatus.REACHABLE and not is_stopped


def _timer_key(appointment_id: AppointmentId, notice: Notice) -> str:
    return f"appointment:{appointment_id}:{notice.name}"


def _message_key(appointment_id: AppointmentId, starts_at: datetime, which: str) -> str:
    return f"appointment:{appointment_id}:{int(starts_at.timestamp())}:{which}"
