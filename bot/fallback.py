"""What did not arrive on WhatsApp goes by SMS, once.

It is a message like any other: the sender asks the policy about it, and skips it if the first arrived.
"""

from dataclasses import replace
from datetime import datetime

from bot.parts import Parts
from context_store.phones import canonical_phone
from context_store.records import (
    Address,
    AddressStatus,
    Channel,
    Message,
    MessageId,
    MessageStatus,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.texts import TextFault


def fall_back(parts: Parts, uow: UnitOfWork, message: Message, address: Address, now: datetime) -> bool:
    """Queue the same words as an SMS. False when there is no way, or when this was the second try already."""
    if message.channel is not Channel.WHATSAPP or message.fallback_of is not None:
        return False
    if not can_send_sms(parts):
        return False
    other = _sms_address(uow, message, address)
    if other is None:
        return False
    again = replace(
        message,
        id=MessageId(new_id()),
        customer_id=other.customer_id,
        address_id=other.id,
        channel=Channel.SMS,
        status=MessageStatus.QUEUED,
        reason=None,
        text=_words(parts, message),
        template=None,
        # As an SMS a picture is a message of another kind and price.
        media=(),
        provider_id=None,
        held_until=None,
        sent_at=None,
        position=None,
        dedupe_key=f"fallback:{message.id}",
        fallback_of=message.id,
        created_at=now,
    )
    return uow.messages.add(again)


def can_send_sms(parts: Parts) -> bool:
    return bool(parts.settings.sms_from or parts.settings.twilio_messaging_service_sid)


def _sms_address(uow: UnitOfWork, message: Message, address: Address) -> Address | None:
    """The same number if they have one there, else any number of theirs that can be reached."""
    usable = [
        other
        for other in uow.customers.addresses_of(message.customer_id)
        if other.channel is Channel.SMS and other.status is AddressStatus.REACHABLE
    ]
    same = canonical_phone(address.value)
    return next((other for other in usable if canonical_phone(other.value) == same), next(iter(usable), None))


def _words(parts: Parts, message: Message) -> str:
    """A template's text may have a wording of its own for SMS; other words go as they are."""
    use = message.template
    if use is None:
        return message.text
    texts = parts.runner.texts
    values = dict(zip(texts.places(use.response), use.values, strict=True))
    try:
        return texts.render(use.response, language=use.language, channel=Channel.SMS, values=values).text
    except TextFault:
        # The SMS wording names a fact that the template does not carry.
        return message.text
