"""Writes what a delivery says: products, the person, events for their turn, consents, requests.

From here on it is the same road as an event of /v1: the event is kept once, and its input waits for a turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.persons import resolve_told
from bot.shops.told import Buyer, Privacy, Told, ToldConsent, ToldEvent
from context_store.identity import Person
from context_store.records import (
    Consent,
    CustomerId,
    Event,
    EventId,
    InputKind,
    PrivacyRequest,
    PrivacyRequestKind,
    ShopDelivery,
    Topic,
    new_id,
)
from context_store.tombstones import digest_of_address
from context_store.unit_of_work import UnitOfWork
from flows import told_consents
from flows.shopping import cart_key_of

ERASED = "about somebody who was erased"
METHOD = "shop"


@dataclass(frozen=True, kw_only=True)
class Kept:
    # Whose turn it is.
    customer_id: CustomerId | None = None
    # Why nothing was kept.
    note: str | None = None
    # What must come first; nothing was kept meanwhile.
    waits_for: str | None = None


def keep(uow: UnitOfWork, secret_key: str, delivery: ShopDelivery, told: Told, now: datetime) -> Kept:
    """The caller commits. Raises `AlreadyLinked` like `resolve_person`."""
    if told.products:
        uow.products.learn_all(told.products)
    if told.gone_product is not None:
        uow.products.forget(told.gone_product, now)
    if told.privacy in (Privacy.EXPORT, Privacy.ERASE_SHOP):
        return _request(uow, delivery, told, now)
    if told.about_order is not None:
        return _about_order(uow, delivery, told, now)
    if told.buyer is None or not (told.events or told.consents):
        return Kept(note=told.note)
    happened = min((event.occurred_at for event in told.events), default=now)
    customer_id = resolve_told(uow, secret_key, _person(told.buyer, delivery.shop), now, happened)
    if customer_id is None:
        return Kept(note=ERASED)
    if told.order is not None:
        reference, number = told.order
        uow.shop_deliveries.note_order(delivery.shop, reference, number, customer_id)
    whose_turn = _add_events(uow, delivery.shop, customer_id, told.events, now)
    _add_consents(uow, secret_key, customer_id, told.consents, now)
    return Kept(customer_id=whose_turn, note=told.note)


def _about_order(uow: UnitOfWork, delivery: ShopDelivery, told: Told, now: datetime) -> Kept:
    """A refund or a parcel: the order, which came before or is on its way, tells whose it is."""
    order = uow.shop_deliveries.order(delivery.shop, told.about_order or "")
    if order is None:
        return Kept(waits_for="its order is not known")
    number, customer_id = order
    if uow.erasing.is_erased(customer_id):
        return Kept(note=ERASED)
    events = [
        ToldEvent(
            message_id=event.message_id,
            name=event.name,
            properties={**event.properties, "order_id": number},
            occurred_at=event.occurred_at,
        )
        for event in told.events
    ]
    return Kept(customer_id=_add_events(uow, delivery.shop, customer_id, events, now))


def _add_events(
    uow: UnitOfWork, shop: str, customer_id: CustomerId, events: Sequence[ToldEvent], now: datetime
) -> CustomerId | None:
    """Whose turn is to be rung for; None when all of it was told before."""
    whose_turn: CustomerId | None = None
    # By their own time: the turns take them in the order in which they are added.
    for told in sorted(events, key=lambda told: told.occurred_at):
        event = Event(
            id=EventId(new_id()),
            customer_id=customer_id,
            source=shop,
            message_id=told.message_id,
            name=told.name,
            properties=told.properties,
            cart_key=cart_key_of(told.name, told.properties),
            occurred_at=told.occurred_at,
            received_at=now,
        )
        if uow.events.add(event):
            payload = {"event_id": str(event.id)}
            whose_turn = uow.inputs.add(customer_id, InputKind.EVENT, now=now, payload=payload)
    return whose_turn


def _add_consents(
    uow: UnitOfWork, secret_key: str, customer_id: CustomerId, told: Sequence[ToldConsent], now: datetime
) -> None:
    if not told:
        return
    current = uow.consents.current(customer_id)
    addresses = uow.customers.addresses_of(customer_id)
    graves = uow.tombstones.find(
        digest_of_address(secret_key, address.channel, address.value) for address in addresses
    )
    stops = [grave.stopped_at for grave in graves.values() if grave.stopped_at is not None]
    for each in sorted(told, key=lambda each: each.at):
        consent = Consent(
            customer_id=customer_id,
            channel=each.channel,
            topic=Topic.MARKETING,
            status=each.status,
            method=METHOD,
            wording=each.wording,
            proof=each.proof,
            created_at=min(each.at, now),
        )
        if told_consents.refusal(consent, current, max(stops, default=None)) is None:
            uow.consents.add(consent)
            current = [*current, consent]


def _request(uow: UnitOfWork, delivery: ShopDelivery, told: Told, now: datetime) -> Kept:
    found = [uow.customers.find_by(each) for each in told.buyer.identifiers] if told.buyer else []
    customer_id = next((each for each in found if each is not None), None)
    is_export = told.privacy is Privacy.EXPORT
    if is_export and customer_id is None:
        return Kept(note="nothing is known of them")
    request = PrivacyRequest(
        id=new_id(),
        kind=PrivacyRequestKind.EXPORT if is_export else PrivacyRequestKind.ERASE_SHOP,
        customer_id=customer_id if is_export else None,
        source=delivery.shop,
        reference=told.reference or delivery.delivery_id,
        requested_at=now,
    )
    uow.privacy_requests.add(request)
    return Kept(note="a request for a person: see `hilo requests`")


def _person(buyer: Buyer, shop: str) -> Person:
    return Person(identifiers=buyer.identifiers, source=shop, name=buyer.name, country=buyer.country)
