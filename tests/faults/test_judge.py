"""The judge sees what was lost, doubled and out of order: the truth is tampered with, and put right again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from bot.simulator.records import Channel
from tests.faults.phones import Phones, Sent
from tests.faults.town import Town
from tests.faults.truth import judge, wait_until_quiet

LAST = "SELECT MAX(position) FROM message WHERE author = 'shop'"
# To the same person as the last one, and just before it.
BEFORE = (
    f"SELECT MAX(position) FROM message WHERE author = 'shop' AND position < ({LAST})"
    f" AND customer = (SELECT customer FROM message WHERE position = ({LAST}))"
)


@pytest.fixture
def sent(sqlite_town: Town) -> Iterator[list[Sent]]:
    phones = Phones(sqlite_town, 1)
    for _ in range(3):
        phones.write(phones.numbers[0], Channel.SMS, "Hola")
        wait_until_quiet(sqlite_town, 60.0)
    assert not judge(sqlite_town, phones.sent).faults
    yield phones.sent
    phones.close()


@contextmanager
def tampered(town: Town, do: str, undo: str) -> Iterator[None]:
    """With the carrier's account of what it accepted."""
    with closing(sqlite3.connect(town.carrier.store, timeout=10)) as store:
        store.executescript(do)
        yield
        store.executescript(undo)


def test_a_message_that_the_carrier_never_got_is_lost(sqlite_town: Town, sent: list[Sent]) -> None:
    hide = f"UPDATE message SET author = 'hidden' WHERE position = ({LAST})"
    with tampered(sqlite_town, hide, "UPDATE message SET author = 'shop' WHERE author = 'hidden'"):
        verdict = judge(sqlite_town, sent)
    assert len(verdict.lost) == 1
    assert "the carrier never got it" in verdict.lost[0]


def test_a_message_accepted_for_another_row_is_lost(sqlite_town: Town, sent: list[Sent]) -> None:
    other = f"UPDATE message SET sid = 'was' || sid WHERE position = ({LAST})"
    with tampered(sqlite_town, other, "UPDATE message SET sid = SUBSTR(sid, 4) WHERE sid LIKE 'was%'"):
        verdict = judge(sqlite_town, sent)
    assert "took another message's id" in verdict.lost[0]


def test_a_message_that_the_carrier_got_twice_is_doubled(sqlite_town: Town, sent: list[Sent]) -> None:
    copy = (
        f"CREATE TEMP TABLE copy AS SELECT * FROM message WHERE position = ({LAST});"
        "UPDATE copy SET position = position + 1, sid = 'twice';"
        "INSERT INTO message SELECT * FROM copy; DROP TABLE copy"
    )
    with tampered(sqlite_town, copy, "DELETE FROM message WHERE sid = 'twice'"):
        verdict = judge(sqlite_town, sent)
    assert len(verdict.doubled) == 1
    assert "accepted 2 times" in verdict.doubled[0]


def test_messages_that_changed_places_are_out_of_order(sqlite_town: Town, sent: list[Sent]) -> None:
    with closing(sqlite3.connect(sqlite_town.carrier.store, timeout=10)) as store:
        last, before = (int(store.execute(query).fetchone()[0]) for query in (LAST, BEFORE))
    swap = (
        f"UPDATE message SET position = -1 WHERE position = {last};"
        f"UPDATE message SET position = {last} WHERE position = {before};"
        f"UPDATE message SET position = {before} WHERE position = -1"
    )
    with tampered(sqlite_town, swap, swap):
        verdict = judge(sqlite_town, sent)
    assert len(verdict.out_of_order) == 1


def test_what_was_acknowledged_and_is_not_there_is_lost(sqlite_town: Town, sent: list[Sent]) -> None:
    missing = Sent(sid="SM" + "0" * 32, customer="+34600000000", channel=Channel.SMS, text="", fields={})
    missing.acknowledged_at = sent[0].acknowledged_at
    assert judge(sqlite_town, [*sent, missing]).lost == [f"{missing.sid} was acknowledged: 0 rows, 0 inputs"]


def test_who_wrote_later_must_not_come_first(sqlite_town: Town, sent: list[Sent]) -> None:
    assert judge(sqlite_town, [sent[1], sent[0], sent[2]]).out_of_order
