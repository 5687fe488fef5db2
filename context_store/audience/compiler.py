"""A condition as one SQL expression over `customers`. Says the same as `flows/audience.py`."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

from context_store.audience import people, shop, values
from context_store.audience.family import World, customers
from context_store.records import CustomerStatus
from context_store.records import conditions as grammar
from context_store.records.conditions import Condition

LEAVES: dict[type, Any] = {
    grammar.CustomerIs: people.customer_is,
    grammar.TraitIs: people.trait_is,
    grammar.ConsentIs: people.consent_is,
    grammar.ChannelIs: people.channel_is,
    grammar.Wrote: people.wrote,
    grammar.Messaged: people.messaged,
    grammar.SurveyAnswered: people.survey_answered,
    grammar.JourneyIs: people.journey_is,
    grammar.HandoffIs: people.handoff_is,
    grammar.EventDone: shop.event_done,
    grammar.CartIs: shop.cart_is,
    grammar.OrdersAre: shop.orders_are,
}


def is_true_of(condition: Condition, world: World) -> ColumnElement[bool]:
    """True or false of each row of `customers`; raises `KeyError` on what has not been resolved."""
    match condition:
        case grammar.AllOf(of=parts):
            return and_(values.EVERYBODY, *(is_true_of(part, world) for part in parts))
        case grammar.AnyOf(of=parts):
            return or_(values.NOBODY, *(is_true_of(part, world) for part in parts))
        case grammar.Not(of=part):
            return _is_not_true_of(part, world)
    found: ColumnElement[bool] = LEAVES[type(condition)](condition, world)
    return found


def _is_not_true_of(condition: Condition, world: World) -> ColumnElement[bool]:
    """With the `not` carried down to the leaves: PostgreSQL makes an anti-join of a NOT EXISTS, but not of
    one that stands in a negated OR."""
    match condition:
        case grammar.AllOf(of=parts):
            return or_(values.NOBODY, *(_is_not_true_of(part, world) for part in parts))
        case grammar.AnyOf(of=parts):
            return and_(values.EVERYBODY, *(_is_not_true_of(part, world) for part in parts))
        case grammar.Not(of=part):
            return is_true_of(part, world)
    return not_(is_true_of(condition, world))


def whom(condition: Condition, world: World) -> Select[Any]:
    """The ids of the active customers of whom it holds."""
    is_active = customers.c.status == CustomerStatus.ACTIVE
    return select(customers.c.id).where(is_active, is_true_of(condition, world))
