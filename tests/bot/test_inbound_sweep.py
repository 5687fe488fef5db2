"""Messages whose webhook never came are found in the carrier's own list: all, once, in their order."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot import media
from bot.channels import twilio_list
from bot.channels.media import fetch
from bot.inbound_sweep import chore, sweep
from bot.simulator import Carrier
from bot.simulator.faults import Faults
from bot.simulator.forms import inbound_form
from bot.simulator.records import Author, Channel, Media, Message
from bot.simulator.sids import new_sid
from context_store.records import Channel as OurChannel
from context_store.records import MediaStatus
from tests.bot.carriers import Served, served_carrier
from tests.bot.helpers import LUCIA, at_once, count_rows
from tests.doubles import ACCOUNT, NOON
from tests.world import World, make_world

BEA = "+34600000002"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
NOW = datetime.now(UTC).replace(microsecond=0)
LONG_KNOWN = NOW - timedelta(days=30)


@pytest.fixture
def served() -> Iterator[Served]:
    with served_carrier() as served:
        yield served


@pytest.fixture
def carrier(served: Served) -> Carrier:
    return served.carrier


@pytest.fixture
def world(database_url: str, served: Served) -> Iterator[World]:
    made = make_world(database_url, twilio_api_url=served.url)
    yield made
    made.house.close()


@pytest.fixture
def one(sqlite_url: str, served: Served) -> Iterator[World]:
    """For what the database cannot change: quicker."""
    made = make_world(sqlite_url, twilio_api_url=served.url)
    yield made
    made.house.close()


def writes(
    carrier: Carrier, text: str, *, ago: float = 60, channel: Channel = Channel.SMS, **more: Any
) -> Message:
    """They wrote, so many seconds ago, and the carrier has told nobody."""
    content = more.pop("content", None)
    at = NOW - timedelta(seconds=ago)
    numbers = {Channel.SMS: "+34910000001", Channel.WHATSAPP: "+34910000002"}
    usual = {
        "author": Author.CUSTOMER,
        "customer": LUCIA,
        "shop": numbers[channel],
        "status": "received",
        "direction": "inbound",
    }
    message = Message(
        sid=new_sid("MM" if content else "SM"),
        channel=channel,
        body=text,
        created_at=at,
        updated_at=at,
        sent_at=at,
        shown_at=at,
        media_count=1 if content else 0,
        **(usual | more),
    )
    kept = Media(sid=new_sid("ME"), content_type="image/jpeg", name="x", content=content or b"")
    return carrier.store.add(message, [kept] if content else [])


def look(world: World, known_since: datetime = LONG_KNOWN, refused: set[str] | None = None) -> int:
    return sweep(world.house.parts, known_since, NOW, set() if refused is None else refused)


def texts(world: World, phone: str = LUCIA) -> list[str]:
    return [message.text for message in world.thread(phone) if message.direction.value == "in"]


def deliver(world: World, message: Message) -> int:
    form = inbound_form(message, None, [], account_sid=ACCOUNT, api_url="")
    return world.post("/twilio/messages", form).status_code


def test_what_nobody_told_us_is_stored_in_its_order_and_rung_for(world: World, carrier: Carrier) -> None:
    writes(carrier, "cuarto", ago=60)
    writes(carrier, "segundo", ago=90, channel=Channel.WHATSAPP)
    writes(carrier, "primero", ago=120)
    writes(carrier, "tercero", ago=61, channel=Channel.WHATSAPP)
    assert look(world) == 4
    assert texts(world) == ["primero", "segundo", "tercero", "cuarto"]
    assert [message.channel for message in world.thread(LUCIA)] == [
        OurChannel.SMS,
        OurChannel.WHATSAPP,
        OurChannel.WHATSAPP,
        OurChannel.SMS,
    ]
    assert set(world.bell.turns) == {world.customer_id(LUCIA)}
    assert count_rows(world, "inputs") == 4


def test_those_of_one_second_keep_the_carriers_order(one: World, carrier: Carrier) -> None:
    for number in range(5):
        writes(carrier, f"{number}", ago=60)
    assert look(one) == 5
    assert texts(one) == ["0", "1", "2", "3", "4"]


def test_what_is_here_already_is_left_alone(world: World, carrier: Carrier) -> None:
    came = writes(carrier, "llegó")
    writes(carrier, "no llegó")
    assert deliver(world, came) == 200
    assert look(world) == 1
    assert look(world) == 0
    assert deliver(world, came) == 200
    assert sorted(texts(world)) == ["llegó", "no llegó"]
    assert count_rows(world, "inputs") == 2


def test_webhooks_that_come_at_the_same_moment_make_no_doubles(world: World, carrier: Carrier) -> None:
    written = [writes(carrier, f"{number}", ago=60 + number) for number in range(4)]
    parts = world.house.parts

    def post(message: Message) -> int:
        # A client of its own: they do it at once.
        return deliver(replace(world, client=world.client.application.test_client()), message)

    jobs = [partial(sweep, parts, LONG_KNOWN, NOW, set()) for _ in range(3)]
    at_once([*jobs, *(partial(post, message) for message in written)])
    assert sorted(texts(world)) == ["0", "1", "2", "3"]
    assert count_rows(world, "inputs") == 4
    assert count_rows(world, "customers") == 1


def test_a_swept_message_is_as_old_as_it_is(one: World, carrier: Carrier) -> None:
    """In business time, which a demo's clock has moved; WhatsApp's window is counted from it."""
    writes(carrier, "hace una hora", ago=3600)
    look(one)
    (message,) = one.thread(LUCIA)
    assert message.created_at == NOON - timedelta(hours=1)


def test_a_message_that_has_just_come_is_left_to_its_webhook(one: World, carrier: Carrier) -> None:
    writes(carrier, "ahora mismo", ago=5)
    assert look(one) == 0
    writes(carrier, "hace nada", ago=31)
    assert look(one) == 1


def test_yesterdays_messages_are_not_answered_by_a_new_database(one: World, carrier: Carrier) -> None:
    writes(carrier, "anteayer", ago=25 * 3600)
    writes(carrier, "ayer", ago=20 * 3600)
    writes(carrier, "antes", ago=600)
    writes(carrier, "mientras", ago=200)
    assert look(one, known_since=NOW) == 1
    assert texts(one) == ["mientras"]
    assert look(one) == 2
    assert "anteayer" not in texts(one)


def test_only_what_customers_wrote_to_our_numbers_counts(one: World, carrier: Carrier) -> None:
    writes(carrier, "a otro número", shop="+34919999999")
    writes(carrier, "nuestro", author=Author.SHOP, direction="outbound-api", status="sent")
    assert look(one) == 0


def test_a_picture_comes_along_and_is_fetched(one: World, carrier: Carrier, tmp_path: Any) -> None:
    parts = one.house.parts
    object.__setattr__(parts, "settings", parts.settings.model_copy(update={"var_folder": tmp_path}))
    writes(carrier, "mira", channel=Channel.WHATSAPP, content=PNG)
    assert look(one) == 1
    (message,) = one.thread(LUCIA)
    assert fetch(parts.settings, message.media[0].url).content == PNG
    assert media.fetch_waiting(parts) == 1
    with one.database.read() as uow:
        (file,) = uow.media_files.of_messages([message.id])[message.id]
    assert (file.status, file.content_type) == (MediaStatus.KEPT, "image/png")


def test_somebody_without_a_number_is_found_too(one: World, carrier: Carrier) -> None:
    writes(carrier, "hola", channel=Channel.WHATSAPP, customer="CO.9Z8Y7X")
    assert look(one) == 1
    assert count_rows(one, "customers") == 1


def test_a_message_of_no_use_is_told_of_once(
    one: World, carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    writes(carrier, "de nadie", customer="")
    writes(carrier, "de alguien", customer=BEA)
    refused: set[str] = set()
    with caplog.at_level(logging.WARNING, "hilo.inbound_sweep"):
        assert look(one, refused=refused) == 1
        for _ in range(3):
            assert look(one, refused=refused) == 0
    assert [record.action for record in caplog.records] == ["listed_refused", "messages_found_late"]  # type: ignore[attr-defined]
    assert texts(one, BEA) == ["de alguien"]


def test_a_carrier_that_does_not_answer_is_asked_again_later(
    one: World, carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    writes(carrier, "hola")
    parts = one.house.parts
    carrier.switches.set(Faults(list_down_rate=1.0))
    with caplog.at_level(logging.WARNING, "hilo.inbound_sweep"):
        assert sweep(parts, LONG_KNOWN, NOW, set()) == 0
    assert [record.action for record in caplog.records] == ["sweep_failed"]  # type: ignore[attr-defined]
    carrier.switches.set(Faults())
    assert sweep(parts, LONG_KNOWN, NOW, set()) == 1


def test_many_are_compared_page_by_page(
    one: World, carrier: Carrier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(25):
        writes(carrier, f"{number:02}", ago=200 - number)
    monkeypatch.setattr(twilio_list, "PAGE_SIZE", 4)
    monkeypatch.setattr("bot.inbound_sweep.COMPARED_AT_ONCE", 3)
    assert look(one) == 25
    assert texts(one) == [f"{number:02}" for number in range(25)]
    monkeypatch.setattr(twilio_list, "MOST", 10)
    assert look(one) == 0
    assert "list_too_long" in {getattr(record, "action", None) for record in caplog.records}


def test_the_chore_comes_as_often_as_it_is_told(one: World) -> None:
    made = chore(one.house.parts.settings)
    assert (made.name, made.every_seconds) == ("inbound_sweep", 300.0)
    made.do(one.house.parts, LONG_KNOWN)
