"""Who may call the API, and what they have called already."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from context_store.models.elsewhere import ApiKeyRow, ApiRequestRow
from context_store.records import ApiKey, ApiKeyId, RememberedRequest
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

keys = table_of(ApiKeyRow)
requests = table_of(ApiRequestRow)
KEY = columns_of(ApiKey, keys)
REQUEST = columns_of(RememberedRequest, requests)

BY_HASH = select(*KEY).where(keys.c.hash == bindparam("given"), keys.c.revoked_at.is_(None))
MINUTE = timedelta(minutes=1)


class ApiAccess:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_key(self, key: ApiKey) -> bool:
        """False when there is one of that name."""
        statement = insert_or_ignore(self._connection.dialect.name, keys).values({**vars(key)})
        return changed_rows(self._connection, statement) == 1

    def key_by_hash(self, key_hash: str) -> ApiKey | None:
        """The live key with that hash."""
        return to_record(ApiKey, self._connection.execute(BY_HASH, {"given": key_hash}).one_or_none())

    def all_keys(self) -> list[ApiKey]:
        rows = self._connection.execute(select(*KEY).order_by(keys.c.id))
        return [ApiKey(**row._mapping) for row in rows]

    def revoke(self, name: str, now: datetime) -> bool:
        """False when no live key has that name."""
        statement = (
            update(keys).where(keys.c.name == name, keys.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        return changed_rows(self._connection, statement) == 1

    def note_use(self, key_id: ApiKeyId, now: datetime) -> None:
        """To the minute: a busy key does not write with each request."""
        is_old = or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < now - MINUTE)
        self._connection.execute(update(keys).where(keys.c.id == key_id, is_old).values(last_used_at=now))

    def begin(self, caller: str, key: str, fingerprint: str, now: datetime) -> RememberedRequest | None:
        """None when this is the first with that key, and it is ours to do in this transaction.

        Who comes while another does it waits for that one's commit. What is rolled back was never begun.
        """
        statement = insert_or_ignore(self._connection.dialect.name, requests).values(
            caller=caller, key=key, fingerprint=fingerprint, created_at=now
        )
        if changed_rows(self._connection, statement) == 1:
            return None
        row = self._connection.execute(
            select(*REQUEST).where(requests.c.caller == caller, requests.c.key == key)
        ).one()
        return RememberedRequest(**row._mapping)

    def finish(self, caller: str, key: str, status: int, answer: dict[str, Any]) -> None:
        self._connection.execute(
            update(requests)
            .where(requests.c.caller == caller, requests.c.key == key)
            .values(status=status, answer=answer)
        )

    def forget(self, before: datetime, most: int = 1000) -> int:
        """Drop the oldest that were made before then. Returns how many; the rows are in order of time."""
        oldest = select(requests.c.number, requests.c.created_at).order_by(requests.c.number).limit(most)
        old = [row.number for row in self._connection.execute(oldest) if row.created_at < before]
        if old:
            self._connection.execute(delete(requests).where(requests.c.number.in_(old)))
        return len(old)
