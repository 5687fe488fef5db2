"""The facts that actions may want, read from the open transaction when asked for, as JSON values."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.parts import Parts
from context_store.records import Appointment, Cart, Customer, Order, Product, TakenTime
from context_store.unit_of_work import UnitOfWork

_ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
_CART: TypeAdapter[Cart] = TypeAdapter(Cart)
_PRODUCTS: TypeAdapter[list[Product]] = TypeAdapter(list[Product])
_APPOINTMENTS: TypeAdapter[list[Appointment]] = TypeAdapter(list[Appointment])
_TAKEN: TypeAdapter[list[TakenTime]] = TypeAdapter(list[TakenTime])
_CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)
# What is ours and no flow's business.
HIDDEN = {"id", "customer_id"}


class Facts(Mapping[str, Any]):
    """Fetches a fact at its first use and once: a turn pays only for what its actions want."""

    def __init__(self, uow: UnitOfWork, customer: Customer, parts: Parts) -> None:
        self._parts = parts
        self._uow = uow
        self._customer = customer
        self._default_timezone = parts.settings.default_timezone
        self._known: dict[str, Any] = {"shop": {**parts.shop, "cart_url": parts.settings.store_cart_url}}
        self._readers: dict[str, Callable[[], Any]] = {
            "customer": self._read_customer,
            "orders": self._read_orders,
            "cart": self._read_cart,
            "products": self._read_products,
            "survey": self._read_survey,
            "appointments": self._read_appointments,
            "booking": self._read_booking,
            "taken": self._read_taken,
        }

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._readers[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._readers})

    def __len__(self) -> int:
        return len({**self._known, **self._readers})

    def _read_customer(self) -> dict[str, Any]:
        known = _CUSTOMER.dump_python(self._customer, mode="json", exclude=HIDDEN)
        return {**known, "timezone": self._customer.timezone or self._default_timezone}

    def _read_orders(self) -> list[dict[str, Any]]:
        orders = self._uow.orders.newest(self._customer.id)
        dumped: list[dict[str, Any]] = _ORDERS.dump_python(orders, mode="json")
        return [{name: value for name, value in order.items() if name not in HIDDEN} for order in dumped]

    def _read_cart(self) -> dict[str, Any] | None:
        return cart_as_json(self._uow.carts.live(self._customer.id))

    def _read_products(self) -> list[dict[str, Any]]:
        dumped: list[dict[str, Any]] = _PRODUCTS.dump_python(self._uow.products.all(), mode="json")
        return dumped

    def _read_survey(self) -> dict[str, Any] | None:
        survey = self._uow.surveys.newest(self._customer.id)
        return {"is_answered": survey.score is not None} if survey else None

    def _read_appointments(self) -> list[dict[str, Any]]:
        """Those before them, with their ids: a flow has to say which it means."""
        upcoming = self._uow.appointments.upcoming(self._customer.id, self._parts.now())
        dumped: list[dict[str, Any]] = _APPOINTMENTS.dump_python(
            upcoming, mode="json", exclude={"__all__": {"customer_id"}}
        )
        return dumped

    def _read_booking(self) -> dict[str, Any]:
        return self._parts.booking.model_dump(mode="json")

    def _read_taken(self) -> list[dict[str, Any]]:
        now = self._parts.now()
        taken = self._uow.appointments.taken(now, now + timedelta(days=self._parts.booking.ahead_days + 1))
        dumped: list[dict[str, Any]] = _TAKEN.dump_python(taken, mode="json")
        return dumped


def cart_as_json(cart: Cart | None) -> dict[str, Any] | None:
    if cart is None:
        return None
    dumped: dict[str, Any] = _CART.dump_python(cart, mode="json", exclude=HIDDEN)
    return {**dumped, "total": cart.total}
