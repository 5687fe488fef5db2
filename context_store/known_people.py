"""Who many identifiers are, in a few queries for all of them."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from context_store.customers import addresses, links
from context_store.many_rows import is_among, values_as_parameter
from context_store.phones import canonical_phone
from context_store.records import AddressStatus, CustomerId, Identifier, IdentifierKind, LinkStatus

# Built once: every batch of events asks.
OF_KIND = {
    dialect: select(links.c.value, links.c.customer_id).where(
        links.c.kind == bindparam("kind"),
        is_among(dialect, links.c.value, "known_as"),
        links.c.status == LinkStatus.LINKED,
    )
    for dialect in ("sqlite", "postgresql")
}
REACHABLE = {
    dialect: select(addresses.c.customer_id)
    .where(
        is_among(dialect, addresses.c.customer_id, "ids"),
        addresses.c.status == AddressStatus.REACHABLE,
    )
    .distinct()
    for dialect in ("sqlite", "postgresql")
}


class KnownPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def of(self, identifiers: Iterable[Identifier]) -> dict[Identifier, CustomerId]:
        """The customers whom live links name; an identifier that nobody has is left out."""
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

    def reachable(self, ids: Iterable[CustomerId]) -> set[CustomerId]:
        """Who of them has an address that can be written to."""
        wanted = sorted(set(ids))
        if not wanted:
            return set()
        given = {"ids": values_as_parameter(self._dialect, wanted)}
        return set(self._connection.execute(REACHABLE[self._dialect], given).scalars())


def _known_as(identifier: Identifier) -> str:
    return canonical_phone(identifier.value) if identifier.kind is IdentifierKind.PHONE else identifier.value
