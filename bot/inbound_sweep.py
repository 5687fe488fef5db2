"""Finds messages whose webhook never reached us, by comparing Twilio's list of the last day with our own.

Twilio gives up on a webhook after seconds and never sends it again: without this a message would be lost
for good whenever we cannot be reached.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.arrivals import store
from bot.channels.base import BadRequest, SendFault
from bot.channels.twilio_list import ListedInbound
from bot.chores import Chore
from bot.parts import Parts
from bot.settings import Settings
from context_store.records import Channel

log = logging.getLogger("hilo.inbound_sweep")

LOOKS_BACK = timedelta(hours=24)
# What came while a new database was being set up; whatever is older was answered elsewhere.
BEFORE_US = timedelta(minutes=5)
# A message is left to its own webhook, which tells more, for a tenth of the time between two rounds.
GRACE = 0.1
# Two at once do no harm: a message is stored once. So a process that was killed holds nobody up for long.
LEASE_SECONDS = 60.0
COMPARED_AT_ONCE = 500


def chore(settings: Settings) -> Chore:
    """The chore, with a memory of what it could not use: that is said once, not every five minutes."""
    refused: set[str] = set()

    def do(parts: Parts, known_since: datetime) -> None:
        sweep(parts, known_since, datetime.now(UTC), refused)

    return Chore(
        name="inbound_sweep",
        every_seconds=settings.inbound_sweep_seconds,
        lease_seconds=LEASE_SECONDS,
        do=do,
    )


def sweep(parts: Parts, known_since: datetime, now: datetime, refused: set[str]) -> int:
    """Store what is missing, oldest first, and ring for it. Returns how many messages that were.

    All times here are real ones, as Twilio's are. Ids of what is no message are added to `refused`.
    """
    since = max(now - LOOKS_BACK, known_since - BEFORE_US)
    until = now - timedelta(seconds=parts.settings.inbound_sweep_seconds * GRACE)
    found = 0
    try:
        lines = [line for line in parts.channel.list_inbound(since) if line.sent_at <= until]
        refused.intersection_update([line.provider_id for line in lines])
        for line in missing(parts, lines):
            found += line.provider_id not in refused and _is_taken(parts, line, now, refused)
    except SendFault as fault:
        # What is stored is stored; the rest comes in the next round, in its order.
        log.warning("the carrier's list cannot be read: %s", fault.reason, extra={"action": "sweep_failed"})
    if found:
        extra = {"action": "messages_found_late", "count": found}
        log.warning("%d messages were found whose webhook never came", found, extra=extra)
    return found


def missing(parts: Parts, lines: Sequence[ListedInbound]) -> list[ListedInbound]:
    """Those that we have not stored, in the order given."""
    known: set[str] = set()
    with parts.database.read() as uow:
        for channel in Channel:
            ids = [line.provider_id for line in lines if line.channel is channel]
            for start in range(0, len(ids), COMPARED_AT_ONCE):
                known |= uow.unknown.owned(channel, ids[start : start + COMPARED_AT_ONCE])
    return [line for line in lines if line.provider_id not in known]


def _is_taken(parts: Parts, line: ListedInbound, now: datetime, refused: set[str]) -> bool:
    """Stored and rung for. False when it came by itself meanwhile, or is none that we can use."""
    try:
        incoming = parts.channel.read_inbound(line)
    except BadRequest as error:
        refused.add(line.provider_id)
        extra = {"action": "listed_refused", "provider_id": line.provider_id}
        log.warning("a message of the carrier's list is of no use: %s", error, extra=extra)
        return False
    # As old in business time as it is in real time.
    customer_id = store(parts, incoming, written_at=parts.now() - (now - line.sent_at))
    if customer_id is None:
        return False
    parts.metrics.message_found_late(line.channel)
    parts.bell.ring_turns(customer_id, parts.settings.gather_seconds)
    return True
