"""Saved conditions, and questions about everybody: how many, who, which facts decide."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, update

from context_store.audience import World, is_true_of, whom
from context_store.audience.family import ANY_MERGED, customers
from context_store.audience.portraits import read_portraits
from context_store.audience.resolving import lifecycle, resolve
from context_store.models.segments import SegmentMemberRow, SegmentRow
from context_store.records import CustomerId, Portrait, Segment, SegmentId
from context_store.records.conditions import (
    AllOf,
    Condition,
    LifecycleState,
    SegmentIs,
    as_json,
    read_condition,
    walk,
)
from context_store.rows import changed_rows, columns_of, table_of

segments = table_of(SegmentRow)
members = table_of(SegmentMemberRow)
SEGMENT = columns_of(Segment, segments)
MOST_NAMESAKES = 1000


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The resolved conditions of all segments, by key, and whether anybody has been merged."""

    conditions: dict[str, Condition]
    has_merges: bool


class InUse(Exception):
    """It cannot go: the segments of these names depend on it."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = list(names)


class Segments:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # What is saved.

    def all(self) -> list[Segment]:
        rows = self._connection.execute(select(*SEGMENT).order_by(func.lower(segments.c.name), segments.c.id))
        return [_segment(row) for row in rows]

    def get(self, key: str) -> Segment | None:
        row = self._connection.execute(select(*SEGMENT).where(segments.c.key == key)).one_or_none()
        return _segment(row) if row else None

    def free_key(self, name: str) -> str:
        """A key from the name that no segment has."""
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "segment"
        taken = set(self._connection.execute(select(segments.c.key)).scalars())
        numbered = (key if number == 1 else f"{key}-{number}" for number in range(1, MOST_NAMESAKES))
        return next(one for one in numbered if one not in taken)

    def save(self, segment: Segment) -> None:
        """New or changed. A changed condition has its members found anew, quietly unless asked.

        Raises `ConditionFault` when it names an unknown segment or, by others, itself.
        """
        self._check(segment)
        before = self.get(segment.key)
        values: dict[str, Any] = {
            "name": segment.name,
            "description": segment.description,
            "condition": as_json(segment.condition),
            "owner": segment.owner,
            "changed_at": segment.changed_at,
            "tells_of_first": segment.tells_of_first,
        }
        if before is None:
            values |= {"id": segment.id, "key": segment.key, "created_at": segment.created_at, "version": 1}
            self._connection.execute(insert(segments).values(**values, size=0, sweep_at=segment.changed_at))
            return
        mine = segments.c.id == before.id
        self._connection.execute(update(segments).where(mine).values(values))
        if before.condition != segment.condition:
            self._find_anew({before.key, *self._dependent_on(before.key)}, segment.changed_at)

    def remove(self, key: str) -> bool:
        """False when there is none. Raises `InUse` while others depend on it."""
        users = self.used_by(key)
        if users:
            raise InUse([user.name for user in users])
        found = self.get(key)
        if found is None:
            return False
        self._connection.execute(delete(members).where(members.c.segment_id == found.id))
        return changed_rows(self._connection, delete(segments).where(segments.c.id == found.id)) == 1

    def used_by(self, key: str) -> list[Segment]:
        """The segments that name it."""
        return [segment for segment in self.all() if key in _names_in(segment.condition)]

    def _check(self, segment: Segment) -> None:
        saved = {each.key: each.condition for each in self.all()} | {segment.key: segment.condition}
        resolve(SegmentIs(key=segment.key), saved.get)
        # Those that name it may become too large, or a circle, by this change.
        for key in saved:
            resolve(SegmentIs(key=key), saved.get)

    def _dependent_on(self, key: str) -> set[str]:
        """Those whose members may change with it, over any number of steps."""
        named = {segment.key: _names_in(segment.condition) for segment in self.all()}
        found, newest = set[str](), {key}
        while newest:
            newest = {other for other, names in named.items() if names & newest} - found
            found |= newest
        return found

    def _find_anew(self, keys: set[str], now: datetime) -> None:
        self._connection.execute(
            update(segments)
            .where(segments.c.key.in_(keys))
            .values(version=segments.c.version + 1, based_at=None, swept_until=None, sweep_at=now)
        )

    # What is asked.

    def audience(self) -> Audience:
        saved = {segment.key: segment.condition for segment in self.all()}
        return Audience(
            conditions={key: resolve(SegmentIs(key=key), saved.get) for key in saved},
            has_merges=bool(saved) and self._has_merges(),
        )

    def resolve(self, condition: Condition) -> Condition:
        """With segments and lifecycle written out. Raises `ConditionFault` for an unknown segment."""
        if not any(isinstance(part, SegmentIs) for part in walk(condition)):
            return resolve(condition, lambda key: None)
        saved = {segment.key: segment.condition for segment in self.all()}
        return resolve(condition, saved.get)

    def count(self, condition: Condition, now: datetime) -> int:
        matching = whom(self.resolve(condition), self._world(now, is_for_all=True)).subquery()
        return int(self._connection.execute(select(func.count()).select_from(matching)).scalar_one())

    def sample(self, condition: Condition, now: datetime, limit: int = 10) -> list[CustomerId]:
        """Some of whom it holds, those who came last first."""
        query = whom(self.resolve(condition), self._world(now, is_for_all=True))
        rows = self._connection.execute(query.order_by(customers.c.id.desc()).limit(limit))
        return [CustomerId(row.id) for row in rows]

    def ids(
        self, condition: Condition, now: datetime, after: CustomerId | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        """A page of all of whom it holds, in the order of their ids; the next one begins after its last."""
        query = whom(self.resolve(condition), self._world(now))
        if after is not None:
            query = query.where(customers.c.id > after)
        rows = self._connection.execute(query.order_by(customers.c.id).limit(limit))
        return [CustomerId(row.id) for row in rows]

    def holds(self, condition: Condition, customer_id: CustomerId, now: datetime) -> bool:
        query = whom(self.resolve(condition), self._world(now)).where(customers.c.id == customer_id)
        return self._connection.execute(query).first() is not None

    def portraits(self, ids: Sequence[CustomerId], condition: Condition) -> dict[CustomerId, Portrait]:
        """What `flows.audience.explain` must know of these customers to answer this resolved condition."""
        return read_portraits(self._connection, ids, condition)

    def lifecycle(self, customer_id: CustomerId, now: datetime) -> LifecycleState | None:
        """Where they stand with the shop; None for an unknown customer."""
        world = self._world(now)
        # The first that fits: what the others leave out need not be asked again.
        states = [
            (is_true_of(_own(condition), world), state.value) for state, condition in lifecycle().items()
        ]
        query = select(case(*states)).select_from(customers).where(customers.c.id == customer_id)
        found = self._connection.execute(query).scalar_one_or_none()
        return LifecycleState(found) if found else None

    def _world(self, now: datetime, *, is_for_all: bool = False) -> World:
        return World(
            now=now,
            is_sqlite=self._connection.dialect.name == "sqlite",
            is_for_all=is_for_all,
            has_merges=self._has_merges(),
        )

    def _has_merges(self) -> bool:
        return self._connection.execute(ANY_MERGED).first() is not None


def _own(condition: Condition) -> Condition:
    return condition.of[0] if isinstance(condition, AllOf) and condition.of else condition


def _segment(row: Any) -> Segment:
    values = dict(row._mapping)
    return Segment(**{**values, "condition": read_condition(values["condition"])})


def _names_in(condition: Condition) -> set[str]:
    return {part.key for part in walk(condition) if isinstance(part, SegmentIs)}


__all__ = ["Audience", "InUse", "SegmentId", "Segments"]
