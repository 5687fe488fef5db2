"""Customers, their addresses and the evidence of who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from context_store.models.people import AddressRow, CustomerRow, IdentityLinkRow
from context_store.models.thread import ConversationRow
from context_store.phones import canonical_phone
from context_store.records import (
    Address,
    AddressId,
    AddressStatus,
    Channel,
    Controller,
    ConversationState,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    LinkStatus,
    new_id,
)
from context_store.rows import columns_of, table_of, to_record

customers = table_of(CustomerRow)
addresses = table_of(AddressRow)
links = table_of(IdentityLinkRow)
conversations = table_of(ConversationRow)

CUSTOMER = columns_of(Customer, customers)
ADDRESS = columns_of(Address, addresses)

# What every message runs is built once: building a statement costs several times what running it does.
GET = select(*CUSTOMER).where(customers.c.id == bindparam("customer_id"))
FIND_BY = select(links.c.customer_id).where(
    links.c.kind == bindparam("kind"),
    links.c.value == bindparam("value"),
    links.c.status == LinkStatus.LINKED,
)
FIND_ADDRESS = select(*ADDRESS).where(
    addresses.c.channel == bindparam("channel"), addresses.c.value == bindparam("value")
)
GET_ADDRESS = select(*ADDRESS).where(addresses.c.id == bindparam("address_id"))
HEAR_FROM = (
    update(addresses)
    .where(addresses.c.channel == bindparam("where"), addresses.c.value == bindparam("who"))
    .values(
        # What comes late by another road must not make the window look older than it is.
        last_inbound_at=case(
            (addresses.c.last_inbound_at > bindparam("heard_at"), addresses.c.last_inbound_at),
            else_=bindparam("heard_at"),
        ),
        status=AddressStatus.REACHABLE,
        reason=None,
    )
    .returning(
        *ADDRESS,
        # How many of the identifiers that came along are known; a message carries two at most.
        select(func.count())
        .select_from(links)
        .where(
            or_(
                and_(links.c.kind == bindparam("kind_1"), links.c.value == bindparam("value_1")),
                and_(links.c.kind == bindparam("kind_2"), links.c.value == bindparam("value_2")),
            )
        )
        .scalar_subquery()
        .label("known_links"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An address that was written from before."""

    address: Address
    # Every identifier that came along belongs to somebody already.
    are_linked: bool


class Customers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, customer_id: CustomerId) -> Customer | None:
        row = self._connection.execute(GET, {"customer_id": customer_id}).one_or_none()
        return to_record(Customer, row)

    def add(self, customer: Customer) -> None:
        """A new customer with an empty conversation: every customer has exactly one."""
        self._connection.execute(insert(customers).values({**vars(customer)}))
        self._connection.execute(
            insert(conversations).values(
                customer_id=customer.id,
                state=ConversationState(),
                controller=Controller.BOT,
                version=0,
                updated_at=customer.created_at,
            )
        )

    def save(self, customer: Customer) -> None:
        values = {name: value for name, value in vars(customer).items() if name not in ("id", "created_at")}
        self._connection.execute(update(customers).where(customers.c.id == customer.id).values(values))

    def by_ids(self, ids: Sequence[CustomerId]) -> dict[CustomerId, Customer]:
        rows = self._connection.execute(select(*CUSTOMER).where(customers.c.id.in_(ids)))
        return {CustomerId(row.id): Customer(**row._mapping) for row in rows}

    def named(self, part: str, limit: int) -> list[Customer]:
        """Customers with that in their name, whatever its case, newest first. Reads every name."""
        rows = self._connection.execute(
            select(*CUSTOMER)
            .where(customers.c.name.icontains(part, autoescape=True))
            .order_by(customers.c.id.desc())
            .limit(limit)
        )
        return [Customer(**row._mapping) for row in rows]

    def set_language(self, customer_id: CustomerId, language: str, *, is_chosen: bool) -> None:
        """Remember their language. A chosen one stays chosen."""
        values: dict[str, Any] = {"language": language}
        if is_chosen:
            values["is_language_chosen"] = True
        self._connection.execute(update(customers).where(customers.c.id == customer_id).values(values))

    def find_by(self, identifier: Identifier) -> CustomerId | None:
        """The customer whom a live link names, if any."""
        values = {"kind": identifier.kind, "value": _known_as(identifier)}
        return self._connection.execute(FIND_BY, values).scalar_one_or_none()

    def link(self, link: IdentityLink) -> None:
        """Keep the evidence. Raises `AlreadyLinked` when somebody else took the identifier first."""
        try:
            self._connection.execute(
                insert(links).values(
                    id=new_id(),
                    kind=link.identifier.kind,
                    value=_known_as(link.identifier),
                    customer_id=link.customer_id,
                    status=link.status,
                    method=link.method,
                    confidence=link.confidence,
                    source=link.source,
                    created_at=link.created_at,
                )
            )
        except IntegrityError as error:
            raise AlreadyLinked(link.identifier) from error

    def links_of(self, customer_id: CustomerId) -> list[Identifier]:
        rows = self._connection.execute(
            select(links.c.kind, links.c.value).where(links.c.customer_id == customer_id).order_by(links.c.id)
        )
        return [Identifier(kind=row.kind, value=row.value) for row in rows]

    def find_address(self, channel: Channel, value: str) -> Address | None:
        row = self._connection.execute(FIND_ADDRESS, {"channel": channel, "value": value}).one_or_none()
        return to_record(Address, row)

    def address(self, address_id: AddressId) -> Address | None:
        row = self._connection.execute(GET_ADDRESS, {"address_id": address_id}).one_or_none()
        return to_record(Address, row)

    def addresses_of(self, customer_id: CustomerId) -> list[Address]:
        rows = self._connection.execute(
            select(*ADDRESS).where(addresses.c.customer_id == customer_id).order_by(addresses.c.id)
        )
        return [Address(**row._mapping) for row in rows]

    def add_address(self, address: Address) -> None:
        """Raises `AlreadyLinked` when the address came into being meanwhile."""
        try:
            self._connection.execute(insert(addresses).values({**vars(address)}))
        except IntegrityError as error:
            raise AlreadyLinked(address.value) from error

    def heard_from(
        self, channel: Channel, value: str, identifiers: Sequence[Identifier], now: datetime
    ) -> Heard | None:
        """They wrote from there: its window opens, and it is reachable again. None for a new address."""
        first = identifiers[0]
        second = identifiers[1] if len(identifiers) > 1 else first
        values = {
            "where": channel,
            "who": value,
            "heard_at": now,
            "kind_1": first.kind,
            "value_1": _known_as(first),
            "kind_2": second.kind,
            "value_2": _known_as(second),
        }
        row = self._connection.execute(HEAR_FROM, values).one_or_none()
        if row is None:
            return None
        *columns, known_links = row
        address = {column.name: value for column, value in zip(ADDRESS, columns, strict=True)}
        return Heard(address=Address(**address), are_linked=known_links == len(identifiers))

    def mark_unreachable(self, address_id: AddressId, reason: str) -> None:
        self._connection.execute(
            update(addresses)
            .where(addresses.c.id == address_id)
            .values(status=AddressStatus.UNREACHABLE, reason=reason)
        )

    def close_window(self, address_id: AddressId, heard_before: datetime) -> None:
        """The carrier knows better: their last message there is older than we thought."""
        self._connection.execute(
            update(addresses)
            .where(addresses.c.id == address_id, addresses.c.last_inbound_at > heard_before)
            .values(last_inbound_at=heard_before)
        )


def _known_as(identifier: Identifier) -> str:
    """National variants of a phone number are one person."""
    return canonical_phone(identifier.value) if identifier.kind is IdentifierKind.PHONE else identifier.value


class AlreadyLinked(Exception):
    """Another transaction created the same person first: roll back, read again, use theirs."""
