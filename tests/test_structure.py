"""The project keeps its shape: the guards on the project itself, then each guard on a small fault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import app
from tests import guards, routes
from tests.doubles import make_settings
from tests.guards import Source

PROJECT = Path(__file__).parents[1]
SOURCES = guards.read_sources(PROJECT)

Rule = Callable[[Source], Iterator[str]]


def report(faults: Iterator[str]) -> str:
    return "\n".join(faults)


@pytest.mark.parametrize("rule", guards.RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    faults = report(fault for source in SOURCES for fault in rule(source))
    assert not faults, f"\n{faults}"


def test_migrations_are_numbered_in_one_line() -> None:
    faults = report(guards.migration_order(SOURCES))
    assert not faults, f"\n{faults}"


def test_the_guards_see_the_whole_project() -> None:
    seen = {source.folder for source in SOURCES}
    there = {name for name in guards.FOLDERS if any((PROJECT / name).rglob("*.py"))}
    assert seen - {"app"} == there
    assert set(guards.MAY_IMPORT) == {"app", *guards.FOLDERS}
    packages = {file.parent.name for file in PROJECT.glob("*/__init__.py")}
    assert packages <= set(guards.FOLDERS), "a new top folder: say in tests/guards.py what it may import"
    assert any(guards.is_migration(source) for source in SOURCES), (
        "no migration where guards.MIGRATIONS points"
    )


def test_every_route_is_guarded(sqlite_url: str, tmp_path: Path) -> None:
    """With the simulator on: then every route there is exists."""
    settings = make_settings(sqlite_url, simulator="yes", var_folder=tmp_path)
    house = app.build(settings)
    try:
        found = routes.routes_of(app.create_app(house=house))
    finally:
        house.close()
    assert len(found) > 20, "the application has hardly any routes: is it the whole one?"
    faults = report(routes.route_faults(found))
    assert not faults, f"\n{faults}"


def lines(count: int, line: str = "    pass") -> str:
    return "\n".join([line] * count)


FAULTS: list[tuple[Rule, str, str, str]] = [
    (guards.import_direction, "flows/cart.py", "import app", "flows may not import app"),
    (
        guards.import_direction,
        "flows/cart.py",
        "from context_store.unit_of_work import UnitOfWork",
        "unit_of_work",
    ),
    (guards.import_direction, "flows/cart.py", "from context_store import live", "context_store.live"),
    (guards.import_direction, "handoff/desk.py", "from nlu.intents import classify", "nlu.intents"),
    (
        guards.import_direction,
        "handoff/desk.py",
        "def ask():\n    import bot.turn",
        "desk.py:2: handoff may not",
    ),
    (guards.import_direction, "nlu/parsed.py", "from ..flows import texts", "nlu may not import flows.texts"),
    (
        guards.import_direction,
        "nlu/parsed.py",
        "import importlib\nimportlib.import_module('bot')",
        "nlu may not",
    ),
    (guards.import_direction, "context_store/carts.py", "from nlu.parsed import Parsed", "nlu.parsed"),
    (guards.import_direction, "console/desk.py", "from bot.sender import send", "console may not"),
    (guards.import_direction, "bot/turn.py", "from console import auth", "bot may not import console.auth"),
    (guards.import_direction, "bot/turn.py", "from tests.guards import Source", "bot may not import tests"),
    (guards.library_owners, "bot/turn.py", "from sqlalchemy.orm import Session", "only by context_store/"),
    (guards.library_owners, "bot/sender.py", "import redis", "context_store/live.py"),
    (guards.library_owners, "bot/clock.py", "from huey import RedisHuey", "bot/tasks.py"),
    (guards.library_owners, "bot/webhooks/twilio.py", "import twilio.rest", "bot/channels/"),
    (guards.library_owners, "bot/turn.py", "import rasa_sdk", "flows/"),
    (
        guards.library_owners,
        "bot/channels/twilio.py",
        "from flask import request",
        "flask is imported only by",
    ),
    (guards.library_owners, "app.py", "import alembic", "only by context_store/"),
    (
        guards.clock_reads,
        "flows/policy.py",
        "from datetime import datetime\ndatetime.now()",
        "policy.py:2: no clock",
    ),
    (guards.clock_reads, "nlu/a.py", "from datetime import datetime as dt, UTC\ndt.now(UTC)", "no clock"),
    (guards.clock_reads, "handoff/a.py", "import datetime\ndatetime.datetime.utcnow()", "no clock"),
    (guards.clock_reads, "context_store/a.py", "import time as t\nt.time()", "no clock"),
    (guards.clock_reads, "context_store/a.py", "from time import time\ntime()", "no clock"),
    (guards.clock_reads, "context_store/a.py", "from datetime import datetime\nf(datetime.now)", "no clock"),
    (guards.file_length, "bot/turn.py", lines(401, "pass"), "401 lines, more than 400"),
    (guards.function_length, "bot/turn.py", "def take():\n" + lines(50), "take has 51 lines"),
    (guards.function_length, "tests/a.py", "class A:\n  async def b():\n" + lines(50), "b has 51 lines"),
    (guards.module_docstring, "nlu/parsed.py", "import re", "no docstring"),
    (guards.module_docstring, "nlu/parsed.py", '""" """', "no docstring"),
    (
        guards.row_names,
        "bot/turn.py",
        "from context_store.models import CustomerRow",
        "CustomerRow: rows stay",
    ),
    (guards.row_names, "console/desk.py", "models.CartRow", "CartRow"),
    (guards.row_names, "flows/a.py", "def f(row: 'x') -> MessageRow: ...", "MessageRow"),
    (guards.swallowed_errors, "bot/a.py", "try:\n    f()\nexcept:\n    raise", "a.py:3: bare except"),
    (guards.swallowed_errors, "bot/a.py", "try:\n    f()\nexcept Exception:\n    pass", "swallowed"),
    (
        guards.swallowed_errors,
        "bot/a.py",
        "try:\n    f()\nexcept (ValueError, Exception):\n    ...",
        "swallowed",
    ),
    (guards.swallowed_errors, "bot/a.py", "with suppress(Exception):\n    f()", "suppress(Exception)"),
    (guards.prints, "bot/sender.py", "print('sent')", "print is for bot/commands"),
    (guards.sends_outside_the_sender, "bot/turn.py", "parts.channel.send(1, 2)", "only bot/sender.py sends"),
    (guards.sends_outside_the_sender, "bot/sender.py", "client.messages.create(to=1)", "only bot/sender"),
]


@pytest.mark.parametrize(("rule", "path", "text", "fault"), FAULTS)
def test_a_rule_finds_its_fault(rule: Rule, path: str, text: str, fault: str) -> None:
    assert fault in report(rule(Source(path, text)))


FINE: list[tuple[Rule, str, str]] = [
    (guards.import_direction, "app.py", "import bot.turn, console.desk, flows, nlu, handoff, context_store"),
    (
        guards.import_direction,
        "bot/turn.py",
        "from flows.runner import run\nfrom . import sender\nimport flask",
    ),
    (guards.import_direction, "handoff/desk.py", "from nlu.parsed import Parsed\nfrom nlu import parsed"),
    (guards.import_direction, "flows/cart.py", "from context_store.records import Cart\nimport nlu.entities"),
    (guards.import_direction, "nlu/intents.py", "from nlu.parsed import Parsed\nimport applications"),
    (guards.import_direction, "tests/bot/test_turn.py", "import app, bot, tests.guards"),
    (guards.library_owners, "context_store/models/people.py", "import sqlalchemy"),
    (guards.library_owners, "context_store/live.py", "import redis, fakeredis"),
    (guards.library_owners, "bot/tasks.py", "import huey, redis"),
    (guards.library_owners, "tests/bot/test_turn.py", "import sqlalchemy, redis, flask, twilio"),
    (guards.clock_reads, "bot/clock.py", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
    (
        guards.clock_reads,
        "flows/policy.py",
        "from datetime import datetime\ndatetime.fromisoformat('2026-01-01')",
    ),
    (guards.clock_reads, "context_store/a.py", "from sqlalchemy import func\nfunc.now()\nself.time.time"),
    (guards.file_length, "bot/turn.py", lines(400, "pass")),
    (guards.function_length, "bot/turn.py", "def take():\n" + lines(49)),
    (guards.function_length, "bot/turn.py", 'def take():\n    """One.\n\n    Two.\n    """\n' + lines(49)),
    (guards.function_length, f"{guards.MIGRATIONS}0001_first.py", "def upgrade():\n" + lines(90)),
    (guards.module_docstring, "nlu/__init__.py", "\n"),
    (guards.module_docstring, "nlu/parsed.py", '"""What was understood."""'),
    (guards.row_names, "context_store/customers.py", "CustomerRow"),
    (guards.row_names, "bot/turn.py", "Row\nrow\nThrowError"),
    (guards.swallowed_errors, "bot/a.py", "try:\n    f()\nexcept KeyError:\n    pass"),
    (guards.swallowed_errors, "bot/a.py", "try:\n    f()\nexcept Exception:\n    log.exception('lost')"),
    (guards.swallowed_errors, "bot/a.py", "with suppress(KeyError):\n    f()"),
    (guards.prints, "bot/commands/doctor.py", "print('all is well')"),
    (guards.prints, "bench/turn.py", "print('12 ms')"),
    (guards.sends_outside_the_sender, "bot/sender.py", "parts.channel.send(1, 2)"),
    (guards.sends_outside_the_sender, "bot/webhooks/events.py", "queue.send(1)"),
]


@pytest.mark.parametrize(("rule", "path", "text"), FINE)
def test_a_rule_lets_good_code_pass(rule: Rule, path: str, text: str) -> None:
    assert report(rule(Source(path, text))) == ""


def migration(name: str, revision: str, down_revision: str | None) -> Source:
    text = f"revision: str = {revision!r}\ndown_revision = {down_revision!r}\n"
    return Source(f"{guards.MIGRATIONS}{name}.py", text)


FIRST = migration("0001_the_road", "0001", None)


def test_migrations_in_one_line_are_fine() -> None:
    following = [migration("0002_carts", "0002", "0001"), migration("0003_orders", "0003_orders", "0002")]
    assert report(guards.migration_order([*following, FIRST])) == ""


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (migration("0003_carts", "0003", "0001"), "the next migration is 0002_"),
        (migration("0001_carts", "0001", "0001"), "the next migration is 0002_"),
        (migration("carts", "carts", "0001"), "the next migration is 0002_"),
        (migration("0002_carts", "2b7c", "0001"), "its revision is '2b7c'"),
        (migration("0002_carts", "0002", None), "one line, one head"),
    ],
)
def test_migrations_with_a_gap_or_two_heads_are_found(second: Source, fault: str) -> None:
    assert fault in report(guards.migration_order([FIRST, second]))


@pytest.fixture
def small_application() -> Flask:
    application = Flask(__name__)
    for path, guard in {"/health": "open", "/secret": "open", "/v1/track": "write_key", "/new": None}.items():
        view = answer_nothing(guard)
        application.add_url_rule(path, endpoint=path.strip("/").replace("/", "_"), view_func=view)
    return application


def answer_nothing(guard: str | None) -> Callable[[], str]:
    def view() -> str:
        return ""

    if guard:
        view.guard = guard  # type: ignore[attr-defined]
    return view


def test_routes_without_a_guard_and_unlisted_open_ones_are_found(small_application: Flask) -> None:
    faults = list(routes.route_faults(routes.routes_of(small_application)))
    assert [fault.split(":")[0] for fault in faults] == [
        "/secret (secret) is open",
        "/new (new) is guarded by None",
    ]


def test_a_guard_that_nobody_knows_is_a_fault() -> None:
    route = routes.Route(path="/v1/track", endpoint="track", guard="wriet_key")
    assert "is guarded by 'wriet_key'" in report(routes.route_faults([route]))
