"""Who is in which segment. Each coming and going is written once, whoever sees it first, and tells so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from context_store.audience import World, is_true_of, whom
from context_store.audience.family import customers
from context_store.events import events
from context_store.inputs import SWEEP_AFTER_SECONDS, inputs
from context_store.models.base import DatabaseTime, UtcDateTime
from context_store.models.segments import SegmentMemberRow, SegmentRow
from context_store.records import (
    Change,
    CustomerId,
    CustomerStatus,
    InputKind,
    InputStatus,
    Segment,
    SegmentId,
    new_id,
)
from context_store.records.conditions import ENTERED, EXITED, Condition, read_condition
from context_store.rows import columns_of, table_of

segments = table_of(SegmentRow)
members = table_of(SegmentMemberRow)
SEGMENT = columns_of(Segment, segments)
SOURCE = "segments"
FIRST = UUID(int=0)
# Members stand for whole persons: nobody has to be led to who survived a merge.
ADD = insert(inputs).values(status=InputStatus.WAITING, retry_at=DatabaseTime(SWEEP_AFTER_SECONDS))


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A segment with its resolved condition."""

    segment: Segment
    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Customers one after the other by id: behind `after`, up to `last`; None: all the rest."""

    after: UUID
    last: UUID | None
    # Of them only these: to look again at what is about to be written.
    only: frozenset[CustomerId] | None = None


class SegmentMembers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, customer_id: CustomerId) -> list[SegmentId]:
        """The segments that this customer is in."""
        rows = self._connection.execute(
            select(members.c.segment_id).where(members.c.customer_id == customer_id, members.c.is_in)
        )
        return [SegmentId(row.segment_id) for row in rows]

    def ids(
        self, segment_id: SegmentId, after: CustomerId | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        """A page of who is in, as last found, in the order of their ids."""
        rows = self._connection.execute(
            select(members.c.customer_id)
            .where(
                members.c.segment_id == segment_id, members.c.is_in, members.c.customer_id > (after or FIRST)
            )
            .order_by(members.c.customer_id)
            .limit(limit)
        )
        return [CustomerId(row.customer_id) for row in rows]

    # One customer, in their turn.

    def changes_of(
        self, customer_id: CustomerId, sought: Sequence[Sought], now: datetime, *, has_merges: bool
    ) -> list[Change]:
        """Where the customer belongs now and is not, and where they are and do not belong. Two queries."""
        world = self._world(now, has_merges=has_merges)
        is_active = customers.c.status == CustomerStatus.ACTIVE
        tests = [
            case((and_(is_active, is_true_of(one.condition, world)), 1), else_=0).label(f"segment_{number}")
            for number, one in enumerate(sought)
        ]
        row = self._connection.execute(select(*tests).where(customers.c.id == customer_id)).one_or_none()
        if row is None:
            return []
        standing = set(self.of(customer_id))
        return [
            Change(segment=one.segment, customer_id=customer_id, has_entered=bool(belongs))
            for one, belongs in zip(sought, row, strict=True)
            if bool(belongs) is not (one.segment.id in standing)
        ]

    def write(self, changes: Sequence[Change], now: datetime) -> list[Change]:
        """Those that nobody has written before, of one customer or of one segment, now with their numbers.

        A change by a condition that has been replaced meanwhile is none.
        """
        entered = [change for change in changes if change.has_entered]
        left = [change for change in changes if not change.has_entered]
        return [
            *(self._enter(entered, now) if entered else ()),
            *(self._leave(left, now) if left else ()),
        ]

    def _enter(self, changes: Sequence[Change], now: datetime) -> list[Change]:
        who = select(
            segments.c.id,
            customers.c.id,
            true(),
            literal(1, BigInteger()),
            literal(now, UtcDateTime()),
        )
        # One customer and some segments, or one segment and some customers.
        who = who.select_from(segments.join(customers, true())).where(
            _is_current(changes), customers.c.id.in_({change.customer_id for change in changes})
        )
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(members).from_select(
            ["segment_id", "customer_id", "is_in", "changes", "changed_at"], who
        )
        statement = statement.on_conflict_do_update(
            index_elements=["segment_id", "customer_id"],
            set_={"is_in": True, "changes": members.c.changes + 1, "changed_at": now},
            where=~members.c.is_in,
        )
        return self._written(changes, statement.returning(*RETURNED))

    def _leave(self, changes: Sequence[Change], now: datetime) -> list[Change]:
        current = select(segments.c.id).where(_is_current(changes))
        statement = (
            update(members)
            .where(
                members.c.segment_id.in_(current),
                members.c.customer_id.in_({change.customer_id for change in changes}),
                members.c.is_in,
            )
            .values(is_in=False, changes=members.c.changes + 1, changed_at=now)
        )
        return self._written(changes, statement.returning(*RETURNED))

    def _written(self, changes: Sequence[Change], statement: Any) -> list[Change]:
        asked = {(change.segment.id, change.customer_id): change for change in changes}
        rows = self._connection.execute(statement)
        written = []
        for row in rows:
            change = asked[(SegmentId(row.segment_id), CustomerId(row.customer_id))]
            written.append(
                Change(
                    segment=change.segment,
                    customer_id=change.customer_id,
                    has_entered=change.has_entered,
                    number=row.changes,
                )
            )
        return written

    def tell(self, changes: Sequence[Change], now: datetime) -> list[CustomerId]:
        """An event and an input for each: the same road as what a shop tells. Returns whose turn it is."""
        if not changes:
            return []
        told = [_event_of(change, now) for change in changes]
        self._connection.execute(insert(events), told)
        waiting = [
            {
                "customer_id": event["customer_id"],
                "kind": InputKind.EVENT,
                "message_id": None,
                "payload": {"event_id": str(event["id"])},
                "created_at": now,
            }
            for event in told
        ]
        self._connection.execute(ADD, waiting)
        return list(dict.fromkeys(change.customer_id for change in changes))

    # Everybody, a stretch at a time.

    def is_any_due(self, now: datetime) -> bool:
        due = select(segments.c.id).where(segments.c.sweep_at <= now).limit(1)
        return self._connection.execute(due).first() is not None

    def due(self, now: datetime, limit: int = 20) -> list[tuple[Segment, UUID]]:
        """The segments to be looked through, longest due first, and behind whom each goes on."""
        rows = self._connection.execute(
            select(*SEGMENT, segments.c.swept_until)
            .where(segments.c.sweep_at <= now)
            .order_by(segments.c.sweep_at, segments.c.id)
            .limit(limit)
        ).all()
        return [(_segment(row), row.swept_until or FIRST) for row in rows]

    def next_stretch(self, after: UUID, size: int) -> Stretch:
        last = (
            select(customers.c.id)
            .where(customers.c.id > after)
            .order_by(customers.c.id)
            .offset(size - 1)
            .limit(1)
        )
        return Stretch(after=after, last=self._connection.execute(last).scalar_one_or_none())

    def changes_within(
        self, one: Sought, stretch: Stretch, now: datetime, *, has_merges: bool
    ) -> list[Change]:
        """What has changed without a turn: by time, by an import, by a carrier's word. Two queries."""
        world = self._world(now, has_merges=has_merges)
        is_member = exists().where(
            members.c.segment_id == one.segment.id, members.c.customer_id == customers.c.id, members.c.is_in
        )
        belonging = whom(one.condition, world)
        new = belonging.where(*_inside(customers.c.id, stretch), ~is_member)
        still = belonging.where(customers.c.id == members.c.customer_id)
        gone = select(members.c.customer_id.label("id")).where(
            members.c.segment_id == one.segment.id,
            members.c.is_in,
            *_inside(members.c.customer_id, stretch),
            ~exists(still.correlate(members)),
        )
        return [
            Change(segment=one.segment, customer_id=CustomerId(row.id), has_entered=has_entered)
            for query, has_entered in ((new, True), (gone, False))
            for row in self._connection.execute(query)
        ]

    def active(self, changes: Iterable[Change]) -> list[Change]:
        """Without those whose customer is no more: erased, or merged into another."""
        changes = list(changes)
        ids = {change.customer_id for change in changes}
        found = select(customers.c.id).where(
            customers.c.id.in_(ids), customers.c.status == CustomerStatus.ACTIVE
        )
        active = set(self._connection.execute(found).scalars())
        return [change for change in changes if change.customer_id in active]

    def go_on_after(self, segment: Segment, last: UUID) -> None:
        self._connection.execute(_sweep_of(segment).values(swept_until=last))

    def finish(self, segment: Segment, now: datetime, next_sweep: datetime) -> None:
        """All have been looked at. Nothing when its condition was changed meanwhile: it begins anew."""
        size = (
            select(func.count()).where(members.c.segment_id == segment.id, members.c.is_in).scalar_subquery()
        )
        self._connection.execute(
            _sweep_of(segment).values(
                swept_until=None,
                size=size,
                sweep_at=next_sweep,
                refreshed_at=now,
                based_at=func.coalesce(segments.c.based_at, bindparam("first_at", now, UtcDateTime())),
            )
        )

    def _world(self, now: datetime, *, has_merges: bool) -> World:
        return World(now=now, is_sqlite=self._connection.dialect.name == "sqlite", has_merges=has_merges)


RETURNED = (members.c.segment_id, members.c.customer_id, members.c.changes)


def _is_current(changes: Sequence[Change]) -> Any:
    """Of these segments those whose condition is still the one that was asked."""
    asked = {(change.segment.id, change.segment.version) for change in changes}
    return or_(
        false(), *(and_(segments.c.id == which, segments.c.version == version) for which, version in asked)
    )


def _sweep_of(segment: Segment) -> Any:
    return update(segments).where(segments.c.id == segment.id, segments.c.version == segment.version)


def _inside(column: Any, stretch: Stretch) -> list[Any]:
    found = [column > stretch.after]
    if stretch.last is not None:
        found.append(column <= stretch.last)
    if stretch.only is not None:
        found.append(column.in_(stretch.only))
    return found


def _event_of(change: Change, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": change.customer_id,
        "source": SOURCE,
        "message_id": f"{change.segment.key}:{change.customer_id}:{change.number}",
        "name": ENTERED if change.has_entered else EXITED,
        "properties": {"segment": change.segment.key, "segment_name": change.segment.name},
        "cart_key": None,
        "occurred_at": now,
        "received_at": now,
    }


def _segment(row: Any) -> Segment:
    values = {name: value for name, value in row._mapping.items() if name != "swept_until"}
    return Segment(**{**values, "condition": read_condition(values["condition"])})
