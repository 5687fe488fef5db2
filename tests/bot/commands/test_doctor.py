"""`hilo doctor`: each thing that can be wrong is found, named, and comes with what to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import app
from bot.channels.twilio_check import Account, CheckFault
from bot.commands import checks_of_settings as settings_checks
from bot.commands.checks_of_servers import _memory, check_clock, check_database, check_redis
from bot.commands.findings import Finding, State
from bot.settings import Settings
from tests.bot.channels.servers import counting_server, give
from tests.bot.commands.conftest import Run
from tests.bot.helpers import LONG_AGO, LUCIA, execute
from tests.doubles import TOKEN, make_settings
from tests.world import World

POSTGRESQL = "postgresql+psycopg://localhost/hilo"
AT_TWILIO = "https://api.twilio.com"


def states(findings: Any) -> dict[str, State]:
    return {finding.name: finding.state for finding in findings}


def test_a_fresh_folder_is_well(shell: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(app.hilo, ["migrate"]).exit_code == 0
    result = CliRunner().invoke(app.hilo, ["doctor"])
    assert result.exit_code == 0, result.output
    assert [line for line in result.output.splitlines() if line.startswith("wrong")] == []


def test_settings_that_are_wrong_are_all_told_at_once(shell: pytest.MonkeyPatch) -> None:
    shell.setenv("DATABASE_URL", POSTGRESQL)
    shell.setenv("SECRET_KEY", "short")
    result = CliRunner().invoke(app.hilo, ["doctor"])
    assert result.exit_code == 1
    told = [line.split()[2] for line in result.output.splitlines() if line.startswith("wrong")]
    assert told == ["SECRET_KEY:", "TWILIO_ACCOUNT_SID:", "TWILIO_AUTH_TOKEN:", "PUBLIC_URL:"]
    assert "-> 32 or more random characters" in result.output


def test_a_schema_that_is_behind_is_wrong(shell: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app.hilo, ["doctor", "--json"])
    assert result.exit_code == 1
    assert '"run `hilo migrate` before the processes start"' in result.output


@pytest.mark.parametrize(
    ("database_url", "redis_url", "state"),
    [
        ("sqlite:///hilo.db", "", State.OK),
        ("sqlite:///hilo.db", "redis://h/0", State.WARNING),
        (POSTGRESQL, "", State.WARNING),
        (POSTGRESQL, "redis://h/0", State.OK),
    ],
)
def test_the_mix_of_database_and_redis_is_judged(database_url: str, redis_url: str, state: State) -> None:
    assert settings_checks.check_mix(make_settings(database_url, redis_url=redis_url)).state is state


@pytest.mark.parametrize(
    ("url", "api", "state"),
    [
        ("https://bot.example", AT_TWILIO, State.OK),
        ("http://bot.example", AT_TWILIO, State.WARNING),
        ("https://localhost:8000", AT_TWILIO, State.WRONG),
        ("http://127.0.0.1:8000", AT_TWILIO, State.WRONG),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", State.OK),
    ],
)
def test_the_public_url_must_be_one_that_twilio_can_call(url: str, api: str, state: State) -> None:
    assert settings_checks.check_public_url(make_settings(public_url=url, twilio_api_url=api)).state is state


def refuse(settings: Settings) -> Account:
    raise CheckFault("Twilio does not know this account", "copy them anew")


@pytest.mark.parametrize(
    ("fetch", "state"),
    [
        (lambda settings: Account(status="active", is_trial=False), State.OK),
        (lambda settings: Account(status="active", is_trial=True), State.WARNING),
        (lambda settings: Account(status="suspended", is_trial=False), State.WRONG),
        (refuse, State.WRONG),
    ],
)
def test_the_account_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, fetch: Callable[[Settings], Account], state: State
) -> None:
    monkeypatch.setattr(settings_checks, "fetch_account", fetch)
    assert settings_checks.check_carrier(make_settings()).state is state


def test_the_webhooks_address_must_be_answered_by_us() -> None:
    with counting_server() as server:
        settings = make_settings(public_url=server.url)
        assert settings_checks.check_webhook(settings).state is State.WRONG
        server.answers["/health"] = give(b'{"status":"ok"}')
        finding = settings_checks.check_webhook(settings)
        assert (finding.state, "from here at least" in finding.text) == (State.OK, True)
    assert (
        settings_checks.check_webhook(make_settings(public_url="http://127.0.0.1:1")).state is State.WARNING
    )


def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    finding = settings_checks.check_disk(make_settings(var_folder=file))
    assert finding.state is State.WRONG
    assert settings_checks.check_disk(make_settings(var_folder=tmp_path / "new" / "var")).state is State.OK


def test_clocks_may_be_two_seconds_apart() -> None:
    for seconds, state in ((0.5, State.OK), (-1.5, State.OK), (3, State.WRONG), (-3, State.WRONG)):
        finding = check_clock("database", partial(now_and, timedelta(seconds=seconds)))
        assert finding.state is state


def now_and(span: timedelta) -> datetime:
    return datetime.now(UTC) + span


def test_a_database_that_is_away_is_wrong_and_ends_its_checks() -> None:
    settings = make_settings("postgresql+psycopg://nobody@127.0.0.1:1/hilo")
    assert states(check_database(settings)) == {"database": State.WRONG}


def test_a_database_in_order_is_described(world: World) -> None:
    settings = world.house.parts.settings
    found = {finding.name: finding for finding in check_database(settings)}
    assert {finding.state for finding in found.values()} == {State.OK}
    assert found["database"].text.startswith("SQLite 3" if world.database.is_sqlite else "PostgreSQL ")
    if not world.database.is_sqlite:
        assert f"up to {settings.most_connections}" in found["connections"].text


def test_what_waits_for_long_is_told(hilo: Run, world: World) -> None:
    now = datetime.now(UTC)
    world.clock.moment = now - timedelta(minutes=2)
    world.receive(LUCIA, "hola")
    assert waiting_of(world).state is State.WARNING
    execute(world, "UPDATE inputs SET created_at = ?", LONG_AGO)
    assert waiting_of(world).state is State.WRONG
    execute(world, "UPDATE inputs SET status = 'parked'")
    hilo("hold", "--reason", "a restore")
    found = {finding.name: finding for finding in check_database(world.house.parts.settings)}
    assert (found["inputs"].text, found["parked"].state) == ("none waits", State.WARNING)
    assert found["outbound"].text == "on hold: a restore"


def waiting_of(world: World) -> Finding:
    return next(finding for finding in check_database(world.house.parts.settings) if finding.name == "inputs")


def test_a_redis_in_order_is_described(redis_url: str) -> None:
    found = states(check_redis(make_settings(redis_url=redis_url)))
    assert found == {"redis": State.OK, "redis clock": State.OK, "redis memory": State.OK}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://host:port/0"])
def test_a_redis_that_is_away_is_wrong(url: str) -> None:
    assert states(check_redis(make_settings(redis_url=url))) == {"redis": State.WRONG}


def test_a_redis_that_throws_away_what_waits_is_told() -> None:
    full = {"maxmemory": 1_000_000, "maxmemory_policy": "allkeys-lru", "evicted_keys": 7}
    finding = _memory(full)
    assert (finding.state, "7 keys evicted" in finding.text) == (State.WARNING, True)
    assert _memory({**full, "maxmemory_policy": "noeviction"}).state is State.OK


def test_no_secret_is_shown(hilo: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_checks, "fetch_account", refuse)
    output = hilo("doctor", PUBLIC_URL="http://127.0.0.1:1").output
    for secret in (TOKEN, "s" * 32):
        assert secret not in output


def test_a_check_that_breaks_does_not_hide_the_others(hilo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_checks, "fetch_account", lambda settings: 1 / 0)
    output = hilo("doctor", PUBLIC_URL="http://127.0.0.1:1").output
    assert "the check itself failed (ZeroDivisionError)" in output
    assert "VAR_FOLDER" in output
