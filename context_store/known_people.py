"""Who many identifiers are, in a few queries for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, func, select

from context_store.customers import addresses, customers, links
from context_store.many_rows import is_among, values_as_parameter
from context_store.phones import canonical_phone
from context_store.records import AddressStatus, CustomerId, Identifier, IdentifierKind, LinkStatus

# Built once: every batch of events asks.
OF_KIND = {
    dialect: select(links.c.value, links.c.customer_id).where(
        links.c.kind == bindparam("kind"),
        is_among(dialect, links.c.value, "known_as"),
        links.c.status != LinkStatus.UNLINKED,
    )
    for dialect in ("sqlite", "postgresql")
}
# Whose thread it is, and whether there is an address of theirs or of who stands for them.
STANDING = {
    dialect: select(
        customers.c.id,
        func.coalesce(customers.c.survivor_id, customers.c.id).label("survivor_id"),
        exists()
        .where(
            addresses.c.customer_id.in_([customers.c.id, customers.c.survivor_id]),
            addresses.c.status == AddressStatus.REACHABLE,
        )
        .correlate(customers)
        .label("is_reachable"),
    ).where(is_among(dialect, customers.c.id, "ids"))
    for dialect in ("sqlite", "postgresql")
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Of a profile: who stands for the person, and whether they can be written to."""

    survivor_id: CustomerId
    is_reachable: bool


class KnownPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def of(self, identifiers: Iterable[Identifier]) -> dict[Identifier, CustomerId]:
        """The profiles that links name, as `Customers.owner` would; one that nobody has is left out."""
        by_kind: dict[IdentifierKind, dict[str, list[Identifier]]] = {}
        for identifier in set(identifiers):
            known_as = _known_as(identifier)
            by_kind.setdefault(identifier.kind, {}).setdefault(known_as, []).append(identifier)
        found: dict[Identifier, CustomerId] = {}
        # One query for each kind of identifier, of which there are three or four.
        for kind, values in by_kind.items():
            given = {"kind": kind, "known_as": values_as_parameter(self._dialect, sorted(values))}
            for row in self._connection.execute(OF_KIND[self._dialect], given):
                found |= dict.fromkeys(values[row.value], CustomerId(row.customer_id))
        return found

    def standing(self, ids: Iterable[CustomerId]) -> dict[CustomerId, Standing]:
        """Of all these profiles."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        given = {"ids": values_as_parameter(self._dialect, wanted)}
        rows = self._connection.execute(STANDING[self._dialect], given)
        return {
            CustomerId(row.id): Standing(
                survivor_id=CustomerId(row.survivor_id), is_reachable=bool(row.is_reachable)
            )
            for row in rows
        }


def _known_as(identifier: Identifier) -> str:
    return canonical_phone(identifier.value) if identifier.kind is IdentifierKind.PHONE else identifier.value
