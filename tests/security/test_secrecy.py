"""Marked words and numbers go down every road, good and bad; none of them leaves by a side door.

Side doors: logs in both formats, Sentry, metrics, the addresses that we call, Redis.
"""

import logging
from pathlib import Path

import pytest

from bot.logs import JsonLines, TextLines
from bot.sentry import plain_address
from bot.settings import Settings, SettingsFault
from tests.fixtures.database import sqlite_file_url
from tests.security.looks import webhook_paths
from tests.security.roads import ON_WHATSAPP, PHONE, SECRETS, WRONG, Told, go, hits
from tests.world import World


@pytest.fixture(scope="module")
def told(migrated_sqlite_file: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    file = tmp_path_factory.mktemp("secrecy") / "hilo.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    return go(sqlite_file_url(file), redis_server)


def test_a_canary_is_found_however_it_is_written() -> None:
    assert hits(f"to {PHONE}") == ["611987654", "6119876"]
    assert hits("?To=%2B34611987654&n=Canaria%20Testigo") == ["611987654", "6119876", "canari", "Testigo"]
    assert hits("to …54, 1042 and 01a20149-b836-71f6-8239-fb95dadb33be") == []


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()], ids=["text", "json"])
def test_no_line_of_a_log_tells(told: Told, formatter: logging.Formatter) -> None:
    lines = [formatter.format(record) for record in told.logs]
    assert len(lines) > 150
    assert len([record for record in told.logs if record.levelno >= logging.ERROR]) > 10
    # All roads were gone: each of these lines stands for one.
    actions = {str(vars(record).get("action")) for record in told.logs}
    assert actions >= {"message_stored", "turn_taken", "turn_failed", "input_parked", "understanding_failed"}
    assert actions >= {"send_fault", "send_alarm", "bad_signature", "request_failed", "events_rejected"}
    assert actions >= {"bell_failed", "rates_alone", "status_reported", "media_not_written"}
    assert [line for line in lines if hits(line)] == []


def test_no_event_at_sentry_tells(told: Told) -> None:
    assert len(told.sentry) > 10
    assert any("RuntimeError" in event for event in told.sentry)
    assert {canary for event in told.sentry for canary in hits(event)} == set()


def test_no_metric_tells(told: Told) -> None:
    assert "hilo_messages_sent_total" in told.metrics
    assert hits(told.metrics) == []


def test_no_address_that_we_call_tells(told: Told) -> None:
    """But one: the carrier's list can be asked for one recipient's messages only by their number."""
    assert {address.partition(" ")[0] for address in told.addresses} == {"GET", "POST"}
    lists = [
        address for address in told.addresses if address.startswith("GET") and "/Messages.json?To=" in address
    ]
    assert lists, "nobody looked for a message of unknown fate"
    without_recipient = [address.replace(PHONE, "").replace(ON_WHATSAPP, "") for address in lists]
    others = [address for address in told.addresses if address not in lists]
    assert [address for address in (*others, *without_recipient) if hits(address)] == []


def test_redis_knows_ids_only(told: Told) -> None:
    assert told.redis.count(b"take_turns") > 20
    assert hits(told.redis.decode("latin-1")) == []


def test_a_stranger_cannot_write_a_line_of_the_log(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """What stands in an address or a field may hold a line end, and a line that looks like ours after it."""
    caplog.set_level(logging.INFO)
    path = webhook_paths(sqlite_world, sqlite_world.client.application)[-1].rpartition("/")[0]
    for forged in ("x%0A12:00:00.000 INFO hilo.turn all is well", "x%0D%0Ax", "x%1B[2Jx", "x%E2%80%A8x"):
        sqlite_world.client.post(f"{path}/{forged}", data={"Body": "x"}, headers={"X-Twilio-Signature": "x"})
    lines = [TextLines().format(record) for record in caplog.records]
    assert len(lines) >= 4
    assert [
        line for line in lines if len(line.splitlines()) > 1 or "\x1b" in line or "all is well" in line
    ] == []


def test_a_field_with_a_line_end_is_one_line_all_the_same() -> None:
    record = logging.LogRecord("hilo.turn", logging.INFO, __file__, 1, "said %s", ("a\nb\x1b[2J",), None)
    record.path = "c\r\nd\u2028e"
    assert TextLines().format(record).count("\n") == 0
    assert len(TextLines().format(record).splitlines()) == 1
    assert "\x1b" not in TextLines().format(record)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://bot.example/twilio/messages?x=1", "https://bot.example/twilio/messages"),
        (
            f"https://bot.example/v1/customers/phone:{PHONE}/context",
            "https://bot.example/v1/customers/…/context",
        ),
        (
            "https://bot.example/v1/customers/user_id:ana/context",
            "https://bot.example/v1/customers/…/context",
        ),
        (
            f"https://bot.example/twilio/status/01a2014d-1ccb-7668-9c7d-9aee8f528f25/{'0f' * 16}",
            "https://bot.example/twilio/status/01a2014d-1ccb-7668-9c7d-9aee8f528f25/…",
        ),
    ],
)
def test_sentry_is_told_the_route_and_not_what_a_caller_put_into_it(url: str, plain: str) -> None:
    assert plain_address(url) == plain


def test_settings_do_not_tell_their_secrets_in_a_fault() -> None:
    environment = {**SECRETS, "TWILIO_ACCOUNT_SID": WRONG, "SENTRY_DSN": WRONG, "PORT": "x"}
    with pytest.raises(SettingsFault) as caught:
        Settings.from_env(environment)
    assert "TWILIO_ACCOUNT_SID" in str(caught.value)
    assert hits(str(caught.value)) == []
