"""Carries out what answers about codes and questions want: the code on the cart, the vote on an answer."""

from bot import shop_facts
from bot.doing import Doing
from context_store.records import Event, EventId, new_id
from flows import effects as wanted
from flows import shopping


def apply_coupon(doing: Doing, effect: wanted.ApplyCoupon) -> None:
    """An event like the web's, so that a code given in chat and one given there are told alike."""
    number, now = doing.context.inputs[0].number, doing.context.now
    event = Event(
        id=EventId(new_id()),
        customer_id=shop_facts.owner_of_cart(doing, effect.cart_key),
        source="chat",
        message_id=f"{number}:coupon",
        name=shopping.COUPON_APPLIED,
        properties={"cart_id": effect.cart_key, "coupon_id": effect.code},
        cart_key=effect.cart_key,
        occurred_at=now,
        received_at=now,
    )
    if doing.uow.events.add(event):
        shop_facts.retell_cart(doing.uow, event, doing.parts.settings.currency)


def give_code(doing: Doing, effect: wanted.GiveCode) -> None:
    """Raises `LookupError` when it is gone: the turn is taken again, with what there is by then."""
    customer_id, now = doing.context.customer.id, doing.context.now
    promotion = doing.uow.promotions.by_code(effect.promotion)
    if promotion is None or not doing.uow.promotions.give(promotion, customer_id, effect.code, now):
        raise LookupError("a code that was told is another customer's by now")


def ask_if_useful(doing: Doing, effect: wanted.AskIfUseful) -> None:
    customer = doing.context.customer
    language = customer.language or doing.parts.settings.default_language
    doing.uow.knowledge_votes.ask(doing.context.profile_id, effect.topic, language, doing.context.now)


def vote_useful(doing: Doing, effect: wanted.VoteUseful) -> None:
    customer_id, now = doing.context.customer.id, doing.context.now
    doing.uow.knowledge_votes.vote(customer_id, effect.topic, useful=effect.useful, now=now)
