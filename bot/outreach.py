"""Journeys in a turn: what an input means to a customer's runs, and carrying out their steps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot import shop_facts, surveying, wishing
from bot.context import Context
from bot.doing import Doing
from bot.parts import Parts
from context_store.records import (
    Author,
    Cart,
    Customer,
    Direction,
    Enrollment,
    EnrollmentId,
    EnrollmentStatus,
    Message,
    MessageId,
    MessageStatus,
    TemplateUse,
    TimerKind,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.effects import Outcome
from flows.formats import money
from flows.journeys import AskSurvey, Happened, Move, Send, Step, timer_key
from flows.orders import name_items
from flows.planner import choose_address
from flows.policy import TOPICS


def after_message(parts: Parts, uow: UnitOfWork, context: Context) -> list[Step]:
    """They wrote: waits begin anew, and what was about to go out is taken back."""
    if not context.has_runs:
        return []
    runs = uow.enrollments.running(context.customer.id)
    return parts.journeys.after(Happened(has_written=True), runs, context.now) if runs else []


def go_on(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """A run's timer fired, or its message went out or was dropped: the next step."""
    payload = context.inputs[0].payload
    run = uow.enrollments.get(EnrollmentId(UUID(payload["enrollment_id"])))
    steps: list[Step] = []
    if run is not None and payload.get("skipped"):
        journey = parts.journeys.get(run.journey)
        if journey is not None:
            reason = str(payload["skipped"])
            steps = [
                Step(
                    move=Move.EXIT,
                    journey=journey,
                    entry_key=run.entry_key,
                    enrollment=run,
                    reason=reason,
                )
            ]
    elif run is not None:
        steps = parts.journeys.at(run, context.now)
    return Outcome(state=context.conversation.state, effects=tuple(steps))


def take_step(doing: Doing, step: Step) -> None:
    """Do one step of a run. A run that has ended meanwhile is left alone."""
    enrollment = step.enrollment or _run_of(doing, step)
    if step.move is Move.ENROLL:
        _enroll(doing, step)
    elif enrollment is None:
        return
    elif step.move is Move.WAIT:
        _wait(doing, step, enrollment)
    elif step.move is Move.SEND:
        _send(doing, step, enrollment)
    elif step.move is Move.SURVEY:
        _ask_survey(doing, step, enrollment)
    elif step.move is Move.COMPLETE:
        doing.uow.enrollments.move(
            enrollment.id, EnrollmentStatus.COMPLETED, doing.context.now, step=step.step
        )
    elif step.move is Move.EXIT:
        leave(doing, step, enrollment)


def leave(doing: Doing, step: Step, enrollment: Enrollment) -> None:
    """End the run; its timer and whatever it has not sent yet go with it."""
    reason = step.reason or "left"
    doing.uow.enrollments.move(enrollment.id, EnrollmentStatus.EXITED, doing.context.now, reason=reason)
    doing.uow.timers.cancel(enrollment.customer_id, timer_key(step))
    doing.uow.outgoing.take_back(enrollment.id, f"the journey was left: {reason}")


def _run_of(doing: Doing, step: Step) -> Enrollment | None:
    runs = doing.uow.enrollments.running(doing.context.customer.id)
    return next(
        (run for run in runs if run.journey == step.journey.journey and run.entry_key == step.entry_key),
        None,
    )


def _enroll(doing: Doing, step: Step) -> None:
    now = doing.context.now
    doing.uow.enrollments.add(
        Enrollment(
            id=EnrollmentId(new_id()),
            customer_id=shop_facts.owner_of_cart(doing, step.entry_key),
            journey=step.journey.journey,
            version=step.journey.version,
            entry_key=step.entry_key,
            status=EnrollmentStatus.WAITING,
            entered_at=now,
            updated_at=now,
        )
    )


def _wait(doing: Doing, step: Step, enrollment: Enrollment) -> None:
    if step.due_at is None:
        raise ValueError("a wait without an end")
    doing.uow.enrollments.move(enrollment.id, EnrollmentStatus.WAITING, doing.context.now, step=step.step)
    doing.uow.timers.set(
        enrollment.customer_id,
        TimerKind.JOURNEY_STEP,
        timer_key(step),
        step.due_at,
        {"enrollment_id": str(enrollment.id)},
    )


def _send(doing: Doing, step: Step, enrollment: Enrollment) -> None:
    uow, now = doing.uow, doing.context.now
    uow.enrollments.move(enrollment.id, EnrollmentStatus.ACTIVE, now, step=step.step)
    cart = uow.carts.get(enrollment.customer_id, enrollment.entry_key)
    addresses = uow.customers.addresses_of(enrollment.customer_id)
    consents = uow.consents.current(enrollment.customer_id)
    favourite = wishing.favourite_of(doing)
    address = choose_address(addresses, consents, TOPICS[step.journey.purpose], favourite)
    if cart is None or not cart.items or address is None:
        reason = "nowhere to write to" if address is None else "the cart is empty"
        leave(doing, Step(**{**vars(step), "move": Move.EXIT, "reason": reason}), enrollment)
        return
    response = _response_of(step)
    language = doing.context.customer.language or doing.parts.settings.default_language
    values = cart_values(doing.context.customer, cart, language, doing.parts.shop)
    texts = doing.parts.runner.texts
    rendered = texts.render(response, language=language, channel=address.channel, values=values)
    places = tuple(str(values[place]) for place in texts.places(response))
    uow.messages.add(
        Message(
            id=MessageId(new_id()),
            customer_id=address.customer_id,
            address_id=address.id,
            channel=address.channel,
            direction=Direction.OUT,
            author=Author.JOURNEY,
            purpose=step.journey.purpose,
            status=MessageStatus.QUEUED,
            text=rendered.text,
            options=rendered.options,
            dedupe_key=f"journey:{enrollment.id}:{step.step}",
            enrollment_id=enrollment.id,
            template=TemplateUse(response=response, language=language, values=places),
            expires_at=now + timedelta(hours=step.journey.valid_hours),
            created_at=now,
        )
    )


def _ask_survey(doing: Doing, step: Step, enrollment: Enrollment) -> None:
    doing.uow.enrollments.move(enrollment.id, EnrollmentStatus.ACTIVE, doing.context.now, step=step.step)
    asked = step.journey.steps[step.step]
    if not isinstance(asked, AskSurvey):
        raise ValueError(f"step {step.step} of {step.journey.journey} asks nothing")
    surveying.step(doing, asked.survey, enrollment.id)


def _response_of(step: Step) -> str:
    wanted = step.journey.steps[step.step]
    if not isinstance(wanted, Send):
        raise ValueError(f"step {step.step} of {step.journey.journey} sends nothing")
    return wanted.send


def cart_values(customer: Customer, cart: Cart, language: str, shop: Mapping[str, Any]) -> dict[str, str]:
    """What a text about a cart may name."""
    items = [{"name": item.name, "quantity": item.quantity} for item in cart.items]
    return {
        "items": name_items(items, language),
        "total": money(cart.total, cart.currency, language),
        "shop": str(shop["name"]),
        "name": customer.name or "",
    }
