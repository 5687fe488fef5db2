"""Loads the shared fixtures and puts the markers on the tests that need them."""

from pathlib import Path

import pytest

pytest_plugins = (
    # First: others import what it keeps.
    "tests.fixtures.quiet",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.database",
    "tests.fixtures.world",
    "tests.fixtures.browser",
)

BROWSER_TESTS = Path(__file__).parent / "browser"
# Whole towns of processes: one at a time, however many workers there are.
TOWNS = tuple(Path(__file__).parent / name for name in ("bench", "browser", "faults", "processes"))
SERVICE_FIXTURES = {"postgres_server", "redis_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-conversations", action="store_true", help="rewrite the transcripts' answers: read the diff"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if needs_browser(item):
            item.add_marker("browser")
        if SERVICE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("services")
        if any(folder in item.path.parents for folder in TOWNS) or needs_browser(item):
            item.add_marker(pytest.mark.xdist_group("towns"))
    # Playwright keeps an event loop running in this thread until the session ends, and under
    # a running loop no other test could call asyncio.run: so its tests come last.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def needs_browser(item: pytest.Item) -> bool:
    return BROWSER_TESTS in item.path.parents or "browser" in getattr(item, "fixturenames", ())
