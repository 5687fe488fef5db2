"""Who was erased, as keyed hashes: late events, imports and webhooks must not bring them back.

The key stays outside of the database: who has only the tables cannot even try numbers out.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from context_store.models.privacy import TombstoneRow
from context_store.phones import canonical_phone
from context_store.records import Address, Channel, Identifier, IdentifierKind
from context_store.rows import table_of

tombstones = table_of(TombstoneRow)
PURPOSE = b"hilo tombstone"
FIND = select(tombstones).where(tombstones.c.digest.in_(bindparam("digests", expanding=True)))


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    erased_at: datetime
    # They had said STOP at this address.
    stopped_at: datetime | None = None


def digest_of(secret_key: str, identifier: Identifier) -> str:
    """The same for every spelling of an identifier that names one person."""
    value = identifier.value.strip()
    if identifier.kind is IdentifierKind.PHONE:
        value = canonical_phone(value)
    elif identifier.kind is IdentifierKind.EMAIL:
        value = value.casefold()
    return _hash(secret_key, identifier.kind.value, value)


def digest_of_address(secret_key: str, channel: Channel, value: str) -> str:
    return _hash(secret_key, f"address:{channel.value}", canonical_phone(value.strip()))


def _hash(secret_key: str, *parts: str) -> str:
    return hmac.digest(_key(secret_key), "\x00".join(parts).encode(), "sha256").hex()


@cache
def _key(secret_key: str) -> bytes:
    """A key of its own, so that no other use of SECRET_KEY ever gives the same hash."""
    return hmac.digest(secret_key.encode(), PURPOSE, "sha256")


class Tombstones:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, digests: Iterable[str]) -> dict[str, Tombstone]:
        """Those that there are, in one query."""
        asked = sorted(set(digests))
        rows = self._connection.execute(FIND, {"digests": asked}) if asked else ()
        return {row.digest: Tombstone(erased_at=row.erased_at, stopped_at=row.stopped_at) for row in rows}

    def set(self, stops: Mapping[str, datetime | None], now: datetime) -> None:
        """One for each digest. A second erasure keeps the newest STOP."""
        if not stops:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(tombstones)
        rows = [
            {"digest": digest, "erased_at": now, "stopped_at": stopped_at}
            for digest, stopped_at in sorted(stops.items())
        ]
        self._connection.execute(
            statement.values(rows).on_conflict_do_update(
                index_elements=["digest"],
                set_={
                    "erased_at": statement.excluded.erased_at,
                    "stopped_at": func.coalesce(statement.excluded.stopped_at, tombstones.c.stopped_at),
                },
            )
        )


def identifier_of_address(address: Address) -> Identifier | None:
    """An address is an identifier too: a number, an e-mail."""
    if address.value.startswith("+"):
        return Identifier(kind=IdentifierKind.PHONE, value=address.value)
    if "@" in address.value:
        return Identifier(kind=IdentifierKind.EMAIL, value=address.value)
    if address.channel is Channel.WHATSAPP:
        return Identifier(kind=IdentifierKind.WHATSAPP_USER_ID, value=address.value)
    return None
