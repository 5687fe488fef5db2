"""Customers, their addresses and the evidence of who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from context_store.families import Families
from context_store.identity_faults import AlreadyLinked
from context_store.identity_rules import Profile, profile_of
from context_store.joining import as_one
from context_store.merges import Merges
from context_store.models.people import AddressRow, CustomerRow, IdentityLinkRow
from context_store.models.thread import ConversationRow
from context_store.notices import Notices
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
    CustomerStatus,
    Identifier,
    IdentifierKind,
    IdentityLink,
    LinkStatus,
    new_id,
)
from context_store.rows import changed_rows, columns_of, table_of, to_record

__all__ = ["AlreadyLinked", "Customers", "Heard", "Owner"]

customers = table_of(CustomerRow)
addresses = table_of(AddressRow)
links = table_of(IdentityLinkRow)
conversations = table_of(ConversationRow)

CUSTOMER = columns_of(Customer, customers)
ADDRESS = columns_of(Address, addresses)

# What every message runs is built once: building a statement costs several times what running it does.
GET = select(*CUSTOMER).where(customers.c.id == bindparam("customer_id"))
FIND_LINK = (
    select(links, customers.c.survivor_id)
    .join(customers, customers.c.id == links.c.customer_id)
    .where(
        links.c.kind == bindparam("kind"),
        links.c.value == bindparam("value"),
        links.c.status != LinkStatus.UNLINKED,
    )
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
        # How many of the identifiers that came along are known as theirs; a message carries two at most.
        select(func.count())
        .select_from(links)
        .where(
            or_(
                and_(links.c.kind == bindparam("kind_1"), links.c.value == bindparam("value_1")),
                and_(links.c.kind == bindparam("kind_2"), links.c.value == bindparam("value_2")),
            ),
            links.c.customer_id == addresses.c.customer_id,
            links.c.status != LinkStatus.UNLINKED,
        )
        .correlate(addresses)
        .scalar_subquery()
        .label("known_links"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An address that was written from before."""

    address: Address
    # Every identifier that came along is known to be theirs.
    are_linked: bool


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose an identifier is: the profile that it came to, and the person whom that profile is part of."""

    profile: CustomerId
    person: CustomerId
    link: IdentityLink


class Customers:
    """Profiles as they are. What belongs to the whole person (addresses, links) is read for all of them."""

    def __init__(self, connection: Connection, notices: Notices, families: Families | None = None) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families or Families(connection)

    @cached_property
    def merges(self) -> Merges:
        return Merges(self._connection, self._notices, self._families)

    def get(self, customer_id: CustomerId) -> Customer | None:
        row = self._connection.execute(GET, {"customer_id": customer_id}).one_or_none()
        if row is not None:
            self._families.note(Customer(**row._mapping))
        return to_record(Customer, row)

    def person(self, customer_id: CustomerId) -> Customer | None:
        """The survivor, with what only the profiles that were joined to it know."""
        found = self.get(customer_id)
        return self.as_one(found) if found else None

    def as_one(self, customer: Customer) -> Customer:
        """The same for one that was read."""
        if not customer.is_joined:
            return customer
        family = self._families.of(customer.id)
        known = self.by_ids(family)
        return as_one(known[family[0]], (known[one] for one in family[1:]))

    def family(self, customer_id: CustomerId) -> tuple[CustomerId, ...]:
        """Every profile that is this one person, the one that stands for them first."""
        return self._families.of(customer_id)

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
        """What is known of them. Whom they are one person with is `merges`' to write."""
        kept = ("id", "created_at", "merged_into", "merged_at", "survivor_id")
        values = {name: value for name, value in vars(customer).items() if name not in kept}
        values["status"] = case(
            (customers.c.merged_into.is_not(None), CustomerStatus.MERGED), else_=customer.status
        )
        self._connection.execute(update(customers).where(customers.c.id == customer.id).values(values))

    def by_ids(self, ids: Sequence[CustomerId]) -> dict[CustomerId, Customer]:
        rows = self._connection.execute(select(*CUSTOMER).where(customers.c.id.in_(ids)))
        return {CustomerId(row.id): Customer(**row._mapping) for row in rows}

    def persons(self, ids: Sequence[CustomerId]) -> dict[CustomerId, Customer]:
        """Each with who stands for them, in the same order."""
        found = self.by_ids(ids)
        others = {one.survivor_id for one in found.values() if one.survivor_id} - found.keys()
        known = {**found, **self.by_ids(list(others))} if others else found
        return {one: known[found[one].survivor_id or one] for one in ids if one in found}

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
        """The person whom a live link names, if any."""
        owner = self.owner(identifier)
        return owner.person if owner else None

    def owner(self, identifier: Identifier) -> Owner | None:
        values = {"kind": identifier.kind, "value": _known_as(identifier)}
        row = self._connection.execute(FIND_LINK, values).one_or_none()
        if row is None:
            return None
        profile = CustomerId(row.customer_id)
        return Owner(profile=profile, person=CustomerId(row.survivor_id or profile), link=_link(row))

    def link(self, link: IdentityLink) -> None:
        """Keep the evidence. Raises `AlreadyLinked` when somebody else took the identifier first.

        One that was taken from somebody is free again.
        """
        values = {
            "customer_id": link.customer_id,
            "status": link.status,
            "method": link.method,
            "confidence": link.confidence,
            "source": link.source,
            "created_at": link.created_at,
        }
        named = {"id": new_id(), "kind": link.identifier.kind, "value": _known_as(link.identifier)}
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(links).values(**named, **values)
        statement = statement.on_conflict_do_update(
            index_elements=[links.c.kind, links.c.value],
            set_=values,
            where=links.c.status == LinkStatus.UNLINKED,
        )
        if changed_rows(self._connection, statement) == 0:
            raise AlreadyLinked(link.identifier)

    def mark_link(self, identifier: Identifier, status: LinkStatus) -> bool:
        """Disputed, taken from them, or theirs again. False when it was so before, or nobody has it."""
        mine = update(links).where(
            links.c.kind == identifier.kind, links.c.value == _known_as(identifier), links.c.status != status
        )
        return changed_rows(self._connection, mine.values(status=status)) == 1

    def evidence_of(self, customer_id: CustomerId) -> list[IdentityLink]:
        """By what we know them, whatever its state, oldest first."""
        rows = self._connection.execute(
            select(links).where(links.c.customer_id.in_(self._families.of(customer_id))).order_by(links.c.id)
        )
        return [_link(row) for row in rows]

    def evidence_of_all(self, ids: Sequence[CustomerId]) -> dict[CustomerId, list[IdentityLink]]:
        """The same for several profiles, each by itself."""
        found: dict[CustomerId, list[IdentityLink]] = {}
        for row in self._connection.execute(
            select(links).where(links.c.customer_id.in_(ids)).order_by(links.c.id)
        ):
            found.setdefault(CustomerId(row.customer_id), []).append(_link(row))
        return found

    def links_of(self, customer_id: CustomerId) -> list[Identifier]:
        """By what they are known now."""
        return [
            link.identifier
            for link in self.evidence_of(customer_id)
            if link.status is not LinkStatus.UNLINKED
        ]

    def profile(self, customer_id: CustomerId) -> Profile:
        """What the rules of identity ask about that person."""
        family = self._families.of(customer_id)
        oldest = select(func.min(customers.c.created_at)).where(customers.c.id.in_(family))
        return profile_of(
            family[0],
            self._connection.execute(oldest).scalar_one(),
            (link for link in self.evidence_of(customer_id) if link.status is not LinkStatus.UNLINKED),
            self.addresses_of(customer_id),
        )

    def find_address(self, channel: Channel, value: str) -> Address | None:
        row = self._connection.execute(FIND_ADDRESS, {"channel": channel, "value": value}).one_or_none()
        return to_record(Address, row)

    def address(self, address_id: AddressId) -> Address | None:
        row = self._connection.execute(GET_ADDRESS, {"address_id": address_id}).one_or_none()
        return to_record(Address, row)

    def addresses_of(self, customer_id: CustomerId) -> list[Address]:
        rows = self._connection.execute(
            select(*ADDRESS)
            .where(addresses.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(addresses.c.id)
        )
        return [Address(**row._mapping) for row in rows]

    def own_addresses_of(self, customer_id: CustomerId) -> list[Address]:
        """Of this profile alone."""
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


def _link(row: Row[Any]) -> IdentityLink:
    values = {name: value for name, value in row._mapping.items() if name not in ("id", "survivor_id")}
    identifier = Identifier(kind=values.pop("kind"), value=values.pop("value"))
    return IdentityLink(identifier=identifier, **values)
