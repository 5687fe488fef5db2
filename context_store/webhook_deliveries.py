"""Deliveries of notices: claimed with a lease, ended with a fence, in order for each customer.

A delivery waits for the customer's earlier ones to the same endpoint, as long as those are in their first
tries: what an endpoint refuses again and again does not hold up the rest for days.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, and_, bindparam, exists, insert, literal, or_, select, update

from context_store.models.base import DatabaseTime, Word
from context_store.models.notices import WebhookTryRow
from context_store.notices import deliveries, endpoints, notices, wishes
from context_store.records import (
    Endpoint,
    EndpointId,
    Notice,
    NoticeClaim,
    NoticeDelivery,
    NoticeStatus,
    NoticeTry,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of

tries = table_of(WebhookTryRow)
NOTICE = columns_of(Notice, notices)
TRY = columns_of(NoticeTry, tries)
# So many tries (about twelve minutes) of one hold up the customer's next.
PATIENT_TRIES = 5
MISSED = ("notice", "endpoint_id", "customer_id", "status", "attempt", "not_before", "created_at")


def _is_waiting(table: Any = deliveries) -> Any:
    """Written out, not bound, for the partial indexes' sake."""
    return table.c.status == literal(NoticeStatus.WAITING, Word(NoticeStatus), literal_execute=True)


EARLIER = deliveries.alias("earlier")
HAS_ONE_BEFORE_IT = exists().where(
    EARLIER.c.endpoint_id == deliveries.c.endpoint_id,
    EARLIER.c.customer_id == deliveries.c.customer_id,
    EARLIER.c.notice < deliveries.c.notice,
    EARLIER.c.attempt <= PATIENT_TRIES,
    _is_waiting(EARLIER),
)
IS_DUE = and_(_is_waiting(), deliveries.c.not_before <= DatabaseTime())
DUE_ENDPOINTS = select(endpoints.c.id).where(
    endpoints.c.disabled_at.is_(None),
    or_(endpoints.c.paused_until.is_(None), endpoints.c.paused_until <= DatabaseTime()),
    exists().where(deliveries.c.endpoint_id == endpoints.c.id, IS_DUE, ~HAS_ONE_BEFORE_IT),
)
# `not_before` is the lease as well: who vanishes in the act has put it off by that much.
TAKE = (
    update(deliveries)
    .where(
        deliveries.c.position
        == select(deliveries.c.position)
        .where(deliveries.c.endpoint_id == bindparam("endpoint"), IS_DUE, ~HAS_ONE_BEFORE_IT)
        .order_by(deliveries.c.not_before, deliveries.c.notice)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        IS_DUE,
    )
    .values(
        owner=bindparam("taker"),
        attempt=deliveries.c.attempt + 1,
        not_before=DatabaseTime(bindparam("lease", type_=Float)),
    )
    .returning(deliveries.c.position, deliveries.c.notice, deliveries.c.attempt)
)
# The fence: who was slow beyond the lease no longer owns it.
IS_STILL_OURS = and_(
    deliveries.c.position == bindparam("delivery"),
    _is_waiting(),
    deliveries.c.owner == bindparam("taken_by"),
    deliveries.c.attempt == bindparam("taken_as"),
)
# What has to wait for it waits as long: else it would be looked at over and over meanwhile.
DELAY_NEXT = (
    update(deliveries)
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint"),
        deliveries.c.customer_id == bindparam("customer"),
        deliveries.c.notice > bindparam("after"),
        _is_waiting(),
        deliveries.c.owner.is_(None),
    )
    .values(not_before=DatabaseTime(bindparam("seconds", type_=Float)))
)
NEWEST = (
    select(
        deliveries.c.position,
        deliveries.c.status,
        deliveries.c.attempt.label("tried"),
        deliveries.c.not_before,
        deliveries.c.finished_at,
        *NOTICE,
    )
    .join(notices, notices.c.number == deliveries.c.notice)
    .where(deliveries.c.endpoint_id == bindparam("endpoint"))
    .order_by(deliveries.c.notice.desc())
    .limit(bindparam("most"))
)
OF_DELIVERIES = (
    select(tries.c.delivery, *TRY)
    .where(tries.c.delivery.in_(bindparam("positions", expanding=True)))
    .order_by(tries.c.number)
)
AGAIN: dict[str, Any] = {
    "status": NoticeStatus.WAITING,
    "attempt": 0,
    "owner": None,
    "not_before": DatabaseTime(),
    "finished_at": None,
}


class WebhookDeliveries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due_endpoints(self) -> list[EndpointId]:
        """Where something could go now. Cheap, and takes no lock."""
        return [EndpointId(row.id) for row in self._connection.execute(DUE_ENDPOINTS)]

    def take(self, endpoint: Endpoint, owner: str, lease_seconds: float) -> NoticeClaim | None:
        """One that may go now, ours until the lease runs out. Counts as an attempt."""
        values = {"endpoint": endpoint.id, "taker": owner, "lease": lease_seconds}
        row = self._connection.execute(TAKE, values).one_or_none()
        if row is None:
            return None
        notice = self._connection.execute(select(*NOTICE).where(notices.c.number == row.notice)).one()
        return NoticeClaim(
            position=row.position,
            notice=Notice(**notice._mapping),
            endpoint=endpoint,
            owner=owner,
            attempt=row.attempt,
        )

    def note(self, claim: NoticeClaim, tried: NoticeTry) -> None:
        """Keep what came of the attempt, whoever owns the delivery by now."""
        self._connection.execute(insert(tries).values(delivery=claim.position, **vars(tried)))

    def finish(self, claim: NoticeClaim, status: NoticeStatus) -> bool:
        """It arrived, or never will. False when it is no longer ours."""
        return self._end(claim, status=status, finished_at=DatabaseTime(), owner=None)

    def put_off(self, claim: NoticeClaim, seconds: float) -> bool:
        """To be tried again in so many seconds, and the customer's next ones not before it."""
        is_ours = self._end(claim, owner=None, not_before=DatabaseTime(seconds))
        if is_ours and claim.notice.customer_id is not None and claim.attempt < PATIENT_TRIES:
            values = {
                "endpoint": claim.endpoint.id,
                "customer": claim.notice.customer_id,
                "after": claim.notice.number,
                "seconds": seconds,
            }
            self._connection.execute(DELAY_NEXT, values)
        return is_ours

    def newest(self, endpoint_id: EndpointId, limit: int = 50) -> list[NoticeDelivery]:
        """What was told there or is to be, newest first, each with its attempts."""
        rows = self._connection.execute(NEWEST, {"endpoint": endpoint_id, "most": limit}).all()
        attempts = self._tries_of([row.position for row in rows])
        return [
            NoticeDelivery(
                position=row.position,
                notice=Notice(**{column.name: getattr(row, column.name) for column in NOTICE}),
                status=row.status,
                attempt=row.tried,
                not_before=row.not_before,
                finished_at=row.finished_at,
                tries=tuple(attempts.get(row.position, ())),
            )
            for row in rows
        ]

    def replay(self, endpoint_id: EndpointId, position: int) -> bool:
        """That one again, from its first try. False when there is no such one, or it waits anyway."""
        mine = and_(
            deliveries.c.endpoint_id == endpoint_id, deliveries.c.position == position, ~_is_waiting()
        )
        return changed_rows(self._connection, update(deliveries).where(mine).values(AGAIN)) == 1

    def replay_since(self, endpoint_id: EndpointId, since: datetime) -> int:
        """All that happened since then and that it wants, told before or not. Returns how many."""
        wanted = and_(wishes.c.endpoint_id == endpoint_id, wishes.c.kind == notices.c.kind)
        happened = select(notices.c.number).join(wishes, wanted).where(notices.c.created_at >= since)
        told = and_(
            deliveries.c.endpoint_id == endpoint_id, deliveries.c.notice.in_(happened), ~_is_waiting()
        )
        count = changed_rows(self._connection, update(deliveries).where(told).values(AGAIN))
        missed = select(
            notices.c.number,
            literal(endpoint_id, deliveries.c.endpoint_id.type),
            notices.c.customer_id,
            literal(NoticeStatus.WAITING, Word(NoticeStatus)),
            literal(0),
            DatabaseTime(),
            DatabaseTime(),
        ).where(
            notices.c.number.in_(happened),
            ~exists().where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.notice == notices.c.number),
        )
        adding = insert_or_ignore(self._connection.dialect.name, deliveries)
        return count + changed_rows(self._connection, adding.from_select(MISSED, missed))

    def _tries_of(self, positions: Sequence[int]) -> dict[int, list[NoticeTry]]:
        found: dict[int, list[NoticeTry]] = {}
        for row in self._connection.execute(OF_DELIVERIES, {"positions": positions}) if positions else ():
            values = {column.name: getattr(row, column.name) for column in TRY}
            found.setdefault(row.delivery, []).append(NoticeTry(**values))
        return found

    def _end(self, claim: NoticeClaim, **values: Any) -> bool:
        whose = {"delivery": claim.position, "taken_by": claim.owner, "taken_as": claim.attempt}
        statement = update(deliveries).where(IS_STILL_OURS).values(values)
        return changed_rows(self._connection, statement, whose) == 1
