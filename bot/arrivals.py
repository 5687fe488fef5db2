"""A customer's message is put down once, with its input and its files, by webhook or by sweep."""

import logging
from datetime import datetime

from bot.channels.base import Incoming
from bot.parts import Parts
from bot.webhooks.newcomers import again_if_just_made
from context_store.identity import resolve
from context_store.records import (
    Address,
    Author,
    CustomerId,
    Direction,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    NoticeKind,
    new_id,
)

log = logging.getLogger("hilo.arrivals")


def store(parts: Parts, incoming: Incoming, *, written_at: datetime | None = None) -> CustomerId | None:
    """Keep the message and its input in one commit. None for a repeat: it is here already.

    `written_at` is business time, for one that comes late.
    """
    return again_if_just_made(lambda: _store_once(parts, incoming, written_at))


def _store_once(parts: Parts, incoming: Incoming, written_at: datetime | None) -> CustomerId | None:
    now = parts.now()
    with parts.database.write() as uow:
        # When they wrote, not when we heard of it: WhatsApp counts its 24 hours from there.
        address = resolve(uow.customers, incoming.sender, written_at or now)
        message = _message(incoming, address, written_at or now)
        if not uow.messages.add(message):
            # A repeat. Leaving without a commit undoes what its sender seemed to have said anew.
            return None
        if message.media:
            uow.media_files.add(message.id, message.media, now)
        payload = {"carrier_keyword": incoming.carrier_keyword} if incoming.carrier_keyword else {}
        customer_id = uow.inputs.add(
            address.customer_id, InputKind.MESSAGE, now=now, message_id=message.id, payload=payload
        )
        told = {"message_id": str(message.id), "channel": message.channel.value}
        uow.notices.add(NoticeKind.MESSAGE_RECEIVED, address.customer_id, told)
        uow.commit()
    log.info("message stored", extra={"action": "message_stored", "message_id": str(message.id)})
    return customer_id


def _message(incoming: Incoming, address: Address, written_at: datetime) -> Message:
    return Message(
        id=MessageId(new_id()),
        customer_id=address.customer_id,
        address_id=address.id,
        channel=address.channel,
        direction=Direction.IN,
        author=Author.CUSTOMER,
        status=MessageStatus.RECEIVED,
        text=incoming.text,
        media=incoming.media,
        location=incoming.location,
        choice=incoming.choice,
        provider_id=incoming.provider_id,
        quotes=incoming.quotes,
        created_at=written_at,
    )
