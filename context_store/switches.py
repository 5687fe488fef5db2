"""What an operator has switched: on while its row is there, with the reason."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from context_store.models.engine import SwitchRow
from context_store.rows import changed_rows, insert_or_ignore, table_of

switches = table_of(SwitchRow)

# Nothing goes out, after a restore for example.
OUTBOUND_HOLD = "outbound_hold"
IS_ON_HOLD = exists().where(switches.c.name == OUTBOUND_HOLD)


class Switches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reason(self, name: str) -> str | None:
        """Why it is on; None when it is off."""
        query = select(switches.c.reason).where(switches.c.name == name)
        return self._connection.execute(query).scalar_one_or_none()

    def turn_on(self, name: str, reason: str, now: datetime) -> bool:
        """False when it was on already: the first reason stays."""
        values = {"name": name, "reason": reason[:200], "changed_at": now}
        insert = insert_or_ignore(self._connection.dialect.name, switches)
        return changed_rows(self._connection, insert, values) == 1

    def turn_off(self, name: str) -> bool:
        return changed_rows(self._connection, delete(switches).where(switches.c.name == name)) == 1
