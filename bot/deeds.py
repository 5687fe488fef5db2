"""Carries out what a turn decided, through the unit of work: state, messages to say, timers, consents."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.context import Context
from bot.parts import Parts
from context_store.records import (
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Conversation,
    Delivery,
    Direction,
    Input,
    Message,
    MessageId,
    MessageStatus,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows import effects as wanted
from flows.effects import Effect, Outcome, Say


def carry_out(uow: UnitOfWork, context: Context, outcome: Outcome) -> None:
    """Write everything; commit nothing. Raises `KeyError` on an effect that nobody carries out."""
    for effect in outcome.effects:
        if not isinstance(effect, Say):
            DEEDS[type(effect)](Doing(uow=uow, context=context), effect)
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


def park(parts: Parts, uow: UnitOfWork, conversation: Conversation, entry: Input, now: datetime) -> None:
    """Set the poison aside for staff and tell the customer; the rest of the thread goes on."""
    uow.inputs.park(entry.number, f"{entry.crash_count} crashes, {entry.failed_count} failures", now)
    customer = uow.customers.get(entry.customer_id)
    written = uow.messages.get(MessageId(entry.message_id)) if entry.message_id else None
    if customer is None or written is None or written.address_id is None:
        return
    language = customer.language or parts.settings.default_language
    rendered = parts.runner.texts.render(
        "utter_could_not_handle", language=language, channel=written.channel, values={}
    )
    uow.messages.add(
        _outgoing(written, Say(text=rendered.text), dedupe_key=f"parked:{entry.number}", now=now)
    )


def _say(uow: UnitOfWork, context: Context, said: Say, index: int) -> None:
    if context.messages:
        answered = context.messages[-1]
        key = f"{context.inputs[0].number}:{index}"
        uow.messages.add(_outgoing(answered, said, dedupe_key=key, now=context.now))


def _outgoing(answered: Message, said: Say, *, dedupe_key: str, now: datetime) -> Message:
    return Message(
        id=MessageId(new_id()),
        customer_id=answered.customer_id,
        address_id=answered.address_id,
        channel=answered.channel,
        direction=Direction.OUT,
        author=Author.BOT,
        purpose=said.purpose,
        status=MessageStatus.QUEUED,
        text=said.text,
        options=said.options,
        dedupe_key=dedupe_key,
        created_at=now,
    )


@dataclass(frozen=True, kw_only=True)
class Doing:
    uow: UnitOfWork
    context: Context


def _set_language(doing: Doing, effect: wanted.SetLanguage) -> None:
    customer = doing.uow.customers.get(doing.context.customer.id)
    if customer is not None:
        is_chosen = effect.is_chosen or customer.is_language_chosen
        doing.uow.customers.save(replace(customer, language=effect.language, is_language_chosen=is_chosen))


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
            customer_id=doing.context.customer.id,
            channel=channel,
            topic=effect.topic,
            status=status,
            method=effect.method,
            wording=message.text[:2000] if message else None,
            proof=str(message.id) if message else None,
            created_at=doing.context.now,
        )
    )


def _set_timer(doing: Doing, effect: wanted.SetTimer) -> None:
    doing.uow.timers.set(doing.context.customer.id, effect.kind, effect.key, effect.due_at)


def _cancel_timer(doing: Doing, effect: wanted.CancelTimer) -> None:
    doing.uow.timers.cancel(doing.context.customer.id, effect.key)


Deed = Callable[[Doing, Any], None]

DEEDS: dict[type[Effect], Deed] = {
    wanted.SetLanguage: _set_language,
    wanted.SaveDelivery: _save_delivery,
    wanted.OptOut: _opt_out,
    wanted.OptIn: _opt_in,
    wanted.SetTimer: _set_timer,
    wanted.CancelTimer: _cancel_timer,
}
