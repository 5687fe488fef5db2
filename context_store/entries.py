"""Conversations and visits on channels that are not ours, as other systems told them."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from context_store.families import Families
from context_store.models.elsewhere import EntryRow
from context_store.records import CustomerId, Entry, EntryId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

entries = table_of(EntryRow)
ENTRY = columns_of(Entry, entries)

# Asked before every advertisement.
NEWEST_MOOD = (
    select(*ENTRY)
    .where(
        entries.c.customer_id.in_(bindparam("family", expanding=True)),
        entries.c.mood.is_not(None),
        entries.c.occurred_at >= bindparam("since"),
    )
    .order_by(entries.c.occurred_at.desc(), entries.c.id.desc())
    .limit(1)
)


class Entries:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def add(self, entry: Entry) -> bool:
        """False when this source has told it before."""
        statement = insert_or_ignore(self._connection.dialect.name, entries).values({**vars(entry)})
        return changed_rows(self._connection, statement) == 1

    def get(self, entry_id: EntryId) -> Entry | None:
        row = self._connection.execute(select(*ENTRY).where(entries.c.id == entry_id)).one_or_none()
        return to_record(Entry, row)

    def told(self, source: str, external_id: str) -> Entry | None:
        """The entry that this source knows by that name."""
        row = self._connection.execute(
            select(*ENTRY).where(entries.c.source == source, entries.c.external_id == external_id)
        ).one_or_none()
        return to_record(Entry, row)

    def newest(self, customer_id: CustomerId, limit: int = 20, since: datetime | None = None) -> list[Entry]:
        """Newest first."""
        query = select(*ENTRY).where(entries.c.customer_id.in_(self._families.of(customer_id)))
        if since is not None:
            query = query.where(entries.c.occurred_at >= since)
        rows = self._connection.execute(
            query.order_by(entries.c.occurred_at.desc(), entries.c.id.desc()).limit(limit)
        )
        return [Entry(**row._mapping) for row in rows]

    def newest_mood(self, customer_id: CustomerId, since: datetime) -> Entry | None:
        """The newest entry since then that tells how they felt."""
        values = {"family": self._families.of(customer_id), "since": since}
        return to_record(Entry, self._connection.execute(NEWEST_MOOD, values).one_or_none())
