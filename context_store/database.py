"""Opens SQLite or PostgreSQL the way the rest relies on, and knows whether the schema is current."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from context_store.audience.values import sqlite_functions
from context_store.inputs import Started
from context_store.notices import Wanted
from context_store.records import InputNumber
from context_store.unit_of_work import UnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"
# Sixteen web threads, eight consumer threads, the clock and a few commands.
SQLITE_POOL = 32
# A connection that was used so lately is taken to be alive.
TRUSTED_SECONDS = 1.0


class Database:
    """One engine. `write()` and `read()` open units of work; nothing else touches the database."""

    def __init__(self, engine: Engine, hasty_engine: Engine | None = None) -> None:
        self._engine = engine
        self._hasty_engine = hasty_engine or engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # Shared by all units of work of this process; see `learn_wanted`.
        self.wanted = Wanted()
        self._writer = engine.execution_options(hilo_write=True)
        self._hasty_writer = self._hasty_engine.execution_options(hilo_write=True)
        # On PostgreSQL each statement sees what was committed before it, in a transaction or out of one:
        # a unit that only reads saves the two round trips that open and close it.
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        # SQLite takes one writer. Queueing on a lock is fair; polling a busy file is not (measured:
        # p95 of a turn at 8 clients 213 ms against 31 ms).
        self._write_lock = threading.Lock()

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 10) -> Self:
        """Open sqlite:///file, sqlite:// (in memory) or postgresql+psycopg://…; connects at first use."""
        if make_url(url).get_backend_name() == "sqlite":
            return cls(_sqlite_engine(url), _hasty_sqlite_engine(url))
        return cls(_postgresql_engine(url, pool_size))

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that may write. Leaving without `commit()` undoes everything."""
        if not self.is_sqlite:
            with self._writer.connect() as connection:
                yield UnitOfWork(connection, self.wanted)
            return
        with self._write_lock, self._writer.connect() as connection:
            yield UnitOfWork(connection, self.wanted)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """For reading only: on PostgreSQL what is written here stays, with or without a commit."""
        with self._reader.connect() as connection:
            yield UnitOfWork(connection, self.wanted)

    @contextmanager
    def snapshot(self) -> Iterator[UnitOfWork]:
        """For reading only, all of it as of one moment; long answers come piece by piece."""
        reader = (
            self._engine
            if self.is_sqlite
            else self._engine.execution_options(isolation_level="REPEATABLE READ")
        )
        with reader.connect() as connection:
            yield UnitOfWork(connection, self.wanted)

    @contextmanager
    def alone(self, *, is_hasty: bool = False) -> Iterator[UnitOfWork]:
        """One statement, which is its own transaction: on PostgreSQL three round trips become one.

        A hasty one is kept through a crash of ours but perhaps not through a power cut: SQLite does not
        wait for the disk. On PostgreSQL the statement itself says so (`set_config`).
        """
        if not self.is_sqlite:
            with self._reader.connect() as connection:
                yield UnitOfWork(connection, self.wanted)
            return
        writer = self._hasty_writer if is_hasty else self._writer
        with self._write_lock, writer.connect() as connection:
            uow = UnitOfWork(connection, self.wanted)
            yield uow
            uow.commit()

    def stamp_start(self, number: InputNumber, understood: dict[str, Any]) -> Started | None:
        """Count the start of a turn in a commit of its own: a start that kills the process stays counted."""
        with self.alone(is_hasty=True) as uow:
            return uow.inputs.start(number, understood)

    def learn_wanted(self) -> None:
        """What other systems want to be told of: endpoints are added in other processes too."""
        with self.read() as uow:
            self.wanted.kinds = uow.notices.wanted_kinds()

    def migrate(self) -> None:
        """Bring the schema to the newest version; safe to call on every start."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._write_lock, self._writer.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def schema_problem(self) -> str | None:
        """None when the database answers and its schema is current, else what is wrong, in words."""
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                current = MigrationContext.configure(connection).get_current_revision()
        except SQLAlchemyError as error:
            return f"the database does not answer ({type(error).__name__})"
        newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        if current != newest:
            return f"the schema is at {current or 'nothing'}, this version needs {newest}: run `hilo migrate`"
        return None

    def writing_problem(self) -> str | None:
        """Why SQLite's file cannot be written to, in its own words; None when it can, and on PostgreSQL."""
        if not self.is_sqlite:
            return None
        try:
            with self._write_lock, self._writer.connect() as connection:
                # A file that may only be read lets a transaction begin. Undone as we leave.
                connection.exec_driver_sql("PRAGMA user_version = 1")
        except OperationalError as error:
            return str(error.orig)
        return None

    def dispose(self) -> None:
        self._engine.dispose()
        self._hasty_engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    in_memory = make_url(url).database in (None, "", ":memory:")
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"pool_size": SQLITE_POOL}
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _hasty_sqlite_engine(url: str) -> Engine | None:
    """The same file, without a wait for the disk at each commit. None for a database in memory."""
    if make_url(url).database in (None, "", ":memory:"):
        return None
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True, pool_size=2)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "connect", _do_not_wait)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _do_not_wait(connection: Any, record: Any) -> None:
    # With a write-ahead log the file stays whole: only the last commits may be missing after a power cut.
    connection.execute("PRAGMA synchronous=NORMAL")


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # We say BEGIN ourselves (below): the driver would begin late and deferred.
    connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for name, (arguments, function) in sqlite_functions().items():
        connection.create_function(name, arguments, function, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    will_write = connection.get_execution_options().get("hilo_write", False)
    # A deferred transaction that turns into a writer fails with "database is locked" instead of waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if will_write else "BEGIN")


def _postgresql_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        # A statement in an error must not carry what a customer wrote.
        hide_parameters=True,
        connect_args={
            # A worker that vanished without closing must not keep a customer's row locked.
            "options": "-c idle_in_transaction_session_timeout=30000",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_refuse_a_dead_one, engine))
    return engine


def _note_use(connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _refuse_a_dead_one(engine: Engine, connection: Any, record: Any, proxy: Any) -> None:
    """Ask one that lay idle whether it is alive; to ask each time would be a round trip each time."""
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < TRUSTED_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        # All of the pool goes: what ended this one has ended the others.
        raise InvalidatePoolError("the database has closed the connection") from error
