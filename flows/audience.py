"""Does a condition hold of one customer, and why? Pure: facts and `now` in, answers out.

Says the same as the SQL of `context_store/audience`. Names of segments and states of the lifecycle must have
been replaced by what they stand for (`uow.segments.resolve`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from context_store.records import (
    OPEN_HANDOFF,
    Address,
    AddressStatus,
    Cart,
    EnrollmentStatus,
    Event,
    Order,
    Portrait,
)
from context_store.records import conditions as grammar
from context_store.records.condition_parts import (
    Edges,
    ItemTest,
    KnownTest,
    NumberTest,
    Period,
    TextTest,
    edges,
)
from context_store.records.conditions import MOMENTS, Condition
from context_store.records.plain_values import MICROS, as_micros, as_text, fold, values_at
from context_store.records.windows import window_opens_after
from flows.consent_state import consent_state

RUNNING = (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer to a condition, with those of its parts."""

    condition: Condition
    holds: bool
    parts: tuple["Explanation", ...] = ()


def holds(condition: Condition, portrait: Portrait, now: datetime) -> bool:
    match condition:
        case grammar.AllOf(of=parts):
            return all(holds(part, portrait, now) for part in parts)
        case grammar.AnyOf(of=parts):
            return any(holds(part, portrait, now) for part in parts)
        case grammar.Not(of=part):
            return not holds(part, portrait, now)
    return LEAVES[type(condition)](condition, portrait, now)


def explain(
    condition: Condition,
    portrait: Portrait,
    now: datetime,
    meanings: Mapping[Condition, Condition] | None = None,
) -> Explanation:
    """Every part is asked, also where the answer was clear before.

    With `meanings`, which say what each name in it stands for, the condition may be as it was saved.
    """
    meant = meanings or {}
    match condition:
        case grammar.AllOf(of=below):
            parts = tuple(explain(part, portrait, now, meant) for part in below)
            return Explanation(condition=condition, holds=all(part.holds for part in parts), parts=parts)
        case grammar.AnyOf(of=below):
            parts = tuple(explain(part, portrait, now, meant) for part in below)
            return Explanation(condition=condition, holds=any(part.holds for part in parts), parts=parts)
        case grammar.Not(of=below):
            part = explain(below, portrait, now, meant)
            return Explanation(condition=condition, holds=not part.holds, parts=(part,))
    return Explanation(condition=condition, holds=holds(meant.get(condition, condition), portrait, now))


def reasons(explanation: Explanation) -> list[Condition]:
    """The parts because of which it holds; a `not` is said as a whole. Empty where it does not hold."""
    if not explanation.holds:
        return []
    if isinstance(explanation.condition, grammar.AllOf | grammar.AnyOf):
        return [reason for part in explanation.parts for reason in reasons(part)]
    return [explanation.condition]


# Values.


def is_in(moment: datetime | None, between: Edges) -> bool:
    low, high = between
    return moment is not None and (low is None or moment >= low) and (high is None or moment < high)


def text_is(value: str | None, test: TextTest) -> bool:
    wanted = [fold(one) or "" for one in test.values]
    text = fold(value)
    if test.op == "contains":
        return text is not None and any(one in text for one in wanted)
    return (text in wanted) if test.op == "is" else (text not in wanted)


def micros_are(micros: int | None, test: NumberTest) -> bool:
    low, high = test.micros
    return micros is not None and (low is None or micros >= low) and (high is None or micros <= high)


def value_is(value: str | None, test: TextTest | NumberTest | KnownTest) -> bool:
    match test:
        case TextTest():
            return text_is(value, test)
        case NumberTest():
            return micros_are(as_micros(value), test)
        case KnownTest():
            return (value is not None) is (test.op == "known")


def values_are(values: Sequence[Any], test: TextTest | NumberTest | KnownTest) -> bool:
    """One that fits is enough; "is not" asks that none is."""
    match test:
        case KnownTest():
            return bool(values) is (test.op == "known")
        case NumberTest():
            return any(micros_are(as_micros(value), test) for value in values)
        case TextTest(op="is_not", values=refused):
            return not values_are(values, TextTest(op="is", values=refused))
        case TextTest():
            return any(text_is(text, test) for text in map(as_text, values) if text is not None)


# One condition each.


def _customer(condition: grammar.CustomerIs, portrait: Portrait, now: datetime) -> bool:
    value, test = getattr(portrait.customer, condition.field.value), condition.test
    if isinstance(test, KnownTest):
        return (value is not None) is (test.op == "known")
    if isinstance(test, TextTest):
        if condition.field in grammar.CODES:
            return (value in test.values) if test.op == "is" else (value not in test.values)
        return text_is(value, test)
    if isinstance(test, NumberTest):
        return micros_are(None if value is None else value * MICROS, test)
    assert condition.field in MOMENTS
    return is_in(value, edges(test, now))


def _trait(condition: grammar.TraitIs, portrait: Portrait, now: datetime) -> bool:
    if condition.source == "told":
        return value_is(portrait.traits.get(condition.name), condition.test)
    told = _newest_told(portrait.events, condition.name)
    match condition.test:
        case KnownTest(op="unknown"):
            return not told
        case TextTest(op="is_not", values=refused):
            positive = TextTest(op="is", values=refused)
            return not any(values_are(values, positive) for values in told)
    return any(values_are(values, condition.test) for values in told)


def _newest_told(events: Iterable[Event], name: str) -> list[list[Any]]:
    """What the newest `identify` says of it, of each of those who are one."""
    newest: dict[Any, list[Any]] = {}
    for event in sorted(events, key=lambda each: (each.occurred_at, each.received_at, each.id)):
        values = values_at(event.properties, name) if event.name == "identify" else []
        if values:
            newest[event.customer_id] = values
    return list(newest.values())


def _event(condition: grammar.EventDone, portrait: Portrait, now: datetime) -> bool:
    between = (None, None) if condition.period is None else edges(condition.period, now)
    fitting = [
        event
        for event in portrait.events
        if event.name == condition.name
        and is_in(event.occurred_at, between)
        and all(
            values_are(values_at(event.properties, asked.property), asked.test) for asked in condition.where
        )
    ]
    if not condition.times.has(len(fitting)):
        return False
    if condition.total is not None:
        path = condition.total.property
        numbers = [as_micros(value) for event in fitting for value in values_at(event.properties, path)]
        if not micros_are(sum(number or 0 for number in numbers), condition.total.test):
            return False
    return _newest_is_in([event.occurred_at for event in fitting], condition.last, now)


def _newest_is_in(moments: Sequence[datetime], period: Period | None, now: datetime) -> bool:
    return period is None or is_in(max(moments, default=None), edges(period, now))


def _cart(condition: grammar.CartIs, portrait: Portrait, now: datetime) -> bool:
    return any(_cart_fits(cart, condition, portrait, now) for cart in portrait.carts)


def _cart_fits(cart: Cart, condition: grammar.CartIs, portrait: Portrait, now: datetime) -> bool:
    worth = condition.value
    return (
        cart.status in condition.status
        and bool(cart.items)
        and (condition.changed is None or is_in(cart.changed_at, edges(condition.changed, now)))
        and (worth is None or (cart.currency == worth.currency and worth.has(cart.total)))
        and (
            condition.product is None
            or any(_names(condition.product, item.name, item.product_id) for item in cart.items)
        )
        and (
            condition.category is None
            or any(
                _names(condition.category, *portrait.categories.get(item.product_id, ()))
                for item in cart.items
            )
        )
    )


def _names(test: ItemTest, *names: str) -> bool:
    return any(text_is(name, test) for name in names)


def _orders(condition: grammar.OrdersAre, portrait: Portrait, now: datetime) -> bool:
    between = (None, None) if condition.period is None else edges(condition.period, now)
    fitting = [
        order
        for order in portrait.orders
        if order.status in condition.status
        and is_in(order.placed_at, between)
        and _order_has(order, condition, portrait)
    ]
    if not condition.times.has(len(fitting)):
        return False
    total = condition.total
    if total is not None and not total.has(
        sum(order.total for order in fitting if order.currency == total.currency)
    ):
        return False
    return _newest_is_in([order.placed_at for order in fitting], condition.last, now)


def _order_has(order: Order, condition: grammar.OrdersAre, portrait: Portrait) -> bool:
    by_name = portrait.categories_by_name
    return (
        condition.product is None or any(_names(condition.product, item.name) for item in order.items)
    ) and (
        condition.category is None
        or any(_names(condition.category, *by_name.get(item.name, ())) for item in order.items)
    )


def _consent(condition: grammar.ConsentIs, portrait: Portrait, now: datetime) -> bool:
    return consent_state(portrait.consents, condition.channel, condition.topic, now) == condition.state


def _channel(condition: grammar.ChannelIs, portrait: Portrait, now: datetime) -> bool:
    here = [address for address in portrait.addresses if address.channel is condition.channel]
    match condition.state:
        case "reachable":
            return any(address.status is AddressStatus.REACHABLE for address in here)
        case "window_open":
            opened = window_opens_after(now)
            return any(address.last_inbound_at and address.last_inbound_at > opened for address in here)
    return any(_is_newest(address, portrait.addresses) for address in here)


def _is_newest(address: Address, others: Iterable[Address]) -> bool:
    heard = address.last_inbound_at
    return heard is not None and not any(
        other.last_inbound_at is not None and other.last_inbound_at > heard
        for other in others
        if other.channel is not address.channel and other.customer_id == address.customer_id
    )


def _wrote(condition: grammar.Wrote, portrait: Portrait, now: datetime) -> bool:
    heard = [
        address.last_inbound_at
        for address in portrait.addresses
        if address.last_inbound_at is not None
        and (condition.channel is None or address.channel is condition.channel)
    ]
    return bool(heard) and _newest_is_in(heard, condition.last, now)


def _messaged(condition: grammar.Messaged, portrait: Portrait, now: datetime) -> bool:
    sent = portrait.messaged_at
    return sent is not None and (condition.last is None or is_in(sent, edges(condition.last, now)))


def _survey(condition: grammar.SurveyAnswered, portrait: Portrait, now: datetime) -> bool:
    between = (None, None) if condition.period is None else edges(condition.period, now)
    return any(
        is_in(survey.answered_at, between)
        and (condition.survey is None or survey.survey == condition.survey)
        and (condition.is_bad is None or survey.is_bad is condition.is_bad)
        and (condition.score is None or (survey.score is not None and condition.score.has(survey.score)))
        for survey in portrait.surveys
    )


def _journey(condition: grammar.JourneyIs, portrait: Portrait, now: datetime) -> bool:
    between = (None, None) if condition.entered is None else edges(condition.entered, now)
    statuses = {"in": RUNNING, "was_in": tuple(EnrollmentStatus)}.get(condition.state, (condition.state,))
    return any(
        run.journey == condition.journey
        and run.status in statuses
        and is_in(run.entered_at, between)
        and (condition.reason is None or text_is(run.reason, condition.reason))
        for run in portrait.runs
    )


def _handoff(condition: grammar.HandoffIs, portrait: Portrait, now: datetime) -> bool:
    between = (None, None) if condition.requested is None else edges(condition.requested, now)
    return any(
        is_in(handoff.requested_at, between) and (condition.state == "had" or handoff.status in OPEN_HANDOFF)
        for handoff in portrait.handoffs
    )


Leaf = Callable[[Any, Portrait, datetime], bool]

LEAVES: dict[type, Leaf] = {
    grammar.CustomerIs: _customer,
    grammar.TraitIs: _trait,
    grammar.EventDone: _event,
    grammar.CartIs: _cart,
    grammar.OrdersAre: _orders,
    grammar.ConsentIs: _consent,
    grammar.ChannelIs: _channel,
    grammar.Wrote: _wrote,
    grammar.Messaged: _messaged,
    grammar.SurveyAnswered: _survey,
    grammar.JourneyIs: _journey,
    grammar.HandoffIs: _handoff,
}
