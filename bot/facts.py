"""The facts that actions may want, read from the open transaction when asked for, as JSON values."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from context_store.records import Customer, Order
from context_store.unit_of_work import UnitOfWork

_ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
_CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)
# What is ours and no flow's business.
HIDDEN = {"id", "customer_id"}


class Facts(Mapping[str, Any]):
    """Fetches a fact at its first use and once: a turn pays only for what its actions want."""

    def __init__(
        self, uow: UnitOfWork, customer: Customer, shop: dict[str, Any], default_timezone: str
    ) -> None:
        self._uow = uow
        self._customer = customer
        self._default_timezone = default_timezone
        self._known: dict[str, Any] = {"shop": shop}
        self._readers: dict[str, Callable[[], Any]] = {
            "customer": self._read_customer,
            "orders": self._read_orders,
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
