"""Random conditions over the values that tests/context_store/people_for_conditions.py makes customers of."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from context_store.records import Channel, Topic
from context_store.records import conditions as grammar
from context_store.records.condition_parts import (
    Amount,
    Between,
    ItemTest,
    KnownTest,
    NumberTest,
    Range,
    TextTest,
)
from tests.context_store.people_for_conditions import EVENTS, NAMES, NOW, SPANS, TEXTS, currencies

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
