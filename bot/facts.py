"""The facts that actions may want, read from the open transaction when asked for, as JSON values."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.parts import Parts
from context_store.records import AddressStatus, Cart, ConsentStatus, Customer, Order, Product, Topic
from context_store.unit_of_work import UnitOfWork
from flows.ledger import last_wish
from flows.policy import has_opted_out

_ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
_CART: TypeAdapter[Cart] = TypeAdapter(Cart)
_PRODUCTS: TypeAdapter[list[Product]] = TypeAdapter(list[Product])
_CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)
# What is ours and no flow's business.
REFUSED = (ConsentStatus.OPTED_OUT, ConsentStatus.PAUSED)
# So long after a bad rating nothing is asked.
UNHAPPY = timedelta(days=7)
HIDDEN = {"id", "customer_id"}


class Facts(Mapping[str, Any]):
    """Fetches a fact at its first use and once: a turn pays only for what its actions want."""

    def __init__(self, uow: UnitOfWork, customer: Customer, parts: Parts) -> None:
        self._uow = uow
        self._customer = customer
        self._now = parts.now()
        self._default_timezone = parts.settings.default_timezone
        self._known: dict[str, Any] = {"shop": {**parts.shop, "cart_url": parts.settings.store_cart_url}}
        self._readers: dict[str, Callable[[], Any]] = {
            "customer": self._read_customer,
            "orders": self._read_orders,
            "cart": self._read_cart,
            "products": self._read_products,
            "survey": self._read_survey,
            "contact": self._read_contact,
            "acquaintance": self._read_acquaintance,
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

    def _read_survey(self) -> dict[str, Any]:
        """When each was asked last, and which may be answered now."""
        asked = self._uow.surveys.last_asked(self._customer.id)
        survey = self._uow.surveys.open_of(self._customer.id, self._now)
        answers = self._uow.surveys.answers_to(survey.id) if survey else []
        return {
            "asked": {name: moment.isoformat() for name, moment in asked.items()},
            "open": survey.survey if survey else None,
            "answered": [answer.question for answer in answers],
        }

    def _read_contact(self) -> dict[str, Any]:
        """Where they can be written to, where they said STOP, and whether their last wish can be undone."""
        addresses = self._uow.customers.addresses_of(self._customer.id)
        ledger = self._uow.consents.ledger(self._customer.id)
        current = self._uow.consents.current(self._customer.id)
        reachable = {one.channel for one in addresses if one.status is AddressStatus.REACHABLE}
        return {
            "channels": sorted(channel.value for channel in reachable),
            "closed": sorted(channel.value for channel in reachable if has_opted_out(current, channel)),
            "can_undo": bool(last_wish(ledger)),
        }

    def _read_acquaintance(self) -> dict[str, Any]:
        """What they told or were asked, and whether it is a time for questions."""
        traits = self._uow.traits.of(self._customer.id)
        current = self._uow.consents.current(self._customer.id)
        asked = {one.name: one.asked_at.isoformat() for one in traits if one.asked_at}
        agreed = (ConsentStatus.OPTED_IN, ConsentStatus.LIMITED)
        return {
            "asked": asked,
            "told": [one.name for one in traits if one.value is not None],
            "since": self._customer.created_at.isoformat(),
            "name": self._customer.name,
            "channels": self["contact"]["channels"],
            "is_unhappy": self._uow.surveys.has_bad_since(self._customer.id, self._now - UNHAPPY),
            "has_refused": any(one.status in REFUSED for one in current),
            "has_agreed": any(one.topic is Topic.MARKETING and one.status in agreed for one in current),
        }


def cart_as_json(cart: Cart | None) -> dict[str, Any] | None:
    if cart is None:
        return None
    dumped: dict[str, Any] = _CART.dump_python(cart, mode="json", exclude=HIDDEN)
    return {**dumped, "total": cart.total}
