"""Content items that the carrier keeps for us: made once, found again by what they say."""

from datetime import datetime

from sqlalchemy import Connection, select

from context_store.models.outreach import ContentRow
from context_store.rows import insert_or_ignore, table_of

contents = table_of(ContentRow)


class Contents:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sid_of(self, key: str) -> str | None:
        found: str | None = self._connection.execute(
            select(contents.c.sid).where(contents.c.key == key)
        ).scalar_one_or_none()
        return found

    def keep(self, key: str, sid: str, now: datetime) -> None:
        """The first one counts: two processes that made the same at once use one from then on."""
        statement = insert_or_ignore(self._connection.dialect.name, contents)
        self._connection.execute(statement.values(key=key, sid=sid, created_at=now))
