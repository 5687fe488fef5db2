"""/metrics: what is counted, who may read it, and that it says nothing of a customer."""

from typing import Any

import pytest

from bot.channels.base import Fate, SendFault
from context_store.records import MessageStatus
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, execute
from tests.world import World, make_world

TOKEN = "a-token-of-the-metrics"


def read(world: World, name: str) -> dict[str, float]:
    """The samples of a metric by their labels, as they are written."""
    answer = world.client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if line.startswith(f"hilo_{name}")]
    return {line.rpartition(" ")[0].removeprefix("hilo_"): float(line.rpartition(" ")[2]) for line in lines}


def test_a_message_is_counted_from_the_webhook_to_the_carrier(world: World) -> None:
    world.says(LUCIA, "horario")
    route = 'webhook_requests_total{route="/twilio/messages",status="200"}'
    assert read(world, "webhook_requests_total") == {route: 1.0}
    assert read(world, "inputs_handled_total") == {'inputs_handled_total{kind="message"}': 1.0}
    sent = 'messages_sent_total{channel="sms",purpose="reply"}'
    assert read(world, "messages_sent_total") == {sent: 1.0}
    for histogram in ("turn_seconds", "send_seconds", "webhook_seconds"):
        assert read(world, f"{histogram}_count") == {f"{histogram}_count": 1.0}


def test_what_the_carrier_refuses_is_counted_by_its_fate(sqlite_world: World) -> None:
    sqlite_world.channel.faults.append(SendFault(Fate.FINAL, "Twilio 21611"))
    sqlite_world.says(LUCIA, "horario")
    assert read(sqlite_world, "messages_not_sent_total") == {'messages_not_sent_total{fate="final"}': 1.0}


def test_a_failed_turn_is_counted(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> None:
        raise RuntimeError("a fault in a flow")

    monkeypatch.setattr("bot.turn.decide", broken)
    sqlite_world.says(LUCIA, "horario")
    assert read(sqlite_world, "turns_failed_total") == {"turns_failed_total": 1.0}


def test_what_waits_is_read_from_the_database(world: World) -> None:
    world.receive(LUCIA, "horario")
    world.clock.forward(seconds=90)
    assert read(world, "inputs_waiting") == {"inputs_waiting": 1.0}
    age = "inputs_oldest_waiting_seconds"
    assert read(world, age) == {age: 90.0}
    world.work()
    assert read(world, "inputs_waiting") == {"inputs_waiting": 0.0}
    assert read(world, age) == {age: 0.0}


@pytest.mark.parametrize(
    "status",
    [MessageStatus.QUEUED, MessageStatus.HELD, MessageStatus.UNKNOWN, MessageStatus.PARKED],
)
def test_open_messages_are_told_by_their_state(world: World, status: MessageStatus) -> None:
    world.says(LUCIA, "horario")
    execute(world, "UPDATE messages SET status = ? WHERE direction = 'out'", status.value)
    found = {label: number for label, number in read(world, "messages_open").items() if number}
    assert found == {f'messages_open{{status="{status.value}"}}': 1.0}


def test_open_requests_for_a_person_are_told(world: World) -> None:
    world.says(LUCIA_ON_WHATSAPP, "quiero hablar con una persona")
    assert sum(read(world, "handoffs_open").values()) == 1


def test_the_counters_outlive_the_database(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA, "horario")
    execute(sqlite_world, "DROP TABLE handoffs")
    assert read(sqlite_world, "database_up") == {"database_up": 0.0}
    assert read(sqlite_world, "turn_seconds_count") == {"turn_seconds_count": 1.0}


def test_nothing_of_a_customer_is_in_it(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA_ON_WHATSAPP, "me llamo Ocelote", ProfileName="Ocelote")
    sqlite_world.client.get("/v1/customers/phone:+34600000001/context")
    text = sqlite_world.client.get("/metrics").text
    assert "600000001" not in text
    assert "Ocelote" not in text


@pytest.mark.parametrize(
    ("caller", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
        # A proxy beside us calls from loopback on everybody's behalf.
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("10.0.0.7", {"X-Forwarded-For": "127.0.0.1"}, 403),
    ],
)
def test_without_a_token_only_this_machine_reads_it(
    sqlite_world: World, caller: str, headers: dict[str, str], status: int
) -> None:
    answer = sqlite_world.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": caller})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), (f"Bearer {TOKEN}", 200), (f"Basic {TOKEN}", 401), ("Bearer another-token-of-some", 401)],
)
def test_with_a_token_everybody_has_to_show_it(
    sqlite_url: str, authorization: str | None, status: int
) -> None:
    world = make_world(sqlite_url, metrics_token=TOKEN)
    headers = {"Authorization": authorization} if authorization else {}
    for caller in ("127.0.0.1", "10.0.0.7"):
        answer = world.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": caller})
        assert answer.status_code == status
    world.house.close()
