"""The little web shop's back end: what somebody does on its pages becomes events for the bot.

It keeps no cart of its own. The cart is the bot's, so that what is changed in chat is changed here.
"""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.simulator import shop_events as events
from bot.simulator.catalogue import CURRENCY, PRODUCTS
from bot.simulator.clock import SimulatedClock
from bot.simulator.settings import Person, SimulatorSettings
from bot.simulator.shop_client import ShopClient
from bot.simulator.shop_records import Cart, CartLine, Sent, Trouble, WayOver
from bot.simulator.store import Store

UNKNOWN_CUSTOMER = 404
GOES_ON = {
    "es": "Hola, sigo con mi compra por aquí.",
    "en": "Hello, I go on with my shopping here.",
    "pt": "Olá, continuo a minha compra por aqui.",
}


class EmptyCart(Exception):
    """There is nothing to pay, or no such line."""


class UnknownProduct(Exception):
    """Neither the catalogue nor the cart knows it."""


class WebShop:
    def __init__(self, settings: SimulatorSettings, store: Store, clock: SimulatedClock) -> None:
        self._url = settings.public_url
        self._client = ShopClient(settings.bot_url, write_key=settings.write_key, api_key=settings.api_key)
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._identified: set[str] = set()
        self._last_sent: dict[str, Sent] = {}
        self._paid: dict[str, str] = {}
        self._told_at = datetime.min.replace(tzinfo=UTC)

    def close(self) -> None:
        self._client.close()

    # What the panel shows

    def cart(self, person: Person) -> tuple[Cart | None, Trouble | None]:
        cart, trouble = self._client.cart(events.user_id(person))
        if trouble is None and self._is_paid(person, cart):
            return None, None
        return cart, trouble

    def last_sent(self, person: Person) -> Sent | None:
        with self._lock:
            return self._last_sent.get(person.key)

    def linked(self, link: str, people: Sequence[Person]) -> tuple[Cart | None, Person | None]:
        """The cart that a link of the chat opens, and whose it is of those who hold the phones."""
        cart = self._client.linked_cart(link)
        if cart is None:
            return None, None
        owner = next((each for each in people if self._holds(each, cart)), None)
        return cart, owner

    def _holds(self, person: Person, cart: Cart) -> bool:
        mine, _ = self.cart(person)
        return mine is not None and mine.key == cart.key

    def go_on(self, person: Person) -> WayOver | None:
        """A code that brings this session into the chat. None when the bot gives none."""
        cart, _ = self.cart(person)
        asked: dict[str, Any] = {
            "session": f"web-{person.key}",
            "text": GOES_ON.get(person.language, GOES_ON["en"]),
        }
        if cart is not None and cart.lines:
            asked["cart"] = {"id": cart.key}
        named = {**asked, "customer": f"user_id:{events.user_id(person)}"}
        way, status = self._client.way_over(named)
        if status == UNKNOWN_CUSTOMER:
            # The bot has not heard of them yet: a session without a name.
            way, _ = self._client.way_over(asked)
        return way

    # What people do; each returns the last request that went out

    def look_at(self, person: Person, product_id: str) -> Sent:
        return self._track(person, "Product Viewed", self._properties(_fresh_line(product_id)))

    def add(self, person: Person, product_id: str) -> Sent:
        cart, _ = self.cart(person)
        line = cart.line(product_id) if cart else None
        line = line or _fresh_line(product_id)
        return self._track(person, "Product Added", self._in_cart(person, cart, replace(line, quantity=1)))

    def take_out(self, person: Person, product_id: str, quantity: int | None = None) -> Sent:
        """`quantity` None takes out all there is. Raises EmptyCart when there is none."""
        cart, _ = self.cart(person)
        line = cart.line(product_id) if cart else None
        if line is None:
            raise EmptyCart
        taken = replace(line, quantity=min(quantity or line.quantity, line.quantity))
        return self._track(person, "Product Removed", self._in_cart(person, cart, taken))

    def pay(self, person: Person) -> Sent:
        """Check out and place the order, which is one gesture here. Raises EmptyCart."""
        cart, _ = self.cart(person)
        if cart is None or not cart.lines:
            raise EmptyCart
        checkout_id = f"checkout-{secrets.token_hex(6)}"
        # Stays the same when paying is tried again, so that the bot never sees two orders.
        order_id = str(self._store.shop_order(cart.key))
        started = events.checkout_properties(cart, checkout_id, self._url)
        completed = events.order_properties(cart, checkout_id, order_id, self._url)
        sent = self._send(person, ("Checkout Started", started), ("Order Completed", completed))
        if not sent.is_accepted:
            return sent
        self._store.close_shop_cart(person.key, cart.key)
        placed = replace(sent, order_id=order_id)
        with self._lock:
            self._paid[person.key] = cart.key
            self._last_sent[person.key] = placed
        return placed

    # Shared

    def _is_paid(self, person: Person, cart: Cart | None) -> bool:
        """The bot may need a moment to see the order; until then its old cart is not shown as a new one."""
        with self._lock:
            if cart is not None and self._paid.get(person.key) == cart.key:
                return True
            self._paid.pop(person.key, None)
            return False

    def _in_cart(self, person: Person, cart: Cart | None, line: CartLine) -> dict[str, object]:
        cart_id = cart.key if cart else self._store.shop_cart(person.key, f"cart-{secrets.token_hex(6)}")
        properties = self._properties(line)
        return {"cart_id": cart_id, **properties, "currency": cart.currency if cart else CURRENCY}

    def _properties(self, line: CartLine) -> dict[str, object]:
        return events.product_properties(line, self._url)

    def _track(self, person: Person, event: str, properties: dict[str, object]) -> Sent:
        return self._send(person, (event, properties))

    def _send(self, person: Person, *facts: tuple[str, dict[str, object]]) -> Sent:
        """Who it is comes first, once while this process lives; without that the facts would be nobody's."""
        sent = self._introduce(person)
        if sent is None or sent.is_accepted:
            messages = [events.track(person, name, properties, self._now()) for name, properties in facts]
            sent = self._client.send(*messages)
        with self._lock:
            self._last_sent[person.key] = sent
        return sent

    def _introduce(self, person: Person) -> Sent | None:
        with self._lock:
            if person.key in self._identified:
                return None
        sent = self._client.send(events.identify(person, self._now()))
        if sent.is_accepted:
            with self._lock:
                self._identified.add(person.key)
        return sent

    def _now(self) -> datetime:
        """Business time, and never the same twice: the bot orders the facts by it."""
        with self._lock:
            self._told_at = max(self._clock.now(), self._told_at + timedelta(milliseconds=1))
            return self._told_at


def _fresh_line(product_id: str) -> CartLine:
    product = PRODUCTS.get(product_id)
    if product is None:
        raise UnknownProduct
    return CartLine(product_id=product.key, name=product.name, quantity=1, unit_price=product.price)
