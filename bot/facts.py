"""The facts that actions may want, read from the open transaction when asked for, as JSON values."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot import cart_links, elsewhere
from bot.context import Context
from bot.desk_fact import desk_fact
from bot.parts import Parts
from bot.product_facts import products_meant
from bot.promotions import promotions_for
from bot.recommendable import is_open_to_offers, recommendable
from context_store.records import (
    AddressStatus,
    Appointment,
    Cart,
    ConsentStatus,
    Customer,
    IdentifierKind,
    Order,
    Product,
    TakenTime,
    Topic,
)
from context_store.unit_of_work import UnitOfWork
from flows import promotions, recommending
from flows.ledger import last_wish
from flows.policy import has_opted_out

_ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
_CART: TypeAdapter[Cart] = TypeAdapter(Cart)
_PRODUCTS: TypeAdapter[list[Product]] = TypeAdapter(list[Product])
_APPOINTMENTS: TypeAdapter[list[Appointment]] = TypeAdapter(list[Appointment])
_TAKEN: TypeAdapter[list[TakenTime]] = TypeAdapter(list[TakenTime])
_CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)
# What is ours and no flow's business.
REFUSED = (ConsentStatus.OPTED_OUT, ConsentStatus.PAUSED)
# So long after a bad rating nothing is asked.
UNHAPPY = timedelta(days=7)
HIDDEN = {"id", "customer_id", "told", "stated_status"}
MOST_ON_THE_SHELF = 10
SULKING = timedelta(hours=36)
UNHAPPY_REASONS = ("complaint", "anger", "bad_rating", "damaged_delivery")


class Facts(Mapping[str, Any]):
    """Fetches a fact at its first use and once: a turn pays only for what its actions want."""

    def __init__(
        self, uow: UnitOfWork, customer: Customer, parts: Parts, context: Context | None = None
    ) -> None:
        """Without a context nobody says anything right now: another system asks."""
        self._parts = parts
        self._uow = uow
        self._customer = customer
        self._context = context
        self._now = context.now if context else parts.now()
        self._default_timezone = parts.settings.default_timezone
        self._known: dict[str, Any] = {"shop": parts.shop}
        self._readers: dict[str, Callable[[], Any]] = {
            "customer": self._read_customer,
            "orders": self._read_orders,
            "cart": self._read_cart,
            "cart_link": self._read_cart_link,
            "products": self._read_products,
            "shelf": self._read_shelf,
            "categories": self._read_categories,
            "promotions": self._read_promotions,
            "is_upset": self._read_mood,
            "email": self._read_email,
            "asked_topics": lambda: self._uow.knowledge_votes.asked(self._customer.id),
            "survey": self._read_survey,
            "appointments": self._read_appointments,
            "booking": self._read_booking,
            "taken": self._read_taken,
            "contact": self._read_contact,
            "acquaintance": self._read_acquaintance,
            "recommendable": self._read_recommendable,
            "desk": lambda: desk_fact(self._uow, self._customer.id, self._now),
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

    def _read_cart_link(self) -> str | None:
        """Opens the web's cart as it is now; None without a cart, or where there is no web cart."""
        cart = self._uow.carts.live(self._customer.id)
        return cart_links.link_to(self._parts.settings, cart, self._now) if cart else None

    def _read_products(self) -> list[dict[str, Any]]:
        """Only what the message may mean: a catalogue may be of any size."""
        if self._context is None:
            return []
        state = self._context.conversation.state
        return _dumped(products_meant(self._uow, self._context.parsed, state))

    def _read_shelf(self) -> list[dict[str, Any]]:
        """A few to choose from, where the words named none."""
        return _dumped(self._uow.products.all(MOST_ON_THE_SHELF))

    def _read_categories(self) -> dict[str, str]:
        """Of what is in the cart."""
        cart = self["cart"]
        found = self._uow.products.by_ids({item["product_id"] for item in cart["items"]}) if cart else []
        return {product.product_id: product.category for product in found if product.category}

    def _read_mood(self) -> bool:
        """Did they complain, or rate us badly, a day or two ago? Then nothing is sold to them."""
        since = self._now - SULKING
        complaints = (
            handoff
            for handoff in self._uow.handoffs.of(self._customer.id, limit=3)
            if handoff.reason in UNHAPPY_REASONS and handoff.requested_at >= since
        )
        if any(complaints) or self._uow.surveys.has_bad_since(self._customer.id, since):
            return True
        return elsewhere.unhappy_at(self._uow, self._customer.id, self._now, self._parts.limits) is not None

    def _read_promotions(self) -> list[dict[str, Any]]:
        said = self._context.parsed.text if self._context else ""
        return promotions.as_json(
            promotions_for(self._uow, self._parts, self._customer, now=self._now, said=said)
        )

    def _read_email(self) -> str | None:
        links = self._uow.customers.links_of(self._customer.id)
        return next((link.value for link in links if link.kind is IdentifierKind.EMAIL), None)

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
            "language": self._customer.language,
            "channels": self["contact"]["channels"],
            "is_unhappy": self._uow.surveys.has_bad_since(self._customer.id, self._now - UNHAPPY),
            "has_refused": any(one.status in REFUSED for one in current),
            "has_agreed": any(one.topic is Topic.MARKETING and one.status in agreed for one in current),
        }

    def _read_recommendable(self) -> dict[str, Any]:
        ids = [each["product_id"] for name in ("products", "cart") for each in _things(self[name])]
        said = self._context.parsed.text if self._context else ""
        is_fitting = not self["is_upset"] and is_open_to_offers(self._uow, self._customer.id, self._now)
        if not is_fitting and not recommending.is_asked_for(said):
            return dict(recommending.NOTHING)
        return {**recommendable(self._uow, self._customer.id, ids), "is_fitting": is_fitting}

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


def _things(told: Any) -> list[dict[str, Any]]:
    """Of a cart its items; products as they are."""
    return list(told["items"]) if isinstance(told, dict) else list(told or ())


def _dumped(products: list[Product]) -> list[dict[str, Any]]:
    dumped: list[dict[str, Any]] = _PRODUCTS.dump_python(products, mode="json", exclude={"__all__": {"told"}})
    return dumped


def cart_as_json(cart: Cart | None) -> dict[str, Any] | None:
    if cart is None:
        return None
    dumped: dict[str, Any] = _CART.dump_python(cart, mode="json", exclude=HIDDEN)
    return {**dumped, "total": cart.total}
