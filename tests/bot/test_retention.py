"""What was kept long enough goes, in small pieces and in the right order; what is still open stays."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bot import media, retention
from bot.chores import do_if_due
from bot.retention import tidy
from context_store.media import place_of
from context_store.records import Media, MediaFileId, MessageStatus, TimerKind
from context_store.retention import Retention, first_id_of
from tests.bot.helpers import LUCIA, count_rows, execute, queue
from tests.bot.test_events import added, post
from tests.world import World

# Every table that grows, with the setting that bounds it.
BOUNDED = {"keep_messages_days": 30, "keep_work_days": 30, "keep_events_days": 30, "keep_decisions_days": 30}
OLD = timedelta(days=31)


def with_settings(world: World, **changes: object) -> World:
    parts = world.house.parts
    parts = replace(parts, settings=parts.settings.model_copy(update=changes))
    return replace(world, house=replace(world.house, parts=parts))


@pytest.fixture
def shop(world: World, tmp_path: Path) -> World:
    """Somebody wrote twice; everything is kept for thirty days."""
    for body in ("hola", "horario"):
        world.says(LUCIA, body)
    return with_settings(world, var_folder=tmp_path, **BOUNDED)


def later(world: World, span: timedelta = OLD) -> datetime:
    moment: datetime = world.clock.now() + span
    return moment


def counts(world: World, *tables: str) -> list[int]:
    return [count_rows(world, table) for table in tables]


def test_before_its_time_nothing_goes(shop: World) -> None:
    before = counts(shop, "messages", "inputs")
    assert tidy(shop.house.parts, later(shop, timedelta(days=29))).total() == 0
    assert counts(shop, "messages", "inputs") == before == [4, 2]


def test_old_messages_go_with_all_that_hangs_on_them(shop: World) -> None:
    execute(shop, "UPDATE inputs SET done_at = ?", "2999-01-01 00:00:00.000000")
    gone = tidy(shop.house.parts, later(shop))
    assert gone["messages"] == 4
    assert counts(shop, "messages", "inputs", "decisions", "customers") == [0, 0, 0, 1]
    assert shop.says(LUCIA, "horario"), "the customer is known as before, and answered"


@pytest.mark.parametrize("status", ["held", "queued", "sending", "unknown", "parked"])
def test_a_message_that_has_not_ended_is_kept(shop: World, status: str) -> None:
    message_id = queue(shop, "todavía no")
    execute(shop, "UPDATE messages SET status = ? WHERE status = 'queued'", status)
    tidy(shop.house.parts, later(shop))
    assert [message.id for message in shop.thread(LUCIA)] == [message_id]


@pytest.mark.parametrize("status", ["waiting", "parked"])
def test_an_input_that_is_not_done_keeps_its_message(shop: World, status: str) -> None:
    execute(shop, "UPDATE inputs SET status = ? WHERE number = 1", status)
    gone = tidy(shop.house.parts, later(shop))
    assert (gone["inputs"], gone["messages"]) == (1, 3)
    assert [message.text for message in shop.thread(LUCIA)] == ["hola"]


def test_zero_days_are_for_ever(shop: World) -> None:
    patient = with_settings(shop, keep_media_days=0, **dict.fromkeys(BOUNDED, 0))
    assert tidy(patient.house.parts, later(shop, timedelta(days=9000))).total() == 0


def test_fired_and_canceled_timers_go_and_waiting_ones_stay(shop: World) -> None:
    who, now = shop.customer_id(LUCIA), shop.clock.now()
    with shop.database.write() as uow:
        for key, due_in in (("fired", 1), ("canceled", 1), ("fired late", 60), ("waiting", 60)):
            uow.timers.set(who, TimerKind.REMINDER, key, now + timedelta(days=due_in))
        uow.timers.cancel(who, "canceled")
        uow.commit()
    execute(shop, "UPDATE timers SET status = 'fired' WHERE key LIKE 'fired%'".replace("%", percent(shop)))
    # Its id was made by this machine's clock.
    execute(shop, "UPDATE timers SET id = ? WHERE key = 'fired'", key_of(shop, first_id_of(now)))
    tidy(shop.house.parts, later(shop, timedelta(days=40)))
    with shop.database.read() as uow:
        left = {row[0] for row in uow._connection.exec_driver_sql("SELECT key FROM timers")}
    assert {"waiting", "fired late"} <= left
    assert "fired" not in left


def percent(world: World) -> str:
    return "%" if world.database.is_sqlite else "%%"


def key_of(world: World, value: UUID) -> object:
    return value.hex if world.database.is_sqlite else value


def test_old_events_and_decisions_go(shop: World) -> None:
    shop.clock.moment = datetime.now(shop.clock.moment.tzinfo)
    assert post(shop, "track", added("m1")).status_code == 200
    shop.work()
    assert count_rows(shop, "events") == 1
    tidy(shop.house.parts, later(shop))
    assert counts(shop, "events", "decisions") == [0, 0]


def test_the_files_of_deleted_messages_are_deleted(shop: World) -> None:
    message = shop.thread(LUCIA)[0]
    with shop.database.write() as uow:
        uow.media_files.add(message.id, [Media(url="https://x", content_type="image/png")], shop.clock.now())
        uow.commit()
        file_id = MediaFileId(
            uow.retention._connection.exec_driver_sql("SELECT id FROM media_files").scalar()
        )
    execute(shop, "UPDATE media_files SET status = 'kept'")
    place = place_of(media.folder_of(shop.house.parts.settings), UUID(str(file_id)))  # type: ignore[arg-type]
    place.parent.mkdir(parents=True)
    place.write_bytes(b"a picture")
    tidy(shop.house.parts, later(shop))
    assert not place.exists()
    assert count_rows(shop, "media_files") == 0


def test_expired_sign_ins_go(shop: World) -> None:
    moment = "2020-01-01 00:00:00.000000"
    agent = key_of(shop, UUID(int=1))
    execute(
        shop,
        "INSERT INTO agents (id, email, name, role, password_hash, is_active, created_at) "
        "VALUES (?, 'a@example.com', 'Ana', 'agent', 'x', true, ?)",
        agent,
        moment,
    )
    execute(
        shop,
        "INSERT INTO staff_sessions (token_hash, id, agent_id, created_at, expires_at) "
        "VALUES ('t', ?, ?, ?, ?)",
        agent,
        agent,
        moment,
        moment,
    )
    tidy(shop.house.parts, shop.clock.now())
    assert counts(shop, "agents", "staff_sessions") == [1, 0]


def test_much_is_done_in_small_pieces_and_a_round_is_bounded(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        shop.says(LUCIA, "horario")
    monkeypatch.setattr(Retention.next_stretch, "__defaults__", (3,))
    monkeypatch.setattr(retention, "MOST_STRETCHES", 3)
    pieces = [count for name, count in retention.steps(shop.house.parts, later(shop)) if name == "inputs"]
    assert pieces == [3, 3, 3]
    assert tidy(shop.house.parts, later(shop))["inputs"] == 2


def test_what_may_not_go_does_not_stop_what_lies_behind_it(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        queue(shop, "todavía no")
    shop.says(LUCIA, "horario")
    execute(shop, "UPDATE messages SET status = 'parked' WHERE text = 'todavía no'")
    monkeypatch.setattr(Retention.next_stretch, "__defaults__", (2,))
    tidy(shop.house.parts, later(shop))
    assert [message.status for message in shop.thread(LUCIA)] == [MessageStatus.PARKED] * 4


def test_it_is_a_chore_of_every_hour(shop: World) -> None:
    chore = retention.chore(shop.house.parts.settings)
    shop.clock.forward(days=31)
    assert do_if_due(shop.house.parts, chore, "one")
    assert not do_if_due(shop.house.parts, chore, "another")
    assert (chore.name, chore.every_seconds) == ("retention", 3600)
    assert counts(shop, "messages", "inputs") == [0, 0]
