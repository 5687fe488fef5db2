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


class Spending:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def on(self, day: date) -> int:
        """Millionths of the currency's main unit."""
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
