"""Random customers with random histories, of few values and of edges."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

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
from context_store.records.condition_parts import (
    Coming,
    LongerAgo,
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
        survivor = found[0].customer.id
        found[0].customer = replace(found[0].customer, survivor_id=survivor)
        merged = replace(found[1].customer, status=CustomerStatus.MERGED, merged_at=NOW)
        found[1].customer = replace(merged, merged_into=survivor, survivor_id=survivor)
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
