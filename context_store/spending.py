"""What the day's messages have cost so far."""

import random
from datetime import date

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from context_store.models.engine import SpendingRow
from context_store.rows import table_of

spending = table_of(SpendingRow)
# Senders that add at the same moment meet on the same row once in so many times.
SHARDS = 16
# Any number that no other lock of this database has.
SPENDING_LOCK = 0x48494C4F


class Spending:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def on(self, day: date, *, exact_from: int) -> int:
        """Millionths of the currency's main unit.

        From `exact_from` on nobody else reads or adds until this transaction ends, so that those who send
        at the same moment cannot all take the last of it.
        """
        spent = self._sum(day)
        if spent < exact_from or self._connection.dialect.name == "sqlite":
            return spent
        self._connection.execute(select(func.pg_advisory_xact_lock(SPENDING_LOCK)))
        return self._sum(day)

    def _sum(self, day: date) -> int:
        query = select(func.coalesce(func.sum(spending.c.micros), 0)).where(spending.c.day == day)
        return int(self._connection.execute(query).scalar_one())

    def add(self, day: date, micros: int) -> None:
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        shard = random.randrange(SHARDS)
        insert = dialect.insert(spending).values(day=day, shard=shard, micros=micros)
        self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=[spending.c.day, spending.c.shard],
                set_={"micros": spending.c.micros + micros},
            )
        )
