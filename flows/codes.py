"""Promotions that are on now, and a code on the cart: taken with the new total, or the reason why not."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows import promotions
from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.formats import money, plain_day
from flows.promotions import Kind, Promotion, Refusal

COUPON_FORM = Form(
    name="coupon_form", slots=("coupon_code",), submit="action_apply_coupon", intent="promo_code", patience=2
)
# As codes look: letters and digits without a space, in capitals or with a digit among them.
CODE = re.compile(r"\b(?=[A-Za-z0-9_-]*[A-Z0-9]{3})[A-Za-z0-9_-]{4,40}\b")
LONGEST_CODE = 40
NO_CART = {"key": "default", "items": [], "total": 0, "currency": None, "coupon": None}


class TellPromotions(FlowAction):
    action_name = "action_tell_promotions"
    wants = ("promotions", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        today, language = today_of(tracker), language_of(tracker)
        on = [each for each in promotions.from_json(fact(tracker, "promotions")) if each.is_on(today)]
        if not on:
            dispatcher.utter_message(response="utter_no_promotions")
            return []
        lines = "\n".join(promotions.line_of(each, language) for each in on)
        dispatcher.utter_message(response="utter_promotions", lines=lines)
        own = [each for each in on if each.unique_of]
        for each in own:
            give(dispatcher, each)
        if own:
            dispatcher.utter_message(response="utter_promotion_personal", code=own[0].code)
        return []


class StartCoupon(FlowAction):
    """Takes the code that stands in the message; asks for it where there is none."""

    action_name = "action_start_coupon"
    wants = ("promotions",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        known = promotions.from_json(fact(tracker, "promotions"))
        code = code_in(str(tracker.latest_message.get("text") or ""), known)
        go_on = FollowupAction(COUPON_FORM.submit) if code else ActiveLoop(COUPON_FORM.name)
        return [SlotSet("coupon_code", code), go_on]


class ValidateCoupon(FormAction, FormValidationAction):
    action_name = "validate_coupon_form"
    wants = ("promotions",)

    def validate_coupon_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        said = str(value).strip()
        code = code_in(said, promotions.from_json(fact(tracker, "promotions")))
        if code is None and said and " " not in said and len(said) <= LONGEST_CODE:
            code = said.upper()
        if code is None:
            dispatcher.utter_message(response="utter_bad_coupon")
        return {"coupon_code": code}


class ApplyCoupon(FlowAction):
    action_name = "action_apply_coupon"
    wants = ("cart", "categories", "promotions", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        said = str(tracker.get_slot("coupon_code"))
        cart: dict[str, Any] = fact(tracker, "cart") or dict(NO_CART)
        found = promotions.by_code(promotions.from_json(fact(tracker, "promotions")), said)
        today = today_of(tracker)
        if found is not None and found.is_on(today) and not cart["items"]:
            offer = getattr(found.texts, language_of(tracker))
            give(dispatcher, found)
            dispatcher.utter_message(response="utter_coupon_without_cart", code=found.code, offer=offer)
            return [SlotSet("coupon_code", None)]
        currency = cart["currency"] or "EUR"
        why_not = promotions.refusal(
            found, {**cart, "currency": currency}, fact(tracker, "categories"), today
        )
        if found is None or why_not is not None:
            refuse(dispatcher, found, why_not or Refusal.UNKNOWN, said, currency, language_of(tracker))
        else:
            accept(dispatcher, tracker, cart, found, today)
        return [SlotSet("coupon_code", None)]


def give(dispatcher: CollectingDispatcher, promotion: Promotion) -> None:
    """What was told as their own is theirs."""
    if not promotion.is_given and promotion.unique_of is not None:
        effect = {"effect": "give_code", "promotion": promotion.unique_of, "code": promotion.code}
        dispatcher.utter_message(json_message=effect)


def accept(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    cart: Mapping[str, Any],
    promotion: Promotion,
    today: date,
) -> None:
    give(dispatcher, promotion)
    effect = {"effect": "apply_coupon", "cart_key": cart["key"], "code": promotion.code}
    dispatcher.utter_message(json_message=effect)
    if promotion.kind is Kind.FREE_SHIPPING:
        dispatcher.utter_message(response="utter_coupon_free_shipping", code=promotion.code)
        return
    language, currency = language_of(tracker), cart["currency"]
    off = promotions.discount(promotion, cart, fact(tracker, "categories"), today)
    dispatcher.utter_message(
        response="utter_coupon_applied",
        code=promotion.code,
        off=money(off, currency, language),
        total=money(cart["total"] - off, currency, language),
    )


def refuse(
    dispatcher: CollectingDispatcher,
    promotion: Promotion | None,
    why: Refusal,
    said: str,
    currency: str,
    language: str,
) -> None:
    values: dict[str, Any] = {"code": said[:LONGEST_CODE]}
    if promotion is not None:
        values = {
            "code": promotion.code,
            "offer": getattr(promotion.texts, language),
            "minimum": money(promotions.minimum(promotion, currency), currency, language),
            "category": promotion.category,
            "day": _day(promotion.starts if why is Refusal.NOT_YET else promotion.ends, language),
        }
    dispatcher.utter_message(response=RESPONSES[why], **values)


RESPONSES = {
    Refusal.UNKNOWN: "utter_coupon_unknown",
    Refusal.NOT_YET: "utter_coupon_not_yet",
    Refusal.OVER: "utter_coupon_over",
    Refusal.STOPPED: "utter_coupon_stopped",
    Refusal.AUDIENCE: "utter_coupon_not_for_you",
    Refusal.NOT_YOURS: "utter_coupon_not_yours",
    Refusal.USED: "utter_coupon_used",
    Refusal.USED_UP: "utter_coupon_used_up",
    Refusal.CATEGORY: "utter_coupon_category",
    Refusal.MINIMUM: "utter_coupon_minimum",
}


def code_in(text: str, known: Sequence[Promotion]) -> str | None:
    """A code of ours wherever it stands, else what looks like one."""
    words = [word.upper() for word in re.findall(r"[\w-]+", text)]
    ours = next((each.code for each in known if each.code in words), None)
    looks = CODE.search(text)
    return ours or (looks[0].upper() if looks and not text.isupper() else None)


def today_of(tracker: Tracker) -> date:
    """The shop's day."""
    zone = ZoneInfo(fact(tracker, "shop").get("timezone") or "UTC")
    return datetime.fromisoformat(str(tracker.get_slot("now"))).astimezone(zone).date()


def discount_on(tracker: Tracker, cart: Mapping[str, Any]) -> int:
    """What the code on the cart is worth today, in minor units."""
    promotion = promotions.by_code(promotions.from_json(fact(tracker, "promotions")), cart.get("coupon"))
    return promotions.discount(promotion, cart, fact(tracker, "categories"), today_of(tracker))


def hint(dispatcher: CollectingDispatcher, tracker: Tracker, cart: Mapping[str, Any]) -> None:
    """The code that would save most, once, before they pay. Not to somebody who is angry with us."""
    if cart.get("coupon") or fact(tracker, "is_upset"):
        return
    today, language = today_of(tracker), language_of(tracker)
    known, categories = promotions.from_json(fact(tracker, "promotions")), fact(tracker, "categories")
    found = promotions.best(known, cart, categories, today)
    if found is not None:
        give(dispatcher, found)
        left = cart["total"] - promotions.discount(found, cart, categories, today)
        dispatcher.utter_message(
            response="utter_promotion_hint",
            code=found.code,
            offer=getattr(found.texts, language),
            total=money(left, cart["currency"], language),
        )


def _day(day: date | None, language: str) -> str | None:
    return plain_day(day, language) if day else None
