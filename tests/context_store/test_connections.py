"""A connection that died while nobody used it costs nobody an error."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from context_store import database as module
from context_store.database import Database


@pytest.fixture
def postgres(postgres_url: str) -> Any:
    database = Database.connect(postgres_url)
    yield database
    database.dispose()


@pytest.mark.parametrize("opens", ["read", "write"])
def test_a_connection_that_died_while_idle_is_replaced(
    postgres: Database, postgres_url: str, opens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRUSTED_SECONDS", 0.0)
    with postgres.read() as uow:
        uow.gauges.read()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with getattr(postgres, opens)() as uow:
        assert uow.gauges.read().waiting_inputs == 0


def test_a_file_that_may_only_be_read_is_told(migrated_sqlite_file: Path) -> None:
    writable = Database.connect(f"sqlite:///{migrated_sqlite_file}")
    assert writable.writing_problem() is None
    writable.dispose()
    read_only = Database.connect(f"sqlite:///file:{migrated_sqlite_file}?mode=ro&uri=true")
    assert read_only.writing_problem() == "attempt to write a readonly database"
    read_only.dispose()
