"""Looks now and then whether events still come as they should: opens alerts, closes them, tells of both.

It reads the counts by the hour, never the events.
"""

import logging
from datetime import datetime, timedelta

from bot.chores import Chore
from bot.parts import Parts
from context_store.records import DataAlert
from flows.data_quality import USUAL, alerts

log = logging.getLogger("hilo.data")

EVERY_SECONDS = 300.0
LEASE_SECONDS = 120.0
KEEP_COUNTS = timedelta(days=35)
KEEP_REJECTED = timedelta(days=30)
MOST_FORGOTTEN = 1000

Key = tuple[str, str, str, str]


def check(parts: Parts, now: datetime) -> list[DataAlert]:
    """The alerts that are open now. New ones are told once."""
    with parts.database.read() as uow:
        counts = uow.tracking.counts_since(now - USUAL)
        open_before = {_key(one): one for one in uow.tracking.alerts(now) if one.closed_at is None}
    found = {_key(one): one for one in alerts(counts, parts.plan, now)}
    over = [one for key, one in open_before.items() if key not in found]
    with parts.database.write() as uow:
        for one in found.values():
            uow.tracking.open_alert(one)
        for one in over:
            uow.tracking.close_alert(one, now)
        uow.tracking.forget(now - KEEP_COUNTS, now - KEEP_REJECTED, MOST_FORGOTTEN)
        uow.commit()
    for key, one in found.items():
        if key not in open_before:
            _tell(one)
    for one in over:
        log.info("events come as they should again", extra=_fields(one))
    return list(found.values())


def _tell(alert: DataAlert) -> None:
    """As an error, so that it goes to Sentry like everything that somebody has to look after.

    Source, event and property are named by our own settings and plan; values that were sent are not told.
    """
    log.error("events of a shop need a look: %s", alert.kind.value, extra=_fields(alert))


def _fields(alert: DataAlert) -> dict[str, str]:
    return {
        "action": "data_alert",
        "kind": alert.kind.value,
        "source": alert.source,
        "event": alert.event,
        "property": alert.property,
    }


def _key(alert: DataAlert) -> Key:
    return alert.kind.value, alert.source, alert.event, alert.property


CHORE = Chore(
    name="data_alerts",
    every_seconds=EVERY_SECONDS,
    lease_seconds=LEASE_SECONDS,
    do=lambda parts, known_since: check_now(parts),
)


def check_now(parts: Parts) -> None:
    check(parts, parts.now())
