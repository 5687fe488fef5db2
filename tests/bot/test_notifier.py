"""Other systems are told: signed, in order, again until it arrives, and nobody waits for a slow one."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from standardwebhooks import WebhookVerificationError

from bot.notifier import (
    DELAYS,
    LONGEST_REST,
    Manners,
    NotifierThread,
    deliver_waiting,
    due_endpoints,
    rest_after,
)
from bot.webhook_call import Answer
from bot.webhook_signing import new_secret
from context_store.records import (
    DisabledBy,
    NoticeKind,
    NoticeStatus,
)
from tests.bot.helpers import LONG_AGO, LUCIA, count_rows, execute
from tests.bot.receivers import (
    AT_ONCE,
    Receiver,
    add_endpoint,
    deliver_all,
    deliveries,
    endpoint_now,
    lenient,
    listening,
)
from tests.world import World

MARIO = "+34600000002"


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    yield lenient(world)
    world.database.wanted.kinds = frozenset()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


def test_a_message_is_told_signed_and_without_its_words(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "mi secreto")
    assert deliver_all(shop) == 1
    told = receiver.got[0].verified(endpoint.secret)
    assert (told["type"], told["version"], told["id"]) == (
        "message.received",
        1,
        receiver.got[0].headers["webhook-id"],
    )
    assert told["customer"]["id"] == str(shop.customer_id(LUCIA))
    assert {"kind": "phone", "value": LUCIA} in told["customer"]["identifiers"]
    assert told["data"]["channel"] == "sms"
    assert b"secreto" not in receiver.got[0].body
    assert [(one.status, one.attempt) for one in deliveries(shop, endpoint)] == [(NoticeStatus.DELIVERED, 1)]


def test_who_asked_for_the_words_gets_them(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED, with_body=True)
    shop.says(LUCIA, "¿tenéis velas? ☕")
    deliver_all(shop)
    assert receiver.got[0].told["data"]["text"] == "¿tenéis velas? ☕"


def test_a_forged_body_is_seen_by_the_receiver(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    deliver_all(shop)
    forged = replace(receiver.got[0], body=receiver.got[0].body.replace(b"sms", b"SMS"))
    with pytest.raises(WebhookVerificationError):
        forged.verified(endpoint.secret)


def test_what_happens_in_a_conversation_is_told_in_order(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url)
    shop.says(LUCIA, "quiero hablar con una persona")
    [sent] = shop.channel.sent[-1:]
    shop.status(sent, "delivered")
    shop.says(LUCIA, "STOP")
    deliver_all(shop)
    told = [(one.told["type"], one.told["data"].get("status")) for one in receiver.got]
    assert told[:6] == [
        ("message.received", None),
        ("handoff.requested", None),
        ("conversation.controller_changed", None),
        ("message.status", "sent"),
        ("message.status", "delivered"),
        ("message.received", None),
    ]
    assert ("consent.changed", "opted_out") in told
    numbers = [one.told["sequence"] for one in receiver.got]
    assert numbers == sorted(numbers)


def test_without_an_endpoint_nothing_is_written(world: World) -> None:
    world.says(LUCIA, "quiero hablar con una persona")
    assert (count_rows(world, "notices"), count_rows(world, "webhook_deliveries")) == (0, 0)


def test_a_kind_that_nobody_wants_is_not_written(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url, NoticeKind.SURVEY_ANSWERED)
    shop.says(LUCIA, "hola")
    assert count_rows(shop, "notices") == 0


def test_what_is_undone_is_not_told(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url)
    shop.says(LUCIA, "hola")
    before = count_rows(shop, "notices")
    with shop.database.write() as uow:
        uow.notices.add(NoticeKind.CUSTOMER_MERGED, shop.customer_id(LUCIA), {"into": "x"})
    assert count_rows(shop, "notices") == before


def test_a_fault_is_tried_again_with_the_same_id_and_kept_in_the_log(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    receiver.status, receiver.text = 400, b"<script>alert(1)</script>\x00" + b"x" * 5000
    assert deliver_waiting(shop.house.parts, endpoint, "a test", AT_ONCE) == 1
    receiver.status, receiver.text = 204, b""
    deliver_all(shop)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    [delivery] = deliveries(shop, endpoint)
    first, second = delivery.tries
    assert (first.attempt, first.http_status, second.attempt, second.http_status) == (1, 400, 2, 204)
    assert first.answer is not None
    assert len(first.answer) == 500
    assert "\x00" not in first.answer
    assert endpoint_now(shop, endpoint).failures == 0


def test_the_delays_grow_over_three_days() -> None:
    assert list(DELAYS) == sorted(DELAYS)
    assert 2.9 < sum(DELAYS) / 86400 < 3.1


def test_after_the_last_try_it_is_given_up(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    receiver.status = 422
    assert deliver_all(shop, Manners(delays=(0.0, 0.0))) == 3
    [delivery] = deliveries(shop, endpoint)
    assert (delivery.status, delivery.attempt) == (NoticeStatus.FAILED, 3)


def test_a_process_that_dies_in_the_act_loses_nothing(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    with shop.database.write() as uow:
        dead = uow.webhook_deliveries.take(endpoint, "dead", 60.0)
        uow.commit()
    assert deliver_all(shop) == 0, "its lease holds"
    execute(shop, "UPDATE webhook_deliveries SET not_before = ?", LONG_AGO)
    assert deliver_all(shop) == 1
    with shop.database.write() as uow:
        assert not uow.webhook_deliveries.finish(dead, NoticeStatus.FAILED), "it comes back, too late"
    assert [one.status for one in deliveries(shop, endpoint)] == [NoticeStatus.DELIVERED]


def test_a_customers_later_notice_waits_for_the_earlier_one(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED, with_body=True)
    for origin, text in ((LUCIA, "uno"), (LUCIA, "dos"), (MARIO, "otro")):
        shop.says(origin, text)
    with shop.database.write() as uow:
        first = uow.webhook_deliveries.take(endpoint, "slow", 60.0)
        uow.commit()
    assert first.notice.data["message_id"] == str(shop.thread(LUCIA)[0].id)
    deliver_all(shop)
    assert [got.told["data"]["text"] for got in receiver.got] == ["otro"]
    execute(shop, "UPDATE webhook_deliveries SET not_before = ?", LONG_AGO)
    deliver_all(shop)
    assert [got.told["data"]["text"] for got in receiver.got] == ["otro", "uno", "dos"]


def test_one_that_is_refused_again_and_again_lets_the_next_pass(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED, with_body=True)
    shop.says(LUCIA, "uno")
    receiver.status = 400
    for _ in range(6):
        deliver_waiting(shop.house.parts, endpoint, "a test", Manners(delays=(0.0,) * 5 + (3600.0,) * 6))
    shop.says(LUCIA, "dos")
    receiver.status = 200
    deliver_all(shop)
    assert receiver.got[-1].told["data"]["text"] == "dos"


def test_one_that_says_gone_is_disabled_with_an_alert(
    shop: World, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    receiver.status = 410
    deliver_all(shop)
    assert endpoint_now(shop, endpoint).disabled_by is DisabledBy.GONE
    assert "a webhook endpoint was disabled: gone" in caplog.messages
    assert "token=t" not in caplog.text
    shop.says(LUCIA, "hola")
    assert due_endpoints(shop.house.parts) == []


def test_one_that_fails_for_days_is_disabled_and_goes_on_where_it_was(
    shop: World, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    receiver.status = 500
    deliver_waiting(shop.house.parts, endpoint, "a test", AT_ONCE)
    assert endpoint_now(shop, endpoint).is_enabled
    execute(shop, "UPDATE webhook_endpoints SET failing_since = ?", LONG_AGO)
    deliver_waiting(shop.house.parts, endpoint, "a test", AT_ONCE)
    assert endpoint_now(shop, endpoint).disabled_by is DisabledBy.FAILING
    assert "a webhook endpoint was disabled: failing" in caplog.messages
    with shop.database.write() as uow:
        uow.webhooks.enable(endpoint.id)
        uow.commit()
    receiver.status = 200
    deliver_all(shop)
    assert [one.status for one in deliveries(shop, endpoint)] == [NoticeStatus.DELIVERED]


def test_one_that_does_not_answer_rests_longer_each_time(shop: World) -> None:
    endpoint = add_endpoint(shop, "http://127.0.0.1:9/", NoticeKind.MESSAGE_RECEIVED)
    silent = Answer(milliseconds=1, fault="refused")
    rests = [rest_after(replace(endpoint, failures=failures), silent) for failures in (0, 1, 2, 3, 50)]
    assert rests == [0.0, 0.0, 5.0, 10.0, LONGEST_REST]
    assert rest_after(replace(endpoint, failures=50), Answer(milliseconds=1, status=400)) == 0.0
    busy = Answer(milliseconds=1, status=429, retry_after=7.0)
    assert rest_after(endpoint, busy) == 7.0


def test_while_it_rests_nothing_is_tried(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    with shop.database.write() as uow:
        uow.webhooks.note_fault(endpoint.id, 60.0)
        uow.commit()
    assert deliver_all(shop) == 0


def test_a_slow_endpoint_keeps_nobody_else_waiting(shop: World, receiver: Receiver) -> None:
    is_over, is_told = threading.Event(), threading.Event()
    with listening() as slow:
        slow.before = lambda got: assert_set(is_over)
        receiver.before = lambda got: is_told.set()
        for url in (slow.url, receiver.url):
            add_endpoint(shop, url, NoticeKind.MESSAGE_RECEIVED)
        for number in range(8):
            shop.says(f"+3460000010{number}", "hola")
        notifier = NotifierThread(shop.house.parts, AT_ONCE)
        notifier.start()
        assert is_told.wait(15), "the slow one was waited for"
        is_over.set()
        notifier.stop()


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_while_a_secret_is_replaced_both_are_good(shop: World, receiver: Receiver) -> None:
    old = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED).secret
    with shop.database.write() as uow:
        [endpoint] = uow.webhooks.all()
        uow.webhooks.rotate(endpoint.id, new := new_secret(), 3600.0)
        uow.commit()
    shop.says(LUCIA, "hola")
    deliver_all(shop)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2
    assert receiver.got[0].verified(old) == receiver.got[0].verified(new)
    execute(shop, "UPDATE webhook_endpoints SET previous_until = ?", LONG_AGO)
    shop.says(LUCIA, "hola")
    deliver_all(shop)
    with pytest.raises(WebhookVerificationError):
        receiver.got[1].verified(old)


def test_one_delivery_is_replayed_with_its_id(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    shop.says(LUCIA, "hola")
    deliver_all(shop)
    [delivery] = deliveries(shop, endpoint)
    with shop.database.write() as uow:
        assert uow.webhook_deliveries.replay(endpoint.id, delivery.position)
        assert not uow.webhook_deliveries.replay(endpoint.id, delivery.position), "it waits already"
        uow.commit()
    deliver_all(shop)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_since_a_time_all_is_replayed_what_was_missed_too(shop: World, receiver: Receiver) -> None:
    endpoint = add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED, with_body=True)
    for text in ("uno", "dos", "tres"):
        if text == "dos":
            with shop.database.write() as uow:
                uow.webhooks.disable(endpoint.id, DisabledBy.STAFF)
                uow.commit()
        shop.says(LUCIA, text)
    deliver_all(shop)
    execute(shop, "UPDATE notices SET created_at = ? WHERE number = 1", LONG_AGO)
    with shop.database.write() as uow:
        uow.webhooks.enable(endpoint.id)
        since = uow.outbox.now().replace(year=2021)
        assert uow.webhook_deliveries.replay_since(endpoint.id, since) == 2
        uow.commit()
    deliver_all(shop)
    assert [got.told["data"]["text"] for got in receiver.got] == ["uno", "dos", "tres"]
