"""Each shared fixture does what it promises."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, inspect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from context_store.database import Database

pytest_plugins = ("pytester",)

PROJECT = Path(__file__).parents[2]


def tables_at(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def add_table(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE left_behind (id integer)")
    engine.dispose()


def test_new_postgres_databases_are_empty_and_apart(new_postgres_database: Callable[[], str]) -> None:
    first, second = new_postgres_database(), new_postgres_database()
    add_table(first)
    assert tables_at(first) == {"left_behind"}
    assert tables_at(second) == set()


def test_postgres_answers_psycopg_over_its_socket_file(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT upper('ñandú'), current_setting('server_encoding')").fetchone()
    assert row == ("ÑANDÚ", "UTF8")


@pytest.mark.parametrize("leaves_a_key", [True, True], ids=["first", "second"])
def test_redis_is_empty_at_the_start_of_each_test(redis_url: str, leaves_a_key: bool) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left_behind", "1")


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_has_a_migrated_database_of_its_own(database_url: str, time: str) -> None:
    assert "alembic_version" in tables_at(database_url)
    assert "left_behind" not in tables_at(database_url)
    add_table(database_url)


def test_the_database_is_connected_to_a_migrated_copy(database: "Database") -> None:
    database.migrate()


def test_the_browser_shows_a_page(page: "Page") -> None:
    page.set_content("<title>Hilo</title><script>document.title += ' works'</script>")
    assert page.title() == "Hilo works"


def test_a_page_keeps_nothing_from_the_test_before(page: "Page") -> None:
    assert page.url == "about:blank"
    assert page.context.cookies() == []


@pytest.mark.allow_console_errors
def test_a_page_error_is_let_through_where_a_test_says_so(page: "Page") -> None:
    page.set_content("<script>console.error('expected')</script>")


FAILING_PAGE_TESTS = """
    import pytest

    @pytest.mark.parametrize("script", ["console.error('broken button')", "nobody()"])
    def test_page(page, script):
        page.set_content(f"<script>{script}</script>")
        page.wait_for_timeout(50)
"""


@pytest.mark.browser
def test_an_error_in_the_browser_fails_its_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a process of its own: Playwright starts once a thread.
    pytester.makepyfile(FAILING_PAGE_TESTS)
    result = run_in_a_process(pytester, monkeypatch)
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*console: broken button*"])
    result.stdout.fnmatch_lines(["*page: nobody is not defined*"])


MISSING_BROWSER_TEST = """
    import tests.fixtures.browser

    tests.fixtures.browser.find_browser = lambda: None

    def test_page(page):
        pass
"""


@pytest.mark.parametrize(("required", "outcome"), [("0", "skipped"), ("1", "errors")])
def test_a_missing_browser_is_a_failure_only_where_one_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, required: str, outcome: str
) -> None:
    monkeypatch.setenv("HILO_REQUIRE_BROWSER", required)
    pytester.makepyfile(MISSING_BROWSER_TEST)
    result = run_in_a_process(pytester, monkeypatch)
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines(["*No Chromium found. Install one*"])


def run_in_a_process(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.RunResult:
    """Run the made-up test file with the project's own fixtures, reporting skips and failures."""
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    # Only what it is about: each plugin that is installed costs a start.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester.runpytest_subprocess("-ra", "-p", "tests.fixtures.browser")
