"""Random conditions and random customers, made of the same few values so that they meet, and of edges."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import strategies as st

from context_store.records import (
    Address,
    AddressId,
    AddressStatus,
    Cart,
    CartId,
    CartItem,
    CartStatus,
    Channel,
    Consent,
    ConsentStatus,
    Customer,
    CustomerId,
    CustomerStatus,
    Enrollment,
    EnrollmentId,
    EnrollmentStatus,
    Event,
    EventId,
    Handoff,
    HandoffId,
    HandoffStatus,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Survey,
    SurveyId,
    Topic,
    new_id,
)
from context_store.records import conditions as grammar
from context_store.records.condition_parts import (
    Amount,
    Between,
    Coming,
    ItemTest,
    KnownTest,
    LongerAgo,
    NumberTest,
    Range,
    TextTest,
    Unit,
    Within,
)

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TEXTS = ("vela", "VELA", "Véla", "ñandú", "NANDU", "", " ", "a_b%c", "🕯️", "12.5", "-3", "1e3", "true", "ES")
NAMES = ("plan", "value", "products.category", 'a"b', "día")
EVENTS = ("Product Viewed", "Order Completed", "identify")
CURRENCIES = ("EUR", "COP", "JPY")
SPANS = (Within(amount=1), Within(amount=36, unit=Unit.HOURS), LongerAgo(amount=30), Coming(amount=2))
SHIFTS = (*(span.length for span in SPANS), timedelta(), timedelta(hours=24), timedelta(hours=23, minutes=55))

texts = st.sampled_from(TEXTS)
moments = st.builds(
    lambda shift, sign, tick: NOW + sign * shift + tick * TICK,
    st.sampled_from(SHIFTS),
    st.sampled_from((-1, -1, -1, 1)),
    st.sampled_from((-1, 0, 0, 1)),
)
maybe_moment = st.none() | moments
amounts = st.sampled_from((0, 1, 999, 1000, 1001, 5_000_000_000))
currencies = st.sampled_from(CURRENCIES)
scalars = st.one_of(
    texts, st.none(), st.booleans(), st.sampled_from((0, -1, 12, 12.5, 0.1 + 0.2, 1e16, 2.5e-7, 10**12, 1000))
)
properties = st.dictionaries(
    st.sampled_from(("plan", "value", 'a"b', "día", "products")),
    scalars
    | st.lists(scalars, max_size=2)
    | st.lists(st.dictionaries(st.just("category"), scalars), max_size=2),
    max_size=4,
)


@dataclass
class Person:
    """All that is known of one customer."""

    customer: Customer
    traits: dict[str, str | None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    sent: list[datetime | None] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    runs: list[Enrollment] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)


NUMBERS = count(1)


@st.composite
def people(draw: st.DrawFn) -> Person:
    who = CustomerId(new_id())
    customer = Customer(
        id=who,
        name=draw(st.none() | texts),
        language=draw(st.sampled_from((None, "es", "pt"))),
        timezone=draw(st.sampled_from((None, "Europe/Madrid"))),
        country=draw(st.sampled_from((None, "ES", "CO"))),
        loyalty_points=draw(st.sampled_from((None, 0, 12, 2_000_000_000))),
        loyalty_expires_at=draw(maybe_moment),
        created_at=draw(moments),
    )
    return Person(
        customer=customer,
        traits=draw(st.dictionaries(st.sampled_from(NAMES), st.none() | texts, max_size=2)),
        events=draw(st.lists(_events(who), max_size=5)),
        carts=draw(st.lists(_carts(who), max_size=2)),
        orders=draw(st.lists(_orders(who), max_size=4)),
        consents=draw(st.lists(_consents(who), max_size=4)),
        addresses=draw(st.lists(_addresses(who), max_size=3)),
        sent=draw(st.lists(maybe_moment, max_size=2)),
        surveys=draw(st.lists(_surveys(who), max_size=2)),
        runs=draw(st.lists(_runs(who), max_size=2)),
        handoffs=draw(st.lists(_handoffs(who), max_size=1)),
    )


@st.composite
def crowds(draw: st.DrawFn) -> list[Person]:
    """Some customers; the second may have been merged into the first, the third erased."""
    found = draw(st.lists(people(), min_size=1, max_size=3))
    if len(found) > 1 and draw(st.booleans()):
        merged = CustomerStatus.MERGED
        found[1].customer = replace(found[1].customer, status=merged, merged_into=found[0].customer.id)
    if len(found) > 2 and draw(st.booleans()):
        found[2].customer = replace(found[2].customer, status=CustomerStatus.ERASED)
    return found


def _events(who: CustomerId) -> st.SearchStrategy[Event]:
    return st.builds(
        lambda name, kept, at: Event(
            id=EventId(new_id()),
            customer_id=who,
            source="web",
            message_id=str(next(NUMBERS)),
            name=name,
            properties=kept,
            occurred_at=at,
            received_at=NOW,
        ),
        st.sampled_from(EVENTS),
        properties,
        moments,
    )


def _carts(who: CustomerId) -> st.SearchStrategy[Cart]:
    item = st.builds(
        CartItem,
        product_id=st.sampled_from(("p1", "p2", "gone")),
        name=texts,
        quantity=st.integers(1, 2),
        unit_price=amounts,
    )
    return st.builds(
        lambda status, currency, items, at: Cart(
            id=CartId(new_id()),
            customer_id=who,
            key=str(next(NUMBERS)),
            status=status,
            currency=currency,
            items=tuple(items),
            changed_at=at,
        ),
        st.sampled_from(CartStatus),
        currencies,
        st.lists(item, max_size=2),
        moments,
    )


def _orders(who: CustomerId) -> st.SearchStrategy[Order]:
    item = st.builds(
        OrderItem, name=st.sampled_from(("vela", "Lámpara", "")), quantity=st.just(1), unit_price=amounts
    )
    return st.builds(
        lambda status, currency, total, items, at: Order(
            id=OrderId(new_id()),
            customer_id=who,
            number=str(next(NUMBERS)),
            status=status,
            total=total,
            currency=currency,
            items=tuple(items),
            placed_at=at,
        ),
        st.sampled_from(OrderStatus),
        currencies,
        amounts,
        st.lists(item, max_size=2),
        moments,
    )


def _consents(who: CustomerId) -> st.SearchStrategy[Consent]:
    return st.builds(
        Consent,
        customer_id=st.just(who),
        channel=st.sampled_from((Channel.WHATSAPP, Channel.SMS)),
        topic=st.sampled_from((Topic.ALL, Topic.MARKETING, Topic.SURVEY)),
        status=st.sampled_from(ConsentStatus),
        method=st.just("form"),
        until=maybe_moment,
        created_at=moments,
    )


def _addresses(who: CustomerId) -> st.SearchStrategy[Address]:
    return st.builds(
        lambda channel, status, at: Address(
            id=AddressId(new_id()),
            customer_id=who,
            channel=channel,
            value=str(next(NUMBERS)),
            status=status,
            last_inbound_at=at,
        ),
        st.sampled_from((Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)),
        st.sampled_from(AddressStatus),
        maybe_moment,
    )


def _surveys(who: CustomerId) -> st.SearchStrategy[Survey]:
    return st.builds(
        lambda name, score, is_bad, at: Survey(
            id=SurveyId(new_id()),
            customer_id=who,
            survey=name,
            asked_at=NOW,
            score=score,
            is_bad=is_bad,
            answered_at=at,
        ),
        st.sampled_from(("csat", "nps")),
        st.none() | st.integers(0, 5),
        st.booleans(),
        maybe_moment,
    )


def _runs(who: CustomerId) -> st.SearchStrategy[Enrollment]:
    return st.builds(
        lambda journey, status, reason, at: Enrollment(
            id=EnrollmentId(new_id()),
            customer_id=who,
            journey=journey,
            version=1,
            entry_key=str(next(NUMBERS)),
            status=status,
            reason=reason,
            entered_at=at,
            updated_at=at,
        ),
        st.sampled_from(("cart_reminder", "winback")),
        st.sampled_from(EnrollmentStatus),
        st.none() | texts,
        moments,
    )


def _handoffs(who: CustomerId) -> st.SearchStrategy[Handoff]:
    return st.builds(
        lambda status, at: Handoff(
            id=HandoffId(new_id()), customer_id=who, status=status, reason="asked", requested_at=at
        ),
        st.sampled_from(HandoffStatus),
        moments,
    )


# Conditions.

wanted = st.lists(st.sampled_from([text for text in TEXTS if text]), min_size=1, max_size=2).map(tuple)
text_tests = st.builds(TextTest, op=st.sampled_from(("is", "is_not", "contains")), values=wanted)
item_tests = st.builds(ItemTest, op=st.sampled_from(("is", "contains")), values=wanted)
number_tests = st.sampled_from(
    (
        NumberTest(at_least=Decimal(0)),
        NumberTest(at_most=Decimal("12.5")),
        NumberTest(at_least=Decimal("0.3"), at_most=Decimal("0.3")),
        NumberTest(at_least=Decimal("-3"), at_most=Decimal(0)),
    )
)
known_tests = st.builds(KnownTest, op=st.sampled_from(("known", "unknown")))
value_tests = text_tests | number_tests | known_tests
periods = st.sampled_from(SPANS) | st.builds(
    Between, since=st.just(NOW - timedelta(days=30)), until=st.none() | st.just(NOW)
)
maybe_period = st.none() | periods
times = st.sampled_from((Range(at_least=1), Range(at_most=0), Range(at_least=2), Range(at_most=1)))
worths = st.builds(
    lambda currency, bounds: Amount(currency=currency, at_least=bounds[0], at_most=bounds[1]),
    currencies,
    st.sampled_from(((1000, None), (None, 1000), (0, 0), (1001, 5_000_000_000))),
)
codes = st.builds(
    TextTest,
    op=st.sampled_from(("is", "is_not")),
    values=st.sampled_from((("ES",), ("es", "pt"), ("Europe/Madrid",))),
)
Fields = grammar.CustomerField


def _customer(fields: tuple[Fields, ...], tests: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(grammar.CustomerIs, field=st.sampled_from(fields), test=tests | known_tests)


some_channel = st.sampled_from((Channel.WHATSAPP, Channel.SMS))
leaves: st.SearchStrategy[Any] = st.one_of(
    _customer((Fields.NAME,), text_tests),
    _customer(grammar.CODES, codes),
    _customer((Fields.LOYALTY_POINTS,), number_tests),
    _customer(grammar.MOMENTS, periods),
    st.builds(
        grammar.TraitIs,
        source=st.sampled_from(("told", "shop")),
        name=st.sampled_from(NAMES),
        test=value_tests,
    ),
    st.builds(
        grammar.EventDone,
        name=st.sampled_from(EVENTS),
        times=times,
        period=maybe_period,
        where=st.lists(
            st.builds(grammar.PropertyIs, property=st.sampled_from(NAMES), test=value_tests), max_size=2
        ).map(tuple),
        total=st.none()
        | st.builds(grammar.PropertyTotal, property=st.sampled_from(NAMES), test=number_tests),
        last=maybe_period,
    ),
    st.builds(
        grammar.CartIs,
        value=st.none() | worths,
        changed=maybe_period,
        product=st.none() | item_tests,
        category=st.none() | item_tests,
    ),
    st.builds(
        grammar.OrdersAre,
        times=times,
        period=maybe_period,
        product=st.none() | item_tests,
        category=st.none() | item_tests,
        total=st.none() | worths,
        last=maybe_period,
    ),
    st.builds(
        grammar.ConsentIs,
        channel=some_channel,
        topic=st.sampled_from((Topic.ALL, Topic.MARKETING, Topic.SURVEY)),
        state=st.sampled_from(("allowed", "paused", "refused", "none")),
    ),
    st.builds(grammar.ChannelIs, channel=some_channel, state=st.sampled_from(("reachable", "last_used"))),
    st.just(grammar.ChannelIs(channel=Channel.WHATSAPP, state="window_open")),
    st.builds(grammar.Wrote, channel=st.none() | some_channel, last=maybe_period),
    st.builds(grammar.Messaged, last=maybe_period),
    st.builds(
        grammar.SurveyAnswered,
        survey=st.sampled_from((None, "csat")),
        is_bad=st.none() | st.booleans(),
        score=st.none() | st.just(Range(at_most=2)),
        period=maybe_period,
    ),
    st.builds(
        grammar.JourneyIs,
        journey=st.just("winback"),
        state=st.sampled_from(("in", "was_in", "completed", "exited")),
        reason=st.none() | text_tests,
        entered=maybe_period,
    ),
    st.builds(grammar.HandoffIs, state=st.sampled_from(("open", "had")), requested=maybe_period),
    st.builds(
        grammar.LifecycleIs,
        states=st.lists(st.sampled_from(grammar.LifecycleState), min_size=1, max_size=2).map(tuple),
    ),
)
groups = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(grammar.AllOf, of=st.lists(inner, max_size=3).map(tuple)),
        st.builds(grammar.AnyOf, of=st.lists(inner, max_size=3).map(tuple)),
        st.builds(grammar.Not, of=inner),
    ),
    max_leaves=4,
)
