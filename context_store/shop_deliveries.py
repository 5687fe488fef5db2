"""What shops' webhooks have brought: kept once, worked off in order, set aside after too many tries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, and_, bindparam, func, literal, select, update

from context_store.models.base import DatabaseTime, Word
from context_store.models.deliveries import ShopDeliveryRow, ShopOrderRow
from context_store.records import CustomerId, DeliveryStatus, ShopDelivery
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

deliveries = table_of(ShopDeliveryRow)
shop_orders = table_of(ShopOrderRow)
DELIVERY = columns_of(ShopDelivery, deliveries)
LONGEST_ERROR = 200


def _is(status: DeliveryStatus) -> Any:
    """Written out, not bound, for the partial indexes' sake."""
    return deliveries.c.status == literal(status, Word(DeliveryStatus), literal_execute=True)


IS_DUE = and_(_is(DeliveryStatus.WAITING), deliveries.c.retry_at <= DatabaseTime())
LOOK = select(deliveries.c.number).where(IS_DUE).limit(1)
# `retry_at` is the lease as well: who vanishes in the act has put it off by that much, and is counted.
TAKE = (
    update(deliveries)
    .where(
        deliveries.c.number
        == select(deliveries.c.number)
        .where(IS_DUE)
        .order_by(deliveries.c.retry_at, deliveries.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        IS_DUE,
    )
    .values(
        attempt=deliveries.c.attempt + 1,
        retry_at=DatabaseTime(bindparam("lease", type_=Float)),
    )
    .returning(*DELIVERY)
)
# The fence: who was slow beyond the lease finds that another try has begun.
IS_OURS = and_(
    deliveries.c.number == bindparam("which"),
    deliveries.c.attempt == bindparam("taken_as"),
    _is(DeliveryStatus.WAITING),
)
ORDER = select(shop_orders.c.number, shop_orders.c.customer_id).where(
    shop_orders.c.shop == bindparam("shop"), shop_orders.c.reference == bindparam("reference")
)


class ShopDeliveries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: ShopDelivery) -> bool:
        """Keep it, to be worked off. False when it came before."""
        values = {name: value for name, value in vars(delivery).items() if name != "number"}
        statement = insert_or_ignore(self._connection.dialect.name, deliveries).values(
            **values, status=DeliveryStatus.WAITING, retry_at=DatabaseTime()
        )
        return changed_rows(self._connection, statement) == 1

    def is_any_due(self) -> bool:
        """Cheap, and takes no lock."""
        return self._connection.execute(LOOK).first() is not None

    def take(self, lease_seconds: float) -> ShopDelivery | None:
        """The one that is due longest, ours until the lease runs out. Counts as an attempt."""
        row = self._connection.execute(TAKE, {"lease": lease_seconds}).one_or_none()
        return to_record(ShopDelivery, row)

    def finish(self, delivery: ShopDelivery, now: datetime, note: str | None = None) -> bool:
        """It is worked off: its payload goes. False when another try has begun; then nothing must stay."""
        return self._end(delivery, status=DeliveryStatus.DONE, done_at=now, payload=None, error=_short(note))

    def park(self, delivery: ShopDelivery, now: datetime, error: str) -> bool:
        """Set aside for a person, as it came."""
        return self._end(delivery, status=DeliveryStatus.PARKED, done_at=now, error=_short(error))

    def put_off(self, delivery: ShopDelivery, seconds: float, error: str) -> bool:
        return self._end(delivery, retry_at=DatabaseTime(seconds), error=_short(error))

    def parked(self) -> list[ShopDelivery]:
        """Oldest first. `received_at` is when it came."""
        rows = self._connection.execute(
            select(*DELIVERY).where(_is(DeliveryStatus.PARKED)).order_by(deliveries.c.number)
        )
        return [ShopDelivery(**row._mapping) for row in rows]

    def retry(self, numbers: Sequence[int]) -> list[int]:
        """They wait again, as if they were new. Those that were parked."""
        return self._change_parked(
            numbers, status=DeliveryStatus.WAITING, attempt=0, retry_at=DatabaseTime(), done_at=None
        )

    def drop(self, numbers: Sequence[int], now: datetime, reason: str) -> list[int]:
        """They count as done, and their payload goes. Those that were parked."""
        return self._change_parked(
            numbers, status=DeliveryStatus.DONE, done_at=now, payload=None, error=_short(reason)
        )

    def waiting_count(self) -> int:
        query = select(func.count()).select_from(deliveries).where(_is(DeliveryStatus.WAITING))
        return int(self._connection.execute(query).scalar_one())

    def note_order(self, shop: str, reference: str, number: str, customer_id: CustomerId) -> None:
        """Which order the shop means by its own id. The first to tell is believed."""
        statement = insert_or_ignore(self._connection.dialect.name, shop_orders).values(
            shop=shop, reference=reference, number=number, customer_id=customer_id
        )
        self._connection.execute(statement)

    def order(self, shop: str, reference: str) -> tuple[str, CustomerId] | None:
        """The order's number and whose it is."""
        row = self._connection.execute(ORDER, {"shop": shop, "reference": reference}).one_or_none()
        return (row.number, CustomerId(row.customer_id)) if row else None

    def _end(self, delivery: ShopDelivery, **values: Any) -> bool:
        which = {"which": delivery.number, "taken_as": delivery.attempt}
        return changed_rows(self._connection, update(deliveries).where(IS_OURS).values(values), which) == 1

    def _change_parked(self, numbers: Sequence[int], **values: Any) -> list[int]:
        rows = self._connection.execute(
            update(deliveries)
            .where(deliveries.c.number.in_(numbers), _is(DeliveryStatus.PARKED))
            .values(values)
            .returning(deliveries.c.number)
        )
        return [row.number for row in rows]


def _short(text: str | None) -> str | None:
    return text[:LONGEST_ERROR] if text else None
