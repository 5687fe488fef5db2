"""From an address to the one customer behind it; creates the customer on first sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from context_store.customers import Customers
from context_store.phones import canonical_phone
from context_store.records import (
    Address,
    AddressId,
    AddressStatus,
    Channel,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    new_id,
)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes, as a channel tells it. The first identifier that is known decides who they are."""

    channel: Channel
    address: str
    identifiers: tuple[Identifier, ...]
    name: str | None = None
    # Set when nothing can ever be sent there: why, in one word.
    unreachable: str | None = None
    country: str | None = None
    source: str


def resolve(customers: Customers, sender: Sender, now: datetime) -> Address:
    """The sender's address, with its customer; both are made if new.

    Raises `AlreadyLinked` when another transaction makes the same person at this moment: the caller
    rolls back and calls again.
    """
    if sender.unreachable is None:
        heard = customers.heard_from(sender.channel, sender.address, sender.identifiers, now)
        if heard is not None and heard.are_linked:
            return heard.address
        address = heard.address if heard else None
    else:
        address = customers.find_address(sender.channel, sender.address)
    if address is None:
        address = _new_address(customers, sender, now)
    _link_all(customers, address.customer_id, sender, now)
    return address


def _new_address(customers: Customers, sender: Sender, now: datetime) -> Address:
    customer_id = _find_customer(customers, sender.identifiers) or _new_customer(customers, sender, now)
    address = Address(
        id=AddressId(new_id()),
        customer_id=customer_id,
        channel=sender.channel,
        value=sender.address,
        status=AddressStatus.UNREACHABLE if sender.unreachable else AddressStatus.REACHABLE,
        reason=sender.unreachable,
        last_inbound_at=now,
    )
    customers.add_address(address)
    return address


def _find_customer(customers: Customers, identifiers: Sequence[Identifier]) -> CustomerId | None:
    for identifier in identifiers:
        found = customers.find_by(identifier)
        if found is not None:
            return found
    return None


def _new_customer(customers: Customers, who: "Sender | Person", now: datetime) -> CustomerId:
    customer_id = CustomerId(new_id())
    customers.add(Customer(id=customer_id, name=who.name, country=who.country, created_at=now))
    for identifier in who.identifiers:
        # Without looking again: who took it since we looked is this very person, and `link` says so.
        customers.link(_link(identifier, customer_id, who, now))
    return customer_id


def _link_all(customers: Customers, customer_id: CustomerId, who: "Sender | Person", now: datetime) -> None:
    for identifier in who.identifiers:
        # An identifier that names somebody else stays theirs: joining two people takes more than this.
        if customers.find_by(identifier) is None:
            customers.link(_link(identifier, customer_id, who, now))


def _link(
    identifier: Identifier, customer_id: CustomerId, who: "Sender | Person", now: datetime
) -> IdentityLink:
    return IdentityLink(
        identifier=identifier,
        customer_id=customer_id,
        method="carrier" if isinstance(who, Sender) else "identify",
        confidence=1.0,
        source=who.source,
        created_at=now,
    )


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whom a shop tells of. The first identifier that is known decides who they are."""

    identifiers: tuple[Identifier, ...]
    source: str
    name: str | None = None
    country: str | None = None


def resolve_person(customers: Customers, person: Person, now: datetime) -> CustomerId:
    """The customer behind the identifiers, made if new. A phone number becomes an address to write to.

    Raises `AlreadyLinked` like `resolve`.
    """
    customer_id = _find_customer(customers, person.identifiers)
    if customer_id is None:
        customer_id = _new_customer(customers, person, now)
    else:
        _link_all(customers, customer_id, person, now)
    for identifier in person.identifiers:
        is_theirs = identifier.kind is IdentifierKind.PHONE and customers.find_by(identifier) == customer_id
        if is_theirs:
            _add_phone_addresses(customers, customer_id, identifier.value)
    return customer_id


def _add_phone_addresses(customers: Customers, customer_id: CustomerId, phone: str) -> None:
    """A number can be tried on both channels; what is not there is learnt from the first refusal."""
    known = {
        (address.channel, canonical_phone(address.value)) for address in customers.addresses_of(customer_id)
    }
    for channel in (Channel.WHATSAPP, Channel.SMS):
        is_new = (channel, canonical_phone(phone)) not in known
        if is_new and customers.find_address(channel, phone) is None:
            customers.add_address(
                Address(id=AddressId(new_id()), customer_id=customer_id, channel=channel, value=phone)
            )
