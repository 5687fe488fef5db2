"""Fixtures of the engine's tests."""

from collections.abc import Iterator

import pytest

from tests.world import World, make_world


@pytest.fixture
def postgres_world(postgres_url: str) -> Iterator[World]:
    """For what SQLite's single writer rules out."""
    made = make_world(postgres_url)
    yield made
    made.house.close()
