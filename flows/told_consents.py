"""May a consent that others tell us (a shop, a file) be added to the ledger? Pure.

The ledger's newest line counts, so an older fact that arrives late must not be added; and what somebody
refused is only taken back by something newer that proves it.
"""

from collections.abc import Sequence
from datetime import datetime

from context_store.records import Channel, Consent, ConsentStatus, Topic

OPENS = (ConsentStatus.OPTED_IN, ConsentStatus.LIMITED)


def is_known(told: Consent, current: Sequence[Consent]) -> bool:
    """The ledger says the same already, since then or since before."""
    line = _line(current, told.channel, told.topic)
    return line is not None and (
        line.status,
        line.until,
        line.per_week,
        line.created_at >= told.created_at,
    ) == (
        told.status,
        told.until,
        told.per_week,
        True,
    )


def refusal(told: Consent, current: Sequence[Consent], stopped_at: datetime | None = None) -> str | None:
    """Why it is not added, in words; None when it is.

    `stopped_at`: they were erased after a STOP at that address, of which nothing else is left.
    """
    if told.status in OPENS:
        stop = _newest_stop(told, current, stopped_at)
        if stop is not None and stop >= told.created_at:
            return f"they refused on {stop:%Y-%m-%d}, which is newer"
        if stop is not None and not told.proof:
            return f"they refused on {stop:%Y-%m-%d}: to open it again takes a proof"
    line = _line(current, told.channel, told.topic)
    if line is not None and line.created_at >= told.created_at:
        return f"something newer is known, of {line.created_at:%Y-%m-%d}"
    return None


def _newest_stop(told: Consent, current: Sequence[Consent], stopped_at: datetime | None) -> datetime | None:
    refused = [
        line.created_at
        for topic in {told.topic, Topic.ALL}
        if (line := _line(current, told.channel, topic)) and line.status is ConsentStatus.OPTED_OUT
    ]
    return max([*refused, *([stopped_at] if stopped_at else [])], default=None)


def _line(current: Sequence[Consent], channel: Channel, topic: Topic) -> Consent | None:
    return next((line for line in reversed(current) if (line.channel, line.topic) == (channel, topic)), None)
