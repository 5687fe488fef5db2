"""What comes in from the shop's systems: sources, events, what does not fit, what was rejected, alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from console.auth import require_staff
from console.parts import ConsoleParts
from console.words import Words, shortened
from context_store.records import AlertKind, DataAlert, Role
from flows.data_quality import (
    LATE,
    LATELY,
    MATCHED,
    MISFIT,
    REJECTED,
    REPEATED,
    Stream,
    by_source,
    streams,
)
from flows.tracking_plan import TrackingPlan

# Who looks after the data; those who help customers need not.
KEEPERS = (Role.SUPERVISOR, Role.MARKETER, Role.ADMIN)
MOST_MISFITS = 50
MOST_REJECTED = 30
MOST_EVENTS = 100
LONGEST_BODY = 600
# How long an alert that is over is still shown.
AFTERWARDS = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a table, in words."""

    source: str
    event: str
    owner: str
    is_planned: bool
    last_at: datetime | None
    received: int
    repeated: int
    rejected: int
    misfits: int
    late: int
    match: str
    delay: str


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    @require_staff(*KEEPERS)
    def show_data() -> ResponseReturnValue:
        return render_template("console/data.html", **_read(parts, g.words))

    blueprint.add_url_rule("/data", view_func=show_data)


def _read(parts: ConsoleParts, words: Words) -> dict[str, Any]:
    now = parts.now()
    with parts.database.read() as uow:
        found = streams(uow.tracking.counts_since(now - LATELY))
        alerts = uow.tracking.alerts(now - AFTERWARDS)
        misfits = uow.tracking.misfits(MOST_MISFITS)
        rejected = uow.tracking.rejected(MOST_REJECTED)
        waiting = uow.handoffs.count_queued()
    named = [stream for stream in found.values() if stream.event]
    sources = [_line(one, parts.plan, words) for one in by_source(found.values()).values()]
    events = [_line(one, parts.plan, words) for one in named]
    return {
        "plan": parts.plan,
        "sources": sorted(sources, key=lambda line: line.source),
        "events": sorted(events, key=lambda line: (line.source, line.event))[:MOST_EVENTS],
        "alerts": [(alert, alert_in_words(alert, words)) for alert in alerts],
        "misfits": misfits,
        "rejected": rejected,
        "waiting": waiting,
        # What strangers sent may hold other people's numbers.
        "shows_bodies": g.agent.role is Role.ADMIN,
        "longest_body": LONGEST_BODY,
    }


def _line(stream: Stream, plan: TrackingPlan, words: Words) -> Line:
    median, most = stream.delay(0.5), stream.delay(0.95)
    told = median is not None and most is not None
    return Line(
        source=stream.source,
        event=stream.event,
        owner=plan.owner_of(stream.event),
        is_planned=stream.event in plan.events,
        last_at=stream.last_at,
        received=stream.received,
        repeated=stream.counts[REPEATED],
        rejected=stream.counts[REJECTED],
        misfits=stream.counts[MISFIT],
        late=stream.counts[LATE],
        match=_percent(stream.share(MATCHED)) if stream.received else "",
        delay=words("data.delay_told", median=span(median, words), most=span(most, words)) if told else "",
    )


def alert_in_words(alert: DataAlert, words: Words) -> str:
    """What is the matter. The details are our own, but for the values that were sent."""
    details = alert.details
    if alert.kind is AlertKind.STOPPED:
        return words("data.stopped", when=words.short(datetime.fromisoformat(details["last_at"])))
    if alert.kind is AlertKind.LATE:
        most = span(details["p95"], words)
        return words("data.late_told", share=round(details["share"] * 100), most=most)
    if alert.kind is AlertKind.DRIFT:
        shares = {name: round(details[name] * 100) for name in ("share", "was")}
        return words("data.drift", fault=words.name("faults", details["fault"]), **shares)
    values = ", ".join(shortened(value, 40) for value in details["values"])
    return words("data.new_value", values=values)


def span(seconds: int | None, words: Words) -> str:
    """60 is "1 min"; the bounds of the counts are whole units."""
    if seconds is None:
        return ""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return words(f"data.{unit}", n=seconds // length)
    return words("data.seconds", n=seconds)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
