"""Carries out what a turn decided, through the unit of work: state, messages to say, timers, consents."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from mimetypes import guess_type
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_precision

from bot import answer_deeds, appointments, outreach, shop_facts, surveying, wishes, wishing
from bot.context import Context
from bot.doing import Doing
from bot.parts import Parts
from context_store.records import (
    Address,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    Delivery,
    Direction,
    Event,
    EventId,
    Input,
    Media,
    Message,
    MessageId,
    MessageStatus,
    TeamId,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows import booking_effects, shopping
from flows import effects as wanted
from flows.effects import Outcome, Say
from flows.journeys import Happened, Step
from handoff import desk


def carry_out(parts: Parts, uow: UnitOfWork, context: Context, outcome: Outcome) -> None:
    """Write everything; commit nothing. Raises `KeyError` on an effect that nobody carries out."""
    doing = Doing(parts=parts, uow=uow, context=context)
    for effect in outcome.effects:
        if not isinstance(effect, Say):
            DEEDS[type(effect)](doing, effect)
    said = together([effect for effect in outcome.effects if isinstance(effect, Say)])
    for index, message in enumerate(said):
        _say(uow, context, message, index)
    uow.conversations.save(
        replace(
            context.conversation,
            state=outcome.state,
            last_address_id=context.address.id if context.address else None,
            updated_at=context.now,
        )
    )


def together(messages: list[Say]) -> list[Say]:
    """One answer is one message: neighbours of one purpose are joined, the last options are kept."""
    joined: list[Say] = []
    for message in messages:
        if joined and joined[-1].purpose == message.purpose and not joined[-1].options:
            text = f"{joined[-1].text}\n\n{message.text}"
            joined[-1] = replace(message, text=text, image=message.image or joined[-1].image)
        else:
            joined.append(message)
    return joined


def channel_of(context: Context) -> Channel:
    return context.address.channel if context.address else Channel.WHATSAPP


def park(parts: Parts, uow: UnitOfWork, entry: Input, now: datetime) -> None:
    """Set the poison aside for staff and tell the customer; the rest of the thread goes on."""
    why = f"{entry.crash_count} crashes, {entry.failed_count} failures"
    if not uow.inputs.park(entry.number, why, now):
        return
    customer = uow.customers.get(entry.customer_id)
    written = uow.messages.get(MessageId(entry.message_id)) if entry.message_id else None
    address = uow.customers.address(written.address_id) if written and written.address_id else None
    if customer is None or address is None:
        return
    language = customer.language or parts.settings.default_language
    rendered = parts.runner.texts.render(
        "utter_could_not_handle", language=language, channel=address.channel, values={}
    )
    uow.messages.add(
        _outgoing(address, Say(text=rendered.text), dedupe_key=f"parked:{entry.number}", now=now)
    )


def _say(uow: UnitOfWork, context: Context, said: Say, index: int) -> None:
    if context.address is not None:
        key = f"{context.inputs[0].number}:{index}"
        uow.messages.say(_outgoing(context.address, said, dedupe_key=key, now=context.now))


def _outgoing(address: Address, said: Say, *, dedupe_key: str, now: datetime) -> Message:
    return Message(
        id=MessageId(new_id()),
        customer_id=address.customer_id,
        address_id=address.id,
        channel=address.channel,
        direction=Direction.OUT,
        author=Author.BOT,
        purpose=said.purpose,
        status=MessageStatus.QUEUED,
        text=said.text,
        options=said.options,
        media=_pictures(address, said),
        dedupe_key=dedupe_key,
        created_at=now,
    )


def _pictures(address: Address, said: Say) -> tuple[Media, ...]:
    """Only where a picture arrives as one: by SMS it would be a message of another kind and price."""
    if said.image is None or address.channel is not Channel.WHATSAPP:
        return ()
    return (Media(url=said.image, content_type=guess_type(said.image)[0] or "image/jpeg"),)


def _set_language(doing: Doing, effect: wanted.SetLanguage) -> None:
    doing.uow.customers.set_language(doing.context.customer.id, effect.language, is_chosen=effect.is_chosen)


def _save_delivery(doing: Doing, effect: wanted.SaveDelivery) -> None:
    doing.uow.orders.set_delivery(
        doing.context.customer.id,
        effect.order_number,
        Delivery(address=effect.address, window=effect.window),
    )


def _opt_out(doing: Doing, effect: wanted.OptOut) -> None:
    for channel in effect.channels or (channel_of(doing.context),):
        _write_consent(doing, channel, effect, ConsentStatus.OPTED_OUT)


def _opt_in(doing: Doing, effect: wanted.OptIn) -> None:
    _write_consent(doing, channel_of(doing.context), effect, ConsentStatus.OPTED_IN)


def _write_consent(
    doing: Doing, channel: Channel, effect: wanted.OptOut | wanted.OptIn, status: ConsentStatus
) -> None:
    message = doing.context.messages[-1] if doing.context.messages else None
    doing.uow.consents.add(
        Consent(
            customer_id=doing.context.profile_id,
            channel=channel,
            topic=effect.topic,
            status=status,
            method=effect.method,
            wording=message.text[:2000] if message else None,
            proof=str(message.id) if message else None,
            created_at=doing.context.now,
        )
    )


def _ask_for_person(doing: Doing, effect: wanted.AskForPerson) -> None:
    customer_id, now = doing.context.customer.id, doing.context.now
    wish = desk.Wish(
        details=effect.details,
        team_id=TeamId(UUID(effect.team)) if effect.team else None,
        language=wishes.language_of(doing.context, doing.parts.settings.default_language),
    )
    desk.ask_for_person(doing.uow, customer_id, effect.reason, now, wish)


def _hand_back(doing: Doing, effect: wanted.HandBack) -> None:
    doing.uow.conversations.hand_to(doing.context.customer.id, Controller.BOT)


def _change_cart(doing: Doing, effect: wanted.ChangeCart) -> None:
    """A change in chat is an event like the web's: the cart is told from all of them."""
    customer_id, now = shop_facts.owner_of_cart(doing, effect.cart_key), doing.context.now
    name = shopping.ADDED if effect.quantity_change > 0 else shopping.REMOVED
    event = Event(
        id=EventId(new_id()),
        customer_id=customer_id,
        source="chat",
        message_id=f"{doing.context.inputs[0].number}:{effect.product_id}",
        name=name,
        properties={
            "cart_id": effect.cart_key,
            "product_id": effect.product_id,
            "name": effect.name,
            "price": str(Decimal(effect.unit_price).scaleb(-get_currency_precision(effect.currency))),
            "quantity": abs(effect.quantity_change),
            "currency": effect.currency,
        },
        cart_key=effect.cart_key,
        occurred_at=now,
        received_at=now,
    )
    if doing.uow.events.add(event):
        cart = shop_facts.retell_cart(doing.uow, event, effect.currency)
        runs = doing.uow.enrollments.of(customer_id)
        for step in doing.parts.journeys.after(Happened(event=name, cart=cart), runs, now):
            outreach.take_step(doing, step)


def _set_timer(doing: Doing, effect: wanted.SetTimer) -> None:
    doing.uow.timers.set(doing.context.customer.id, effect.kind, effect.key, effect.due_at)


def _cancel_timer(doing: Doing, effect: wanted.CancelTimer) -> None:
    doing.uow.timers.cancel(doing.context.customer.id, effect.key)


Deed = Callable[[Doing, Any], None]

DEEDS: dict[type, Deed] = {
    wanted.SetLanguage: _set_language,
    wanted.SaveDelivery: _save_delivery,
    wanted.OptOut: _opt_out,
    wanted.OptIn: _opt_in,
    wanted.AskForPerson: _ask_for_person,
    wanted.HandBack: _hand_back,
    wanted.ChangeCart: _change_cart,
    wanted.ApplyCoupon: answer_deeds.apply_coupon,
    wanted.GiveCode: answer_deeds.give_code,
    wanted.AskIfUseful: answer_deeds.ask_if_useful,
    wanted.VoteUseful: answer_deeds.vote_useful,
    booking_effects.Book: appointments.follow_booking,
    booking_effects.ConfirmAppointment: appointments.confirm,
    booking_effects.CancelAppointment: appointments.cancel,
    booking_effects.Remind: appointments.send_reminder,
    wanted.StartSurvey: surveying.start,
    wanted.AnswerSurvey: surveying.keep,
    wanted.InviteSurvey: surveying.invite,
    wanted.RemindOfSurvey: surveying.remind,
    wanted.Wish: wishing.wish,
    wanted.UndoWish: wishing.undo,
    wanted.RequestErasure: wishing.request_erasure,
    wanted.AskTrait: wishing.ask_trait,
    wanted.KeepTrait: wishing.keep_trait,
    Step: outreach.take_step,
    wanted.SetTimer: _set_timer,
    wanted.CancelTimer: _cancel_timer,
}
