"""Fixtures of the stores' tests."""

from collections.abc import Iterator

import pytest

from context_store.database import Database
from tests.fixtures.world import Ground


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Migrated and empty, with the engine of the test before: see tests/fixtures/world.py."""
    # Asked for by name, so that the SQLite run starts no server.
    ground: Ground = request.getfixturevalue(
        "sqlite_ground" if request.param == "sqlite" else "postgres_ground"
    )
    ground.renew()
    yield ground.database
    ground.database.dispose()
