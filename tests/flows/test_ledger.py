"""What a wish writes, and what taking it back brings back: never a consent that was not given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from context_store.records import Channel, Consent, ConsentStatus, CustomerId, Topic
from flows.ledger import Wished, last_wish, lines_of, undone

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
ME = CustomerId(uuid4())
LATER = NOW + timedelta(days=14)


def line(channel: Channel, topic: Topic, status: ConsentStatus) -> Consent:
    return Consent(customer_id=ME, channel=channel, topic=topic, status=status, method="form", created_at=NOW)


AGREED = line(Channel.SMS, Topic.MARKETING, ConsentStatus.OPTED_IN)
STOPPED = line(Channel.SMS, Topic.ALL, ConsentStatus.OPTED_OUT)


def wish(name: str, **details: object) -> Wished:
    return Wished(customer_id=ME, wish=name, now=NOW, proof="m1", **details)  # type: ignore[arg-type]


def test_a_channel_that_was_closed_is_not_opened_by_a_wish() -> None:
    for wished in (wish("pause", until=LATER), wish("fewer_messages", per_week=1), wish("only_orders")):
        assert {one.channel for one in lines_of(wished, [STOPPED])} == {Channel.WHATSAPP, Channel.EMAIL}


def test_whoever_asks_for_fewer_and_for_a_pause_gets_both() -> None:
    fewer = lines_of(wish("fewer_messages", per_week=1), [])
    paused = lines_of(wish("pause", until=LATER), fewer)
    assert {(one.status, one.per_week, one.until) for one in paused} == {(ConsentStatus.PAUSED, 1, LATER)}


def test_one_channel_means_none_of_the_others_and_no_new_consent_there() -> None:
    lines = lines_of(wish("choose_channel", channel=Channel.SMS), [AGREED])
    assert Channel.SMS not in {one.channel for one in lines}
    assert {one.status for one in lines} == {ConsentStatus.OPTED_OUT}


def test_undone_what_was_agreed_to_holds_again_and_nothing_more() -> None:
    ledger = [AGREED, *lines_of(wish("only_orders"), [AGREED])]
    lines = undone(ledger, LATER, "m2", "deshacer")
    marketing = {one.channel: one.status for one in lines if one.topic is Topic.MARKETING}
    assert marketing.pop(Channel.SMS) is ConsentStatus.OPTED_IN
    assert set(marketing.values()) == {ConsentStatus.OPTED_OUT}
    assert {one.proof for one in lines} == {"m2"}
    assert last_wish([*ledger, *lines]) == []


def test_a_word_that_came_after_the_wish_is_not_undone() -> None:
    ledger = [*lines_of(wish("only_orders"), []), replace(STOPPED, method="keyword")]
    assert undone(ledger, LATER, None, None) == []
