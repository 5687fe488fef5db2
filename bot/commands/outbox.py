"""`hilo outbox`, `hold` and `release`: what waits to go out, and whether anything may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from bot.aftermath import tell_journey
from bot.commands.group import (
    ReadSettings,
    age,
    as_json,
    in_batches,
    masked,
    moment,
    opened,
    table,
    tell_json,
    without_asking,
)
from context_store.database import Database
from context_store.outbox import Count, StuckMessage
from context_store.records import MessageStatus
from context_store.switches import OUTBOUND_HOLD

TOO_OLD = "too old when the hold was released"
WAITING = (MessageStatus.QUEUED, MessageStatus.HELD)
MOST_AT_ONCE = 5000


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @as_json
    def outbox(is_json: bool) -> None:
        """What waits to go out, and why it has not gone.

        Counts by state, channel and purpose; then the ten that have waited longest, beyond a minute,
        each with its reason. You want it when customers say that no answer comes.

        \b
        Example:
          hilo outbox
        """
        with opened(read_settings) as database, database.read() as uow:
            now, counts, stuck = uow.outbox.now(), uow.outbox.counts(), uow.outbox.stuck()
            on_hold = uow.switches.reason(OUTBOUND_HOLD)
        if is_json:
            tell_json(_document(counts, stuck, on_hold, now))
        else:
            _tell(counts, stuck, on_hold, now)

    _register_hold(group, read_settings)
    _register_release(group, read_settings)


def _register_hold(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.option("--reason", default="no reason was given", help="Shown to whoever wonders.")
    def hold(reason: str) -> None:
        """Stop everything that goes out, until `hilo release`.

        Customers are still heard, turns are taken, answers wait; what is at the carrier already is
        not called back. Put it on before you start on a restored backup, or when the bot says
        something wrong to everybody.

        \b
        Example:
          hilo hold --reason "restored from last night"
        """
        with opened(read_settings) as database, database.write() as uow:
            is_new = uow.switches.turn_on(OUTBOUND_HOLD, reason, datetime.now(UTC))
            known = uow.switches.reason(OUTBOUND_HOLD)
            uow.commit()
        click.echo("Nothing goes out from now on." if is_new else f"It was on hold already: {known}.")
        click.echo("See what gathers with `hilo outbox`; let it go with `hilo release`.")


def _register_release(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.option(
        "--expire-older-than",
        "hours",
        type=click.FloatRange(min=0),
        metavar="HOURS",
        help="Set aside, for good, what was to be said longer ago than that.",
    )
    @without_asking
    def release(hours: float | None, is_sure: bool) -> None:
        """Let messages go out again after `hilo hold`.

        Says first how many wait and how old the oldest is, and asks. What was to be said yesterday
        may be wrong today: with --expire-older-than it is set aside, and never sent.

        \b
        Example:
          hilo release --expire-older-than 2
        """
        with opened(read_settings) as database:
            _release(database, hours, is_sure)


def _release(database: Database, hours: float | None, is_sure: bool) -> None:
    with database.read() as uow:
        now, counts, on_hold = uow.outbox.now(), uow.outbox.counts(), uow.switches.reason(OUTBOUND_HOLD)
    waiting = [count for count in counts if count.status in WAITING]
    click.echo("Nothing was on hold." if on_hold is None else f"On hold: {on_hold}.")
    if waiting:
        oldest = age(now - min(count.oldest_at for count in waiting))
        click.echo(f"{sum(count.number for count in waiting)} messages wait, the oldest for {oldest}.")
    else:
        click.echo("No message waits.")
    if on_hold is None and hours is None:
        return
    if not is_sure:
        click.confirm("Let them go out?", abort=True)
    if hours is not None:
        click.echo(f"{_expire(database, hours)} messages set aside as too old.")
    with database.write() as uow:
        uow.switches.turn_off(OUTBOUND_HOLD)
        uow.commit()
    click.echo("Messages go out again; the sweep finds the first of them within seconds.")


def _expire(database: Database, hours: float) -> int:
    """Before the hold ends: nothing of it may slip out meanwhile."""
    gone, now = 0, datetime.now(UTC)
    while True:
        with database.read() as uow:
            old = uow.outbox.older_than(hours, MOST_AT_ONCE)
        if not old:
            return gone
        for batch in in_batches(old, "Setting aside"):
            with database.write() as uow:
                expired = uow.outbox.expire(batch, TOO_OLD)
                for message in expired:
                    tell_journey(uow, message, now, skipped=TOO_OLD)
                uow.commit()
            gone += len(expired)


def _tell(counts: list[Count], stuck: list[StuckMessage], on_hold: str | None, now: datetime) -> None:
    if on_hold is not None:
        click.echo(f"ON HOLD: {on_hold}. Nothing goes out until `hilo release`.\n")
    if not counts:
        click.echo("Nothing waits to go out.")
        return
    table(
        ("STATE", "CHANNEL", "PURPOSE", "NUMBER", "OLDEST"),
        [(*_words(count), count.number, age(now - count.oldest_at)) for count in counts],
    )
    if stuck:
        click.echo("\nThe oldest that have not gone:")
        table(
            ("ID", "CUSTOMER", "STATE", "WAITS FOR", "WHY"),
            [
                (each.id, masked(each.who), each.status.value, age(now - each.since), why(each, on_hold, now))
                for each in stuck
            ],
        )
    if any(count.status is MessageStatus.PARKED for count in counts):
        click.echo("\nParked ones wait for you: `hilo parked list`.")


def why(message: StuckMessage, on_hold: str | None, now: datetime) -> str:
    """In words for an operator, the nearest cause first."""
    if message.status is MessageStatus.SENDING:
        return "a sender has it; unless it answers soon, it is looked for at the carrier"
    if message.status is MessageStatus.UNKNOWN:
        return f"nobody knows whether it went out: {message.reason or 'no answer'}; it is being looked for"
    if on_hold is not None:
        return "outbound is on hold"
    if message.not_before is not None:
        return f"tried in vain ({message.reason or '?'}); again in {age(message.not_before - now)}"
    if message.has_one_before:
        return "an earlier message to the same recipient comes first"
    return "nobody took it: does a worker run?"


def _words(count: Count) -> tuple[str, str, str]:
    return count.status.value, count.channel.value, count.purpose.value if count.purpose else ""


def _document(
    counts: list[Count], stuck: list[StuckMessage], on_hold: str | None, now: datetime
) -> dict[str, Any]:
    return {
        "on_hold": on_hold,
        "counts": [
            {
                **dict(zip(("state", "channel", "purpose"), _words(count), strict=True)),
                "number": count.number,
                "oldest_seconds": _seconds(now - count.oldest_at),
            }
            for count in counts
        ],
        "stuck": [
            {
                "id": str(each.id),
                "customer": masked(each.who),
                "state": each.status.value,
                "since": moment(each.since),
                "why": why(each, on_hold, now),
            }
            for each in stuck
        ],
    }


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))
