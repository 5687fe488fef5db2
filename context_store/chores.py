"""Regular chores: whichever process comes first does one, the others leave it alone for a while."""

from datetime import datetime

from sqlalchemy import Connection, Float, bindparam, or_, select, update

from context_store.models.base import DatabaseTime
from context_store.models.engine import ChoreRow
from context_store.rows import changed_rows, insert_or_ignore, table_of

chores = table_of(ChoreRow)

# On the database's clock: the machines' own differ.
TAKE = (
    update(chores)
    .where(
        chores.c.name == bindparam("chore"),
        chores.c.due_at <= DatabaseTime(),
        or_(chores.c.lease_until.is_(None), chores.c.lease_until <= DatabaseTime()),
    )
    .values(owner=bindparam("taker"), lease_until=DatabaseTime(bindparam("lease", type_=Float)))
    .returning(chores.c.created_at)
)
FINISH = (
    update(chores)
    .where(chores.c.name == bindparam("chore"), chores.c.owner == bindparam("taker"))
    .values(
        due_at=DatabaseTime(bindparam("every", type_=Float)),
        done_at=DatabaseTime(),
        owner=None,
        lease_until=None,
    )
)


IS_RESTING = (
    chores.c.name == bindparam("chore"),
    or_(chores.c.due_at > DatabaseTime(), chores.c.lease_until > DatabaseTime()),
)


class Chores:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def may_be_due(self, name: str) -> bool:
        """Cheap, and takes no lock."""
        return (
            self._connection.execute(select(chores.c.name).where(*IS_RESTING), {"chore": name}).first()
            is None
        )

    def ensure(self, name: str) -> None:
        """A chore that nobody has heard of is due at once."""
        self._connection.execute(
            insert_or_ignore(self._connection.dialect.name, chores).values(
                created_at=DatabaseTime(), due_at=DatabaseTime()
            ),
            {"name": name},
        )

    def take(self, name: str, owner: str, lease_seconds: float) -> datetime | None:
        """It is ours until the lease runs out; since when it is known here. None when it is not due."""
        values = {"chore": name, "taker": owner, "lease": lease_seconds}
        row = self._connection.execute(TAKE, values).one_or_none()
        return row.created_at if row else None

    def finish(self, name: str, owner: str, every_seconds: float) -> bool:
        """Done; due again in so many seconds. False when the lease had run out and another has it."""
        values = {"chore": name, "taker": owner, "every": every_seconds}
        return changed_rows(self._connection, FINISH, values) == 1
