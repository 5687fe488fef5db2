"""The web's cart in chat: see it, change it, pay."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows import catalogue, codes, products, promotions, recommendations
from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.content_words import content_words
from flows.formats import money, short
from flows.several_products import Thing, find_all
from nlu.numbers import number
from nlu.text import normalise

CART_FORM = Form(
    name="cart_form",
    slots=("cart_product", "cart_quantity"),
    submit="action_set_quantity",
    intent="change_cart",
    # Another wish about the same cart is a change of mind, not a digression.
    gives_way_to=frozenset(("add_to_cart", "remove_from_cart", "checkout")),
    is_correctable=True,
    final=frozenset(("cart_product",)),
)
MOST_QUANTITY = 99
MOST_LISTED = 10
MOST_LINES = 12
LONGEST_LABEL = 24
NO_CART = "default"


class SeeCart(FlowAction):
    action_name = "action_see_cart"
    wants = ("cart", "categories", "promotions", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        cart = fact(tracker, "cart")
        off = codes.discount_on(tracker, cart) if _items(cart) else 0
        tell(dispatcher, cart, language_of(tracker), off)
        return []


# "Put in the cart", and nothing named.
ONLY_ORDERING = frozenset(
    ("anade", "anadir", "agrega", "agregar", "pon", "poner", "mete", "carrito", "cesta", "add", "put", "cart")
    + ("basket", "coloca", "colocar", "poe", "bota", "adiciona", "adicionar", "carrinho", "sacola")
)


class AddToCart(FlowAction):
    """Adds what they named from the catalogue; asks which when the words fit none or several."""

    action_name = "action_add_to_cart"
    wants = ("cart", "products", "shelf")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        known = fact(tracker, "products")
        several = _several(tracker, known)
        if several:
            add_several(dispatcher, fact(tracker, "cart"), several)
            return []
        product = _named(tracker, known) or products.find(_said(tracker), known)
        likely = products.hits(_said(tracker), known, MOST_LISTED)
        if product is None and not likely:
            # "Add it": what was shown last.
            product = next(iter(catalogue.pointed_at(tracker, known)), None)
        if product is None and not likely and not set(content_words(_said(tracker))) - ONLY_ORDERING:
            product = catalogue.in_focus(tracker, known)
        if product is None:
            shown = likely or fact(tracker, "shelf")[:MOST_LISTED]
            buttons = _choices(shown, "add_to_cart", _quantity(tracker) or 1)
            dispatcher.utter_message(
                response="utter_which_product" if buttons else "utter_no_products", buttons=buttons
            )
            return []
        if not add(dispatcher, fact(tracker, "cart"), product, _quantity(tracker) or 1):
            return []
        return recommendations.after_adding(tracker, product)


class StartCartChange(FlowAction):
    """ "Make it three candles" is done at once; what is missing is asked for."""

    action_name = "action_start_cart_change"
    wants = ("cart", "products")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        cart = fact(tracker, "cart")
        items = _items(cart)
        quantity = _quantity(tracker)
        several = _several(tracker, fact(tracker, "products"))
        if several:
            _change_several(dispatcher, cart, several)
            return []
        new = products.find(_said(tracker), fact(tracker, "products"))
        if new is not None and _by_id(items, new["product_id"]) is None:
            # "Put two mugs in" is a change of what is not there yet.
            add(dispatcher, cart, new, quantity or 1)
            return []
        if not items:
            return self._begin(dispatcher, tracker)
        item = _item_meant(tracker, items)
        if item is not None and quantity is not None:
            set_quantity(dispatcher, cart, item, quantity)
            return []
        known = [SlotSet("cart_product", item["product_id"] if item else None)]
        return [*known, SlotSet("cart_quantity", quantity), ActiveLoop(CART_FORM.name)]

    def _begin(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """ "Two of them", with nothing in the cart: of what they were shown."""
        shown, quantity = catalogue.in_focus(tracker, fact(tracker, "products")), _quantity(tracker)
        if shown is not None and quantity:
            add(dispatcher, fact(tracker, "cart"), shown, quantity)
            return []
        dispatcher.utter_message(response="utter_cart_empty")
        return []


class AskCartProduct(FlowAction):
    """Asks with the cart's own items as the options."""

    action_name = "action_ask_cart_form_cart_product"
    wants = ("cart",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        items = _items(fact(tracker, "cart"))
        if not items:
            # It was emptied, or bought, while we were asking.
            dispatcher.utter_message(response="utter_cart_empty")
            return [*(SlotSet(slot, None) for slot in CART_FORM.slots), ActiveLoop(None)]
        buttons = [
            {"title": _label(item["name"]), "payload": _payload("inform", "cart_product", item)}
            for item in items[:MOST_LISTED]
        ]
        dispatcher.utter_message(response="utter_ask_which_item", buttons=buttons)
        return []


class ValidateCart(FormAction, FormValidationAction):
    action_name = "validate_cart_form"
    wants = ("cart",)

    def validate_cart_product(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        items = _items(fact(tracker, "cart"))
        item = _by_id(items, str(value)) or products.find(str(value), items)
        if item is None:
            dispatcher.utter_message(response="utter_not_in_cart")
        return {"cart_product": item["product_id"] if item else None}

    def validate_cart_quantity(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        quantity = _number(value)
        if quantity is None:
            dispatcher.utter_message(response="utter_bad_quantity")
        return {"cart_quantity": quantity}


class SetQuantity(FlowAction):
    action_name = "action_set_quantity"
    wants = ("cart",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        cart = fact(tracker, "cart")
        item = _by_id(_items(cart), str(tracker.get_slot("cart_product")))
        if item is None:
            # It left the cart on the web while we were asking.
            dispatcher.utter_message(response="utter_not_in_cart")
        else:
            set_quantity(dispatcher, cart, item, int(str(tracker.get_slot("cart_quantity"))))
        return [SlotSet(slot, None) for slot in CART_FORM.slots]


class RemoveFromCart(FlowAction):
    action_name = "action_remove_from_cart"
    wants = ("cart",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        cart = fact(tracker, "cart")
        items = _items(cart)
        item = _item_meant(tracker, items)
        several = [thing.product for thing in _several(tracker, items) if thing.product]
        if cart is not None and several:
            for one in several:
                set_quantity(dispatcher, cart, one, 0)
        elif item is not None:
            set_quantity(dispatcher, cart, item, 0)
        elif items:
            buttons = _choices(items[:MOST_LISTED], "remove_from_cart")
            dispatcher.utter_message(response="utter_remove_which", buttons=buttons)
        else:
            dispatcher.utter_message(response="utter_cart_empty")
        return []


class Checkout(FlowAction):
    """The link that opens the web's cart as it is now."""

    action_name = "action_checkout"
    wants = ("cart", "cart_link", "shop", "categories", "promotions", "is_upset")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        cart, url = fact(tracker, "cart"), fact(tracker, "cart_link")
        if not _items(cart):
            dispatcher.utter_message(response="utter_cart_empty")
        elif url is None:
            dispatcher.utter_message(response="utter_pay_on_the_web")
        else:
            left = cart["total"] - codes.discount_on(tracker, cart)
            total = money(left, cart["currency"], language_of(tracker))
            link = promotions.with_code(url, cart.get("coupon"))
            dispatcher.utter_message(response="utter_checkout", link=link, total=total)
            codes.hint(dispatcher, tracker, cart)
        return []


class DismissReminder(FlowAction):
    action_name = "action_dismiss_reminder"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response="utter_reminder_dismissed")
        return []


def tell(dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, language: str, off: int = 0) -> None:
    items = _items(cart)
    if cart is None or not items:
        dispatcher.utter_message(response="utter_cart_empty")
        return
    lines = [
        f"• {item['quantity']} × {short(item['name'])}: "
        f"{money(item['quantity'] * item['unit_price'], cart['currency'], language)}"
        for item in items[:MOST_LINES]
    ]
    if len(items) > MOST_LINES:
        lines.append(f"• … +{len(items) - MOST_LINES}")
    dispatcher.utter_message(
        response="utter_cart_with_coupon" if off else "utter_cart",
        lines="\n".join(lines),
        code=cart.get("coupon"),
        off=money(off, cart["currency"], language),
        total=money(cart["total"] - off, cart["currency"], language),
    )


def add(
    dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, product: dict[str, Any], quantity: int
) -> bool:
    """False, and said so, where none is left."""
    is_there = _put(dispatcher, cart, product, quantity)
    if is_there:
        dispatcher.utter_message(response="utter_added_to_cart", quantity=quantity, product=product["name"])
    return is_there


def add_several(
    dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, things: Sequence[Thing]
) -> None:
    """All that is clear at once; of the first that is not, which they mean."""
    added = [one for one in things if one.product and _put(dispatcher, cart, one.product, one.quantity)]
    if added:
        lines = [f"• {one.quantity} × {short(one.product['name'])}" for one in added if one.product]
        dispatcher.utter_message(response="utter_added_several", lines="\n".join(lines))
    unclear = next((one for one in things if one.product is None), None)
    if unclear is not None:
        buttons = _choices(unclear.likely, "add_to_cart", unclear.quantity)
        dispatcher.utter_message(response="utter_which_product", buttons=buttons)


def _change_several(
    dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, things: Sequence[Thing]
) -> None:
    """What is in the cart becomes so many; what is not yet is put in."""
    there = {item["product_id"]: item for item in _items(cart)}
    new: list[Thing] = []
    for one in things:
        item = there.get(one.product["product_id"]) if one.product else None
        if cart is None or item is None:
            new.append(one)
        else:
            set_quantity(dispatcher, cart, item, one.quantity)
    add_several(dispatcher, cart, new)


def _several(tracker: Tracker, known: Sequence[dict[str, Any]]) -> list[Thing]:
    """Two things or more that they named in one message; empty for one, and for a pressed button."""
    things = [] if _named(tracker, known) else find_all(_said(tracker), known, language_of(tracker))
    return things if len(things) > 1 else []


def _put(
    dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, product: dict[str, Any], quantity: int
) -> bool:
    """False, and said so, where none is left."""
    if product.get("stock") == 0:
        dispatcher.utter_message(response="utter_cannot_add", product=product["name"])
        return False
    _change(dispatcher, cart, {**product, "unit_price": product["price"]}, quantity)
    return True


def set_quantity(
    dispatcher: CollectingDispatcher, cart: dict[str, Any], item: dict[str, Any], quantity: int
) -> None:
    """As many as they want; none takes it out."""
    change = quantity - item["quantity"]
    if change:
        _change(dispatcher, cart, item, change)
    if quantity == 0:
        dispatcher.utter_message(response="utter_removed_from_cart", product=item["name"])
    else:
        dispatcher.utter_message(response="utter_quantity_changed", quantity=quantity, product=item["name"])


def _change(
    dispatcher: CollectingDispatcher, cart: dict[str, Any] | None, item: dict[str, Any], change: int
) -> None:
    effect = {
        "effect": "change_cart",
        "cart_key": cart["key"] if cart else NO_CART,
        "product_id": item["product_id"],
        "name": item["name"],
        "quantity_change": change,
        "unit_price": item["unit_price"],
        "currency": cart["currency"] if cart else item["currency"],
    }
    dispatcher.utter_message(json_message=effect)


def _items(cart: dict[str, Any] | None) -> list[dict[str, Any]]:
    return list(cart["items"]) if cart else []


def _item_meant(tracker: Tracker, items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The named one; the only one when there is just one."""
    named = _named(tracker, items) or products.find(_said(tracker), items)
    return named or (items[0] if len(items) == 1 else None)


def _named(tracker: Tracker, known: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    chosen = next(iter(tracker.get_latest_entity_values("product")), None)
    return _by_id(known, str(chosen)) if chosen else None


def _by_id(known: Sequence[dict[str, Any]], product_id: str) -> dict[str, Any] | None:
    return next((item for item in known if item["product_id"] == product_id), None)


def _quantity(tracker: Tracker) -> int | None:
    return _number(next(iter(tracker.get_latest_entity_values("quantity")), None))


def _number(value: Any) -> int | None:
    """From digits or a word, in any of our languages."""
    found = number(normalise(str(value)), None)
    return found if found is not None and found <= MOST_QUANTITY else None


def _said(tracker: Tracker) -> str:
    return str(tracker.latest_message.get("text") or "")


def _choices(known: Sequence[dict[str, Any]], intent: str, quantity: int = 1) -> list[dict[str, str]]:
    more = {"quantity": str(quantity)} if quantity > 1 else {}
    return [
        {"title": _label(item["name"]), "payload": _payload(intent, "product", item, more)} for item in known
    ]


def _payload(intent: str, entity: str, item: dict[str, Any], more: Mapping[str, str] | None = None) -> str:
    # Shops number their things as they like: an id with a quote in it must not end the word.
    return f"/{intent}{json.dumps({entity: item['product_id'], **(more or {})})}"


def _label(name: str) -> str:
    """As much of a name as a list's row takes."""
    return short(name, LONGEST_LABEL)
