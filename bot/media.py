"""Keeps our own copy of what customers send, and drops it when its time is over.

The carrier's copy needs the account's token to be seen, and is not ours to delete.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.channels.media import LONGEST_SECONDS, Fetched, MediaFault, MediaRefused, fetch
from bot.chores import Chore
from bot.parts import Parts
from bot.settings import Settings
from context_store.media import place_of
from context_store.records import MediaFile

log = logging.getLogger("hilo.media")

FOLDER = "media"
MOST_TRIES = 5
FIRST_PAUSE = 10.0
LEASE_SECONDS = 4 * LONGEST_SECONDS
# A round ends before its lease does, however much is left.
ROUND_SECONDS = 60.0
DROPPED_AT_ONCE = 200

Fetch = Callable[[Settings, str], Fetched]


def folder_of(settings: Settings) -> Path:
    return settings.var_folder / FOLDER


def keep_media(parts: Parts, known_since: datetime) -> None:
    """The chore. It looks every second: a file should be there when somebody opens the thread."""
    fetch_waiting(parts)


def fetch_waiting(parts: Parts, fetch_file: Fetch = fetch) -> int:
    """Fetch what waits, one after the other, for a minute at most. Returns how many were looked at."""
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}"
    until, seen = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < until:
        file = take(parts, owner)
        if file is None:
            break
        keep(parts, file, owner, fetch_file)
        seen += 1
    return seen


def is_any_due(parts: Parts) -> bool:
    with parts.database.read() as uow:
        return uow.media_files.is_any_due()


def take(parts: Parts, owner: str) -> MediaFile | None:
    if not is_any_due(parts):
        return None
    with parts.database.write() as uow:
        file = uow.media_files.take(owner, LEASE_SECONDS)
        uow.commit()
    return file


def keep(parts: Parts, file: MediaFile, owner: str, fetch_file: Fetch) -> None:
    """One attempt at one file: fetched and written with no transaction open, then put on record."""
    if file.attempt > MOST_TRIES:
        # The process died of it each time: whatever it is, it is not worth another one.
        _set_aside(parts, file, owner, "tried_too_often", is_final=False)
        return
    try:
        fetched = fetch_file(parts.settings, file.url)
        write(folder_of(parts.settings), file, fetched.content)
    except MediaFault as fault:
        _set_aside(parts, file, owner, fault.reason, is_final=isinstance(fault, MediaRefused))
    except OSError as error:
        # The disk is full, or the folder not ours to write to.
        _set_aside(parts, file, owner, f"not_written ({error.strerror})", is_final=False)
        log.exception("a customer's file could not be written", extra=_extra(file, "media_not_written"))
    else:
        _record(parts, file, owner, fetched)


def write(folder: Path, file: MediaFile, content: bytes) -> None:
    """All of it or nothing, readable by nobody else. A name of ours: never the sender's."""
    place = place_of(folder, file.id)
    for needed in (folder, place.parent):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_suffix(f".{file.attempt}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def drop_old(parts: Parts, now: datetime) -> int:
    """Delete what was kept for longer than KEEP_MEDIA_DAYS. Returns how many files that were."""
    if parts.settings.keep_media_days == 0:
        return 0
    before = now - timedelta(days=parts.settings.keep_media_days)
    dropped = 0
    while files := _expired(parts, before):
        # First the file, then the record: what stops in between is done again.
        for file in files:
            place_of(folder_of(parts.settings), file.id).unlink(missing_ok=True)
        with parts.database.write() as uow:
            dropped += uow.media_files.mark_expired([file.id for file in files])
            uow.commit()
    if dropped:
        log.info("old files of customers dropped", extra={"action": "media_dropped", "count": dropped})
    return dropped


def _expired(parts: Parts, before: datetime) -> list[MediaFile]:
    with parts.database.read() as uow:
        return uow.media_files.expired(before, DROPPED_AT_ONCE)


def _record(parts: Parts, file: MediaFile, owner: str, fetched: Fetched) -> None:
    with parts.database.write() as uow:
        is_ours = uow.media_files.mark_kept(file, owner, fetched.content_type, len(fetched.content))
        is_gone = not is_ours and uow.media_files.get(file.id) is None
        uow.commit()
    if is_gone:
        # Its message was deleted meanwhile, and so must be what came with it.
        place_of(folder_of(parts.settings), file.id).unlink(missing_ok=True)
    log.info("a customer's file was fetched", extra=_extra(file, "media_kept" if is_ours else "media_late"))


def _set_aside(parts: Parts, file: MediaFile, owner: str, reason: str, *, is_final: bool) -> None:
    action = "media_put_off"
    with parts.database.write() as uow:
        if is_final:
            uow.media_files.mark_refused(file, owner, reason)
            action = "media_refused"
        elif file.attempt >= MOST_TRIES:
            uow.media_files.mark_failed(file, owner, reason)
            action = "media_failed"
        else:
            pause = FIRST_PAUSE * 4 ** (file.attempt - 1)
            uow.media_files.put_off(file, owner, reason, pause)
        uow.commit()
    log.warning("a customer's file was not fetched: %s", reason, extra=_extra(file, action))


def _extra(file: MediaFile, action: str) -> dict[str, str]:
    return {"action": action, "media_id": str(file.id), "message_id": str(file.message_id)}


def _is_any_due(parts: Parts) -> bool:
    with parts.database.read() as uow:
        return uow.media_files.is_any_due()


MEDIA = Chore(
    name="media",
    every_seconds=1.0,
    lease_seconds=ROUND_SECONDS + LEASE_SECONDS,
    do=keep_media,
    is_needed=_is_any_due,
)
