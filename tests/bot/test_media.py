"""What customers send is fetched soon, kept where only we can read it, and dropped when its time is over."""

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot import media
from bot.channels.media import Fetched, MediaFault, MediaRefused, MediaUnavailable
from bot.settings import Settings
from context_store.media import place_of
from context_store.records import MediaFile, MediaStatus
from tests.bot.helpers import LONG_AGO, LUCIA, LUCIA_ON_WHATSAPP, at_once, count_rows, execute
from tests.doubles import ACCOUNT
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
SID = "MM" + "1" * 32
BASE = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME"
TWO_PICTURES = {
    "MessageSid": SID,
    "NumMedia": "2",
    "MediaUrl0": f"{BASE}{'a' * 32}",
    "MediaContentType0": "image/jpeg",
    "MediaUrl1": f"{BASE}{'b' * 32}",
    "MediaContentType1": "image/png",
}

Fetch = Callable[[Settings, str], Fetched]


def gives(content: bytes = PNG, kind: str = "image/png") -> Fetch:
    return lambda settings, url: Fetched(content_type=kind, content=content)


def fails(fault: MediaFault | Exception) -> Fetch:
    def fetch(settings: Settings, url: str) -> Fetched:
        raise fault

    return fetch


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of var/media; returns what nothing else is written to."""
    folder = tmp_path / "media"
    monkeypatch.setattr(media, "folder_of", lambda settings: folder)
    return folder


def no_space(descriptor: int) -> None:
    raise OSError(28, "No space left")


def files(world: World) -> list[MediaFile]:
    messages = [message.id for message in world.thread(LUCIA)]
    with world.database.read() as uow:
        return [file for found in uow.media_files.of_messages(messages).values() for file in found]


def forget_pauses(world: World) -> None:
    execute(world, "UPDATE media_files SET not_before = ?", LONG_AGO)


def send_pictures(world: World) -> None:
    assert world.receive(LUCIA_ON_WHATSAPP, "mira", **TWO_PICTURES).status_code == 200


def test_the_webhook_only_notes_what_is_to_be_fetched(world: World) -> None:
    send_pictures(world)
    send_pictures(world)
    found = files(world)
    assert [(file.index, file.url, file.status) for file in found] == [
        (0, f"{BASE}{'a' * 32}", MediaStatus.WAITING),
        (1, f"{BASE}{'b' * 32}", MediaStatus.WAITING),
    ]
    assert world.receive(LUCIA_ON_WHATSAPP, "sin nada").status_code == 200
    assert count_rows(world, "media_files") == 2


def test_a_fetched_file_lies_under_our_name_readable_by_us_alone(world: World, own_folder: Path) -> None:
    send_pictures(world)
    assert media.fetch_waiting(world.house.parts, gives()) == 2
    for file in files(world):
        place = place_of(own_folder, file.id)
        assert (file.status, file.content_type, file.size) == (MediaStatus.KEPT, "image/png", len(PNG))
        assert place.read_bytes() == PNG
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in (own_folder, place.parent)} == {0o700}
        assert list(place.parent.glob("*.*")) == []
    assert media.fetch_waiting(world.house.parts, gives()) == 0


def test_nothing_is_fetched_while_a_transaction_is_open(sqlite_world: World) -> None:
    """With one writer a second transaction would wait for ever."""
    send_pictures(sqlite_world)

    def fetch(settings: Settings, url: str) -> Fetched:
        execute(sqlite_world, "UPDATE customers SET name = name")
        return gives()(settings, url)

    assert media.fetch_waiting(sqlite_world.house.parts, fetch) == 2


def test_what_must_not_be_kept_is_refused_once_and_for_all(sqlite_world: World, own_folder: Path) -> None:
    send_pictures(sqlite_world)
    refuse = fails(MediaRefused("too_large"))
    assert media.fetch_waiting(sqlite_world.house.parts, refuse) == 2
    assert {(file.status, file.reason) for file in files(sqlite_world)} == {
        (MediaStatus.REFUSED, "too_large")
    }
    forget_pauses(sqlite_world)
    assert media.fetch_waiting(sqlite_world.house.parts, gives()) == 0
    assert not own_folder.exists()


def test_what_fails_is_tried_five_times_each_time_later(sqlite_world: World) -> None:
    send_pictures(sqlite_world)
    fail = fails(MediaUnavailable("HTTP 500"))
    for _ in range(5):
        assert media.fetch_waiting(sqlite_world.house.parts, fail) == 2
        assert media.fetch_waiting(sqlite_world.house.parts, fail) == 0, "it was put off"
        forget_pauses(sqlite_world)
    assert media.fetch_waiting(sqlite_world.house.parts, fail) == 0
    assert {(file.status, file.attempt, file.reason) for file in files(sqlite_world)} == {
        (MediaStatus.FAILED, 5, "HTTP 500")
    }


def test_a_full_disk_is_no_reason_to_give_up(
    sqlite_world: World, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_pictures(sqlite_world)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        media.fetch_waiting(sqlite_world.house.parts, gives())
    assert {file.reason for file in files(sqlite_world)} == {"not_written (No space left)"}
    assert [place for place in own_folder.rglob("*") if place.is_file()] == []
    forget_pauses(sqlite_world)
    media.fetch_waiting(sqlite_world.house.parts, gives())
    assert {(file.status, file.reason) for file in files(sqlite_world)} == {(MediaStatus.KEPT, None)}


def test_a_fetcher_that_dies_is_followed_by_another_and_too_many_deaths_end_it(sqlite_world: World) -> None:
    send_pictures(sqlite_world)
    parts = sqlite_world.house.parts
    for _ in range(5):
        assert media.take(parts, "who died") is not None
        assert media.take(parts, "who died") is not None
        assert media.take(parts, "another") is None, "both are leased"
        forget_pauses(sqlite_world)
    assert media.fetch_waiting(parts, fails(AssertionError("not once more"))) == 2
    assert {(file.status, file.reason) for file in files(sqlite_world)} == {
        (MediaStatus.FAILED, "tried_too_often")
    }


def test_who_was_too_slow_changes_nothing(sqlite_world: World) -> None:
    send_pictures(sqlite_world)
    parts = sqlite_world.house.parts
    slow = media.take(parts, "slow")
    assert slow is not None
    forget_pauses(sqlite_world)
    assert media.fetch_waiting(parts, gives()) == 2
    media.keep(parts, slow, "slow", fails(MediaRefused("too_large")))
    assert {file.status for file in files(sqlite_world)} == {MediaStatus.KEPT}


def test_several_fetchers_share_the_work(world: World) -> None:
    send_pictures(world)
    seen: list[str] = []

    def fetch(settings: Settings, url: str) -> Fetched:
        seen.append(url)
        return gives()(settings, url)

    at_once([lambda: media.fetch_waiting(world.house.parts, fetch)] * 4)
    media.fetch_waiting(world.house.parts, fetch)
    assert sorted(seen) == [f"{BASE}{'a' * 32}", f"{BASE}{'b' * 32}"]


def test_old_files_are_dropped_and_the_thread_still_knows_of_them(world: World, own_folder: Path) -> None:
    send_pictures(world)
    parts = world.house.parts
    media.fetch_waiting(parts, gives())
    days = timedelta(days=parts.settings.keep_media_days)
    assert media.drop_old(parts, world.clock.now() + days) == 0
    assert media.drop_old(parts, world.clock.now() + days + timedelta(seconds=1)) == 2
    assert {file.status for file in files(world)} == {MediaStatus.EXPIRED}
    assert [place for place in own_folder.rglob("*") if place.is_file()] == []
    assert media.drop_old(parts, world.clock.now() + 2 * days) == 0


def test_a_limit_of_nothing_keeps_files_for_ever(sqlite_world: World) -> None:
    send_pictures(sqlite_world)
    parts = sqlite_world.house.parts
    media.fetch_waiting(parts, gives())
    forever = parts.settings.model_copy(update={"keep_media_days": 0})
    object.__setattr__(parts, "settings", forever)
    assert media.drop_old(parts, sqlite_world.clock.now() + timedelta(days=10_000)) == 0
