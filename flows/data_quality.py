"""What is counted of events, and what the counts say: delays, match rates, alerts. Pure.

A count is of a source, an event and a measure. Measures: what came (`received`), came again
(`repeated`), was rejected, came late, named a known customer who can be written to (`matched`), did not
fit the plan (`misfit`); `delay:60` for one that came within 60 seconds and not sooner; `missing:name` and
`mistyped:name` for a property; `value:name=EUR` for a value that is watched.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from context_store.records import AlertKind, DataAlert, EventCount, FaultKind
from flows.tracking_plan import Fault, TrackingPlan

RECEIVED, REPEATED, REJECTED = "received", "repeated", "rejected"
LATE, MATCHED, MISFIT = "late", "matched", "misfit"
# Seconds; what took longer is in the last one.
DELAYS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600)
HOUR = timedelta(hours=1)

# What is usual is learnt from so long before the last day.
USUAL = timedelta(days=14)
LATELY = timedelta(hours=24)
# Less than that tells nothing.
FEWEST = 20
FEWEST_OF_A_VALUE = 50
# A silence is too long when it is longer than the longest usual one by half, and than two hours.
LONGER_THAN_USUAL = 1.5
SHORTEST_SILENCE = timedelta(hours=2)
# More of them late, missing or mistyped by that share is a drift.
TOO_MANY_LATE = 0.1
DRIFT = 0.2


def delay_measure(seconds: float) -> str:
    place = min(bisect_left(DELAYS, seconds), len(DELAYS) - 1)
    return f"delay:{DELAYS[place]}"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One new event, as far as it is counted."""

    event: str
    properties: Mapping[str, Any]
    faults: Sequence[Fault]
    # Between its happening and its coming here.
    delay: timedelta
    # It names somebody whom we knew before and can write to.
    is_matched: bool


def measures(plan: TrackingPlan, one: Arrival, late_after: timedelta) -> Iterator[str]:
    """What an event adds one to."""
    planned = plan.events.get(one.event)
    if planned is not None and planned.late_minutes is not None:
        late_after = timedelta(minutes=planned.late_minutes)
    yield RECEIVED
    yield delay_measure(one.delay.total_seconds())
    if one.delay > late_after:
        yield LATE
    if one.is_matched:
        yield MATCHED
    if one.faults:
        yield MISFIT
    for fault in one.faults:
        if fault.kind is not FaultKind.UNPLANNED:
            yield f"{fault.kind.value}:{fault.name[:100]}"
    for name, value in plan.watched_values(one.event, one.properties):
        yield f"value:{name}={value}"


@dataclass(kw_only=True)
class Stream:
    """One event of one source, over the time that is looked at."""

    source: str
    event: str
    counts: Counter[str] = field(default_factory=Counter)
    last_at: datetime | None = None

    @property
    def received(self) -> int:
        return self.counts[RECEIVED]

    def share(self, measure: str) -> float:
        return self.counts[measure] / self.received if self.received else 0.0

    def delay(self, part: float) -> int | None:
        """Within how many seconds that part of them came; None when none came."""
        return delay_of(self.counts, part)


def delay_of(counts: Mapping[str, int], part: float) -> int | None:
    found = [(seconds, counts.get(f"delay:{seconds}", 0)) for seconds in DELAYS]
    total = sum(count for _, count in found)
    seen = 0
    for seconds, count in found:
        seen += count
        if total and seen >= part * total:
            return seconds
    return None


def streams(counts: Iterable[EventCount]) -> dict[tuple[str, str], Stream]:
    found: dict[tuple[str, str], Stream] = {}
    for count in counts:
        key = (count.source, count.event)
        stream = found.setdefault(key, Stream(source=count.source, event=count.event))
        stream.counts[count.measure] += count.count
        if count.measure == RECEIVED and (stream.last_at is None or count.last_at > stream.last_at):
            stream.last_at = count.last_at
    return found


def by_source(found: Iterable[Stream]) -> dict[str, Stream]:
    """All events of each source together."""
    sources: dict[str, Stream] = {}
    for stream in found:
        whole = sources.setdefault(stream.source, Stream(source=stream.source, event=""))
        whole.counts.update(stream.counts)
        if stream.last_at and (whole.last_at is None or stream.last_at > whole.last_at):
            whole.last_at = stream.last_at
    return sources


def alerts(counts: Sequence[EventCount], plan: TrackingPlan, now: datetime) -> list[DataAlert]:
    """What is wrong now, by the counts of the last weeks. Only events of the plan: others come and go."""
    known = [count for count in counts if count.event in plan.events]
    border = now - LATELY
    lately = streams(count for count in known if count.hour >= border)
    before = streams(count for count in known if count.hour < border)
    hours = _hours(known)
    found: list[DataAlert] = []
    for key in sorted(hours):
        one = lately.get(key) or Stream(source=key[0], event=key[1])
        usual = before.get(key) or Stream(source=key[0], event=key[1])
        last_at = one.last_at or usual.last_at
        if last_at is not None:
            found += _stopped(plan, one, last_at, hours[key], now)
        found += _late(one, now)
        found += _drifted(one, usual, now)
        found += _new_values(one, usual, now)
    return found


def _hours(counts: Iterable[EventCount]) -> dict[tuple[str, str], list[datetime]]:
    found: dict[tuple[str, str], list[datetime]] = {}
    for count in counts:
        if count.measure == RECEIVED:
            found.setdefault((count.source, count.event), []).append(count.hour)
    return {key: sorted(hours) for key, hours in found.items()}


def _stopped(
    plan: TrackingPlan, one: Stream, last_at: datetime, hours: Sequence[datetime], now: datetime
) -> Iterator[DataAlert]:
    planned = plan.events[one.event].every_minutes
    if planned is not None:
        longest = timedelta(minutes=planned)
    elif len(hours) < FEWEST:
        return
    else:
        # With nights and Sundays in it.
        usual_silence = max(later - earlier for earlier, later in pairwise(hours))
        longest = max(usual_silence * LONGER_THAN_USUAL, SHORTEST_SILENCE)
    if now - last_at > longest:
        yield _alert(AlertKind.STOPPED, one, "", now, last_at=last_at.isoformat())


def _late(one: Stream, now: datetime) -> Iterator[DataAlert]:
    if one.received >= FEWEST and one.share(LATE) > TOO_MANY_LATE:
        yield _alert(AlertKind.LATE, one, "", now, share=round(one.share(LATE), 3), p95=one.delay(0.95))


def _drifted(one: Stream, usual: Stream, now: datetime) -> Iterator[DataAlert]:
    if min(one.received, usual.received) < FEWEST:
        return
    for measure in sorted(one.counts):
        kind, _, name = measure.partition(":")
        if kind not in (FaultKind.MISSING, FaultKind.MISTYPED, FaultKind.UNLISTED):
            continue
        share, was = one.share(measure), usual.share(measure)
        if share - was > DRIFT:
            details = {"fault": kind, "share": round(share, 3), "was": round(was, 3)}
            yield _alert(AlertKind.DRIFT, one, name, now, **details)


def _new_values(one: Stream, usual: Stream, now: datetime) -> Iterator[DataAlert]:
    found: dict[str, list[str]] = {}
    for measure in sorted(one.counts):
        kind, _, told = measure.partition(":")
        name, _, value = told.partition("=")
        known = _count_of_values(usual, name) if kind == "value" else 0
        if known >= FEWEST_OF_A_VALUE and not usual.counts[measure]:
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        yield _alert(AlertKind.NEW_VALUE, one, name, now, values=values[:5])


def _count_of_values(stream: Stream, name: str) -> int:
    beginning = f"value:{name}="
    return sum(count for measure, count in stream.counts.items() if measure.startswith(beginning))


def _alert(kind: AlertKind, one: Stream, name: str, now: datetime, **details: Any) -> DataAlert:
    return DataAlert(
        kind=kind,
        source=one.source,
        event=one.event,
        property=name,
        details=details,
        opened_at=now,
        seen_at=now,
    )
