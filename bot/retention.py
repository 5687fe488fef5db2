"""What has been kept long enough is deleted, in small pieces: messages, inputs, events, decisions, files.

For how long is a setting for each; 0 keeps it for ever.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot import media
from bot.chores import Chore
from bot.parts import Parts
from bot.settings import Settings
from context_store.media import place_of
from context_store.retention import (
    DECISIONS,
    DELIVERIES,
    EVENTS,
    INPUTS,
    MESSAGES,
    NOTICES,
    TIMERS,
    TRIES,
    Kind,
    Stretch,
)

log = logging.getLogger("hilo.retention")

HOUR = 3600.0
LEASE_SECONDS = 900.0
# Of one table in one round, so that a round ends well within its lease. The rest goes an hour later.
MOST_STRETCHES = 200


def chore(settings: Settings) -> Chore:
    return Chore(
        name="retention",
        every_seconds=HOUR,
        lease_seconds=LEASE_SECONDS,
        do=lambda parts, known_since: _do(parts),
    )


def _do(parts: Parts) -> None:
    tidy(parts, parts.now())


def tidy(parts: Parts, now: datetime) -> Counter[str]:
    """One round. How many rows of each table went, and how many files."""
    gone: Counter[str] = Counter()
    for name, count in steps(parts, now):
        gone[name] += count
    if gone.total():
        log.info("old rows deleted", extra={"action": "retention", **gone})
    return gone


def steps(parts: Parts, now: datetime) -> Iterator[tuple[str, int]]:
    """The round, piece by piece, each in a commit of its own: which table, and how many rows went."""
    _end_staff_sessions(parts, now)
    for kind, days in _kept_for(parts.settings):
        if days:
            yield from _of_one_kind(parts, kind, now - timedelta(days=days))
    yield "files", media.drop_old(parts, now)


def _kept_for(settings: Settings) -> tuple[tuple[Kind, int], ...]:
    # Inputs before messages: fewer messages have one then.
    return (
        (TIMERS, settings.keep_work_days),
        (INPUTS, settings.keep_work_days),
        (DECISIONS, settings.keep_decisions_days),
        (EVENTS, settings.keep_events_days),
        (MESSAGES, settings.keep_messages_days),
        (TRIES, settings.keep_notices_days),
        (DELIVERIES, settings.keep_notices_days),
        (NOTICES, settings.keep_notices_days),
    )


def _end_staff_sessions(parts: Parts, now: datetime) -> None:
    with parts.database.write() as uow:
        uow.agents.end_expired_sessions(now)
        uow.commit()


def _of_one_kind(parts: Parts, kind: Kind, before: datetime) -> Iterator[tuple[str, int]]:
    after = kind.first
    for _ in range(MOST_STRETCHES):
        with parts.database.read() as uow:
            stretch = uow.retention.next_stretch(kind, after, before)
        if stretch is None:
            return
        delete = _delete_messages if kind is MESSAGES else _delete_rows
        yield kind.name, delete(parts, kind, stretch, before)
        if stretch.is_last:
            return
        after = stretch.last


def _delete_rows(parts: Parts, kind: Kind, stretch: Stretch, before: datetime) -> int:
    with parts.database.write() as uow:
        count = uow.retention.delete(kind, stretch, before)
        uow.commit()
    return count


def _delete_messages(parts: Parts, kind: Kind, stretch: Stretch, before: datetime) -> int:
    with parts.database.read() as uow:
        old = uow.retention.old_messages(stretch, before)
        files = uow.retention.files_of(old)
    # First the file, then the record of it: what stops in between is done again.
    for file_id in files:
        place_of(media.folder_of(parts.settings), file_id).unlink(missing_ok=True)
    with parts.database.write() as uow:
        count = uow.retention.delete_messages(old)
        uow.commit()
    return count
