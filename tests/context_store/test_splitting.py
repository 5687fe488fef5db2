"""A text too long for one message is cut at natural places; the options stay with the last part."""

from dataclasses import replace
from datetime import UTC, datetime

from context_store.records import (
    Author,
    Channel,
    CustomerId,
    Direction,
    Message,
    MessageId,
    MessageStatus,
    Option,
    new_id,
)
from context_store.splitting import LONGEST, parts_of, split

FAMILY = "👨‍👩‍👧"


def test_a_text_that_fits_is_one_part() -> None:
    assert split("hola") == ["hola"]
    assert split("a" * LONGEST) == ["a" * LONGEST]


def test_it_is_cut_at_paragraphs_then_sentences_then_words() -> None:
    assert split("uno dos\n\ntres", room=9) == ["uno dos", "tres"]
    assert split("Uno dos. Tres.", room=9) == ["Uno dos.", "Tres."]
    assert split("uno dos tres", room=8) == ["uno dos", "tres"]


def test_a_word_without_end_is_cut_anyway() -> None:
    parts = split("a" * 4000)
    assert [len(part) for part in parts] == [1600, 1600, 800]


def test_an_emoji_made_of_several_is_not_cut() -> None:
    parts = split("a" * 8 + FAMILY + "b" * 8, room=10)
    assert any(FAMILY in part for part in parts)


def test_the_last_part_leaves_room_for_the_options() -> None:
    text = " ".join(["palabra"] * 200)
    parts = split(text, room=1600, last_room=1200)
    assert len(parts) == 2
    assert len(parts[-1]) <= 1200
    assert " ".join(parts) == text


def long_message(**values: object) -> Message:
    message = Message(
        id=MessageId(new_id()),
        customer_id=CustomerId(new_id()),
        address_id=None,
        channel=Channel.SMS,
        direction=Direction.OUT,
        author=Author.BOT,
        status=MessageStatus.QUEUED,
        text="Una frase entera. " * 150,
        dedupe_key="7:0",
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return replace(message, **values)  # type: ignore[arg-type]


def test_each_part_is_a_message_of_its_own_and_the_last_is_the_one_itself() -> None:
    message = long_message(options=(Option(title="Sí", payload="/yes"),))
    first, last = parts_of(message)
    assert (first.options, last.options) == ((), message.options)
    assert (first.dedupe_key, last.dedupe_key) == ("7:0#1", "7:0")
    assert last.id == message.id != first.id
    assert f"{first.text} {last.text}".split() == message.text.split()


def test_a_short_one_is_left_as_it_is() -> None:
    message = long_message(text="hola")
    assert parts_of(message) == [message]
