"""Everything about one customer on one line of time, a page at a time, both ways.

Each kind is read by its own index and they are merged here: a page costs five short reads, however long
the story is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from context_store.decisions import DECISION, decisions
from context_store.entries import ENTRY, entries
from context_store.events import EVENT, events
from context_store.families import Families
from context_store.handoffs import HANDOFF, handoffs
from context_store.messages import MESSAGE, messages
from context_store.records import CustomerId, Decision, Entry, Event, Handoff, Message

# Of no interest to whoever reads the story.
NOISE = ("identify", "page", "screen", "group", "alias", "Product List Viewed", "Product Clicked")


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Where something stands: by its time, then by its kind, then by its id."""

    at: datetime
    kind: str
    # A message's position, a decision's number, else an id.
    key: int | UUID


@dataclass(frozen=True, kw_only=True)
class Moment:
    place: Place
    record: Message | Entry | Event | Handoff | Decision


@dataclass(frozen=True, kw_only=True)
class _Source:
    kind: str
    columns: list[Any]
    at: Any
    key: Any
    make: Callable[..., Any]
    only: ColumnElement[bool] | None = None


SOURCES = (
    _Source(
        kind="decision", columns=DECISION, at=decisions.c.decided_at, key=decisions.c.number, make=Decision
    ),
    _Source(kind="entry", columns=ENTRY, at=entries.c.occurred_at, key=entries.c.id, make=Entry),
    _Source(
        kind="event",
        columns=EVENT,
        at=events.c.occurred_at,
        key=events.c.id,
        make=Event,
        only=events.c.name.not_in(NOISE),
    ),
    _Source(kind="handoff", columns=HANDOFF, at=handoffs.c.requested_at, key=handoffs.c.id, make=Handoff),
    _Source(kind="message", columns=MESSAGE, at=messages.c.created_at, key=messages.c.position, make=Message),
)
KINDS = tuple(source.kind for source in SOURCES)


class Timeline:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def page(
        self,
        customer_id: CustomerId,
        kinds: tuple[str, ...],
        limit: int,
        *,
        before: Place | None = None,
        after: Place | None = None,
    ) -> list[Moment]:
        """Newest first: what stands nearest before, or nearest after, a place; else the newest."""
        found: list[Moment] = []
        for source in SOURCES:
            if source.kind in kinds:
                found += self._of(source, customer_id, limit, before, after)
        is_upward = after is not None
        found.sort(key=lambda moment: moment.place, reverse=not is_upward)
        kept = found[:limit]
        return kept[::-1] if is_upward else kept

    def _of(
        self, source: _Source, customer_id: CustomerId, limit: int, before: Place | None, after: Place | None
    ) -> list[Moment]:
        owner = source.key.table.c.customer_id
        query = select(*source.columns, source.key.label("place_key"), source.at.label("place_at"))
        query = query.where(owner.in_(self._families.of(customer_id)))
        if source.only is not None:
            query = query.where(source.only)
        if before is not None:
            query = query.where(_lies(source, before, is_before=True))
        if after is not None:
            query = query.where(_lies(source, after, is_before=False))
        order = (source.at, source.key) if after is not None else (source.at.desc(), source.key.desc())
        return [_moment(source, row) for row in self._connection.execute(query.order_by(*order).limit(limit))]


def _lies(source: _Source, place: Place, *, is_before: bool) -> ColumnElement[bool]:
    beyond = source.at < place.at if is_before else source.at > place.at
    if source.kind == place.kind:
        tie = source.key < place.key if is_before else source.key > place.key
        return or_(beyond, and_(source.at == place.at, tie))
    stands_before = source.kind < place.kind
    return or_(beyond, source.at == place.at) if stands_before == is_before else beyond


def _moment(source: _Source, row: Any) -> Moment:
    values = dict(row._mapping)
    key, at = values.pop("place_key"), values.pop("place_at")
    return Moment(place=Place(at=at, kind=source.kind, key=key), record=source.make(**values))
