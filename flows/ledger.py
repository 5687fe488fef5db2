"""What a wish about our messages writes into the consent ledger, and how the last one is taken back. Pure.

A limit and a pause are lines of the topic "all", each keeping what the other said; advertising and surveys
are refused by lines of their own. A channel that was closed with STOP is never touched: a line there would
open it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from context_store.records import Channel, Consent, ConsentStatus, CustomerId, Topic

CHANNELS = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)
# What they ask for in chat, by the name under which the ledger keeps it.
WISHES = frozenset(("fewer_messages", "pause", "only_orders", "choose_channel", "frequency"))
UNDONE = "undo"


@dataclass(frozen=True, kw_only=True)
class Wished:
    """A wish, and by which words it was said."""

    customer_id: CustomerId
    wish: str
    now: datetime
    per_week: int | None = None
    until: datetime | None = None
    # The one channel that they chose.
    channel: Channel | None = None
    wording: str | None = None
    proof: str | None = None


def lines_of(wished: Wished, current: Sequence[Consent]) -> list[Consent]:
    """The lines to add; none where every channel is closed."""
    open_channels = [channel for channel in CHANNELS if not _is_closed(current, channel)]
    if wished.per_week is not None or wished.until is not None:
        return [_limit(wished, current, channel) for channel in open_channels]
    return [
        _line(wished, channel, topic, ConsentStatus.OPTED_OUT)
        for channel in open_channels
        if channel is not wished.channel
        for topic in (Topic.MARKETING, Topic.SURVEY)
    ]


def last_wish(ledger: Sequence[Consent]) -> list[Consent]:
    """The lines of the newest wish, when nothing else was said since; oldest first, as the ledger is."""
    if not ledger or ledger[-1].method not in WISHES:
        return []
    newest = ledger[-1]
    return [
        line
        for line in ledger
        if (line.method, line.created_at, line.proof) == (newest.method, newest.created_at, newest.proof)
    ]


def undone(ledger: Sequence[Consent], now: datetime, proof: str | None, wording: str | None) -> list[Consent]:
    """The lines that bring back what was before the newest wish.

    Where nothing was on record, silence is no consent: advertising stays refused.
    """
    wish = last_wish(ledger)
    before = ledger[: len(ledger) - len(wish)]
    lines: list[Consent] = []
    for line in wish:
        earlier = next((one for one in reversed(before) if _place(one) == _place(line)), None)
        if earlier is None and line.topic is Topic.MARKETING:
            restored = line
        elif earlier is None:
            restored = replace(line, status=ConsentStatus.OPTED_IN, per_week=None, until=None)
        else:
            restored = earlier
        lines.append(replace(restored, method=UNDONE, wording=wording, proof=proof, created_at=now))
    return lines


def _limit(wished: Wished, current: Sequence[Consent], channel: Channel) -> Consent:
    """Fewer, or none for a while. Whoever asks for both gets both."""
    before = next((line for line in current if _place(line) == (channel, Topic.ALL)), None)
    status = ConsentStatus.PAUSED if wished.until is not None else ConsentStatus.LIMITED
    line = _line(wished, channel, Topic.ALL, status)
    return replace(
        line,
        per_week=wished.per_week if wished.per_week is not None else (before.per_week if before else None),
        until=wished.until if wished.until is not None else (before.until if before else None),
    )


def _line(wished: Wished, channel: Channel, topic: Topic, status: ConsentStatus) -> Consent:
    return Consent(
        customer_id=wished.customer_id,
        channel=channel,
        topic=topic,
        status=status,
        method=wished.wish,
        wording=wished.wording,
        proof=wished.proof,
        created_at=wished.now,
    )


def _place(line: Consent) -> tuple[Channel, Topic]:
    return line.channel, line.topic


def _is_closed(current: Sequence[Consent], channel: Channel) -> bool:
    return any(
        _place(line) == (channel, Topic.ALL) and line.status is ConsentStatus.OPTED_OUT for line in current
    )
