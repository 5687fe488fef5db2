"""What do you sell, what does it cost, is it there? From the shop's catalogue, with picture and link."""

import json
from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows import products, questions, recommending
from flows.base import Events, FlowAction, fact, language_of
from flows.formats import money, short

MOST_SHOWN = 4
# Below this it is worth saying how many are left.
FEW = 5
LONGEST_LABEL = 24
ADD = {"es": "Añadir al carrito", "en": "Add to cart", "pt": "Adicionar"}
SOLD_OUT = {"es": "agotado", "en": "sold out", "pt": "esgotado"}
# Words that point at what was shown last.
POINTING = frozenset(
    ("lo", "la", "ese", "esa", "este", "esta", "eso", "esto", "it", "this", "that", "one", "esse", "essa")
    + ("isso", "cuesta", "vale", "precio", "cost", "price", "much", "custa", "preco", "quanto", "queda")
    + ("quedan", "left", "stock", "anadelo", "anadela", "ponlo", "ponla")
)
IN_FOCUS = "product_in_focus"


class AskAboutProduct(FlowAction):
    """A question about something to buy: one thing is shown, several are offered to choose from."""

    action_name = "action_ask_about_product"
    wants = ("products", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        text = str(tracker.latest_message.get("text") or "")
        found = meant(tracker, fact(tracker, "products"))
        if not found and recommending.is_asked_for(text):
            return [FollowupAction("action_recommend")]
        is_open = tracker.get_intent_of_latest_message() == "product_question" and not _chosen(tracker)
        enough = questions.ENOUGH if found else questions.ENOUGH_FOR_A_KNOWN_WISH
        if (is_open or not found) and questions.is_answered(text, language_of(tracker), enough):
            # "Do the mugs go in the dishwasher?" names a product and asks for something else.
            return [FollowupAction("action_answer_question")]
        if len(found) == 1:
            show(dispatcher, found[0], language_of(tracker))
            return [SlotSet(IN_FOCUS, found[0]["product_id"])]
        if found:
            offer(dispatcher, found, language_of(tracker))
            return [SlotSet(IN_FOCUS, None)]
        dispatcher.utter_message(response="utter_product_not_found")
        return []


def meant(tracker: Tracker, candidates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chosen one, else what the words fit, else what was shown last if they point at it."""
    chosen = _chosen(tracker)
    named = [product for product in candidates if product["product_id"] == str(chosen)]
    if named:
        return named
    text = str(tracker.latest_message.get("text") or "")
    return products.hits(text, candidates, MOST_SHOWN) or pointed_at(tracker, candidates)


def _chosen(tracker: Tracker) -> str | None:
    return next(iter(tracker.get_latest_entity_values("product")), None)


def pointed_at(tracker: Tracker, candidates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """ "And what does it cost?": what was shown last, as long as they name nothing else."""
    said = products.plain_words(str(tracker.latest_message.get("text") or ""))
    shown = in_focus(tracker, candidates)
    return [shown] if shown is not None and said & POINTING else []


def in_focus(tracker: Tracker, candidates: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """What was shown last."""
    focus = tracker.get_slot(IN_FOCUS)
    return next((product for product in candidates if product["product_id"] == focus), None)


def show(dispatcher: CollectingDispatcher, product: dict[str, Any], language: str) -> None:
    stock = product["stock"]
    response = "utter_product"
    if stock == 0:
        response = "utter_product_sold_out"
    elif stock is not None:
        response = "utter_product_few_left" if stock <= FEW else "utter_product_in_stock"
    price = money(product["price"], product["currency"], language)
    buttons = [] if stock == 0 else [button(ADD[language], "add_to_cart", product)]
    link = product["url"]
    dispatcher.utter_message(
        response=response,
        product=short(product["name"]),
        price=price,
        stock=stock,
        image=product["image_url"],
        buttons=[] if link else buttons,
    )
    if link:
        dispatcher.utter_message(response="utter_product_link", link=link, buttons=buttons)


def offer(dispatcher: CollectingDispatcher, found: Sequence[dict[str, Any]], language: str) -> None:
    lines = "\n".join(line(product, language) for product in found)
    dispatcher.utter_message(
        response="utter_products_found",
        lines=lines,
        image=found[0]["image_url"],
        buttons=[
            button(short(product["name"], LONGEST_LABEL), "product_question", product) for product in found
        ],
    )


def line(product: dict[str, Any], language: str) -> str:
    price = money(product["price"], product["currency"], language)
    note = f" ({SOLD_OUT[language]})" if product["stock"] == 0 else ""
    return f"• {short(product['name'])}: {price}{note}"


def button(title: str, intent: str, product: dict[str, Any]) -> dict[str, str]:
    return {"title": title, "payload": f"/{intent}{json.dumps({'product': product['product_id']})}"}
