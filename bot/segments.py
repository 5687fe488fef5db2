"""Who comes into a segment and who leaves it: seen in the turn that changes it, or by a regular look.

A turn looks at the segments that depend on what it has touched. The look goes through everybody in small
stretches: for what time alone changes, and for what was written outside of any turn (imports, carriers).
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from bot.chores import Chore
from bot.context import Context
from bot.known_segments import Known, read_known
from bot.parts import Parts
from context_store.records import Change, CustomerId, CustomerStatus, InputKind
from context_store.segment_members import Stretch
from context_store.unit_of_work import UnitOfWork

log = logging.getLogger("hilo.segments")

EVERY_SECONDS = 15.0
# A round ends well within its lease; the next one goes on where it ended.
ROUND_SECONDS = 240.0
LEASE_SECONDS = 600.0
STRETCH = 5_000
# How long after a look the next one is due: where time counts, and where only writers outside of turns do.
TIMED, UNTIMED = timedelta(minutes=5), timedelta(hours=1)
# At most this part of the time is spent looking at one segment.
SHARE = 20


def follow(parts: Parts, uow: UnitOfWork, context: Context) -> bool:
    """Write what this turn has changed; True when events of it wait. Nothing is asked where no segment is."""
    known = parts.segments.read(uow)
    if not known:
        return False
    touched = _touched(uow, context)
    sought = [
        one.sought
        for one in known
        # Whose members are still being found is left to that.
        if one.segment.based_at is not None and (touched is None or one.stores & touched)
    ]
    if not sought:
        return False
    who, now = context.customer, context.now
    found = uow.segment_members.changes_of(who.id, sought, now, has_merges=parts.segments.has_merges)
    written = uow.segment_members.write(found, now) if found else []
    if who.status is not CustomerStatus.ACTIVE:
        return False
    return bool(uow.segment_members.tell(written, now))


def _touched(uow: UnitOfWork, context: Context) -> frozenset[str] | None:
    """The stores that may have changed; None for a new customer, about whom everything is new."""
    if context.conversation.version == 0:
        return None
    # What came in with the message, and went out before the command, was written before the turn.
    is_message = context.inputs[0].kind is InputKind.MESSAGE
    return uow.opened | {"addresses" if is_message else "messages"}


def _is_needed(parts: Parts) -> bool:
    with parts.database.read() as uow:
        return uow.segment_members.is_any_due(parts.now())


def look(parts: Parts, now: datetime) -> int:
    """One round over what is due. How many came or went."""
    with parts.database.read() as uow:
        due = {segment.id: after for segment, after in uow.segment_members.due(now)}
        known, has_merges = read_known(uow)
    until = time.monotonic() + ROUND_SECONDS
    return sum(
        _look_at(parts, one, due[one.segment.id], now, has_merges=has_merges, until=until)
        for one in known
        if one.segment.id in due and time.monotonic() < until
    )


def _look_at(parts: Parts, one: Known, after: UUID, now: datetime, *, has_merges: bool, until: float) -> int:
    began, count = time.monotonic(), 0
    while time.monotonic() < until:
        with parts.database.read() as uow:
            stretch = uow.segment_members.next_stretch(after, STRETCH)
            found = uow.segment_members.changes_within(one.sought, stretch, now, has_merges=has_merges)
        count += _write(parts, one, stretch, found, now, has_merges=has_merges)
        if stretch.last is None:
            _finish(parts, one, now, time.monotonic() - began)
            return count
        after = stretch.last
    return count


def _write(
    parts: Parts, one: Known, stretch: Stretch, found: Sequence[Change], now: datetime, *, has_merges: bool
) -> int:
    is_first = one.segment.based_at is None
    told: list[CustomerId] = []
    with parts.database.write() as uow:
        if found and not is_first:
            # Somebody may have had a turn since.
            again = replace(stretch, only=frozenset(change.customer_id for change in found))
            found = uow.segment_members.changes_within(one.sought, again, now, has_merges=has_merges)
        written = uow.segment_members.write(found, now) if found else []
        if not is_first or one.segment.tells_of_first:
            told = uow.segment_members.tell(uow.segment_members.active(written), now)
        if stretch.last is not None:
            uow.segment_members.go_on_after(one.segment, stretch.last)
        uow.commit()
    for customer_id in told:
        parts.bell.ring_turns(customer_id, is_bulk=True)
    return len(written)


def _finish(parts: Parts, one: Known, now: datetime, seconds: float) -> None:
    rest = max(TIMED if one.is_timed else UNTIMED, timedelta(seconds=seconds * SHARE))
    with parts.database.write() as uow:
        uow.segment_members.finish(one.segment, now, now + rest)
        uow.commit()
    log.info(
        "segment looked through",
        extra={"action": "segment_looked_through", "segment": one.segment.key, "seconds": round(seconds, 2)},
    )


def _do(parts: Parts, known_since: datetime) -> None:
    look(parts, parts.now())


SEGMENTS = Chore(
    name="segments",
    every_seconds=EVERY_SECONDS,
    lease_seconds=LEASE_SECONDS,
    do=_do,
    is_needed=_is_needed,
)
