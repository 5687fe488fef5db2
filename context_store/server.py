"""What the database server says of itself, for `hilo migrate` and `hilo doctor`."""

from dataclasses import dataclass
from datetime import datetime

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, exists, select, text

from context_store.models.base import DatabaseTime
from context_store.models.people import CustomerRow
from context_store.rows import table_of

customers = table_of(CustomerRow)


@dataclass(frozen=True, kw_only=True)
class Connections:
    used: int
    # How many the server takes from all its clients together.
    most: int


class Server:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> str:
        """Its kind and version, as PostgreSQL 17.2."""
        if self._is_sqlite:
            return f"SQLite {self._scalar('SELECT sqlite_version()')}"
        return f"PostgreSQL {self._scalar('SHOW server_version')}"

    def now(self) -> datetime:
        """Its clock, which leases and sweeps are on."""
        found: datetime = self._connection.execute(select(DatabaseTime())).scalar_one()
        return found

    def revision(self) -> str | None:
        """The schema's version; None when there is no schema yet."""
        return MigrationContext.configure(self._connection).get_current_revision()

    def connections(self) -> Connections | None:
        """None on SQLite, which counts none."""
        if self._is_sqlite:
            return None
        used = self._scalar("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        return Connections(used=int(used), most=int(self._scalar("SHOW max_connections")))

    def has_customers(self) -> bool:
        return bool(self._connection.execute(select(exists().select_from(customers))).scalar_one())

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _scalar(self, statement: str) -> str:
        return str(self._connection.execute(text(statement)).scalar_one())
