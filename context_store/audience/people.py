"""Conditions on who customers are and how they can be written to, as SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, exists, literal, or_

from context_store.audience.family import World, any_of, customers
from context_store.audience.shop import newest, shop_trait
from context_store.audience.values import (
    EVERYBODY,
    code_test,
    micros_test,
    moment_test,
    range_test,
    text_test,
    value_test,
)
from context_store.models.consents import ConsentRow
from context_store.models.desk import HandoffRow, SurveyRow
from context_store.models.outreach import EnrollmentRow
from context_store.models.people import AddressRow
from context_store.models.thread import MessageRow
from context_store.models.traits import TraitRow
from context_store.records import (
    OPEN_HANDOFF,
    AddressStatus,
    ConsentStatus,
    EnrollmentStatus,
    Purpose,
    Topic,
)
from context_store.records.condition_parts import KnownTest, NumberTest, TextTest, edges
from context_store.records.conditions import (
    CODES,
    MOMENTS,
    ChannelIs,
    ConsentIs,
    CustomerIs,
    HandoffIs,
    JourneyIs,
    Messaged,
    SurveyAnswered,
    TraitIs,
    Wrote,
)
from context_store.records.windows import window_opens_after
from context_store.rows import table_of

addresses = table_of(AddressRow)
consents = table_of(ConsentRow)
enrollments = table_of(EnrollmentRow)
handoffs = table_of(HandoffRow)
messages = table_of(MessageRow)
surveys = table_of(SurveyRow)
traits = table_of(TraitRow)

Test = ColumnElement[bool]
RUNNING = (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)
RUNS: dict[str, tuple[EnrollmentStatus, ...]] = {
    "in": RUNNING,
    "was_in": tuple(EnrollmentStatus),
    **{status.value: (status,) for status in EnrollmentStatus if status not in RUNNING},
}


def customer_is(condition: CustomerIs, world: World) -> Test:
    column, test = customers.c[condition.field.value], condition.test
    if isinstance(test, KnownTest):
        return column.is_not(None) if test.op == "known" else column.is_(None)
    if isinstance(test, TextTest):
        return code_test(column, test) if condition.field in CODES else text_test(column, test)
    if isinstance(test, NumberTest):
        return micros_test(cast(column, BigInteger) * 1_000_000, test)
    assert condition.field in MOMENTS
    return moment_test(column, edges(test, world.now))


def trait_is(condition: TraitIs, world: World) -> Test:
    if condition.source == "shop":
        return shop_trait(condition, world)
    told = [traits.c.name == condition.name, traits.c.value.is_not(None)]
    match condition.test:
        case KnownTest(op="unknown"):
            return ~any_of(traits, world, *told)
        case TextTest(op="is_not", values=refused):
            positive = TextTest(op="is", values=refused)
            return ~any_of(traits, world, *told, text_test(traits.c.value, positive))
    return any_of(traits, world, *told, value_test(traits.c.value, condition.test))


def consent_is(condition: ConsentIs, world: World) -> Test:
    """`flows/consent_state.py` in SQL; of two who are one the stricter counts."""
    refused = (
        _line(condition, Topic.ALL, world, consents.c.status == ConsentStatus.OPTED_OUT),
        _line(condition, condition.topic, world, consents.c.status == ConsentStatus.OPTED_OUT),
    )
    waits = moment_test(consents.c.until, (_after(world.now), None))
    paused = (
        _line(
            condition,
            Topic.ALL,
            world,
            waits,
            consents.c.status.in_((ConsentStatus.PAUSED, ConsentStatus.LIMITED)),
        ),
        _line(condition, condition.topic, world, waits, consents.c.status == ConsentStatus.PAUSED),
    )
    speaks = EVERYBODY
    if condition.topic is Topic.MARKETING:
        speaks = _line(condition, condition.topic, world, consents.c.status != ConsentStatus.PAUSED)
    # Each by itself, not a negated OR of them: so PostgreSQL can make anti-joins of them.
    not_refused, not_paused = (~one for one in refused), (~one for one in paused)
    match condition.state:
        case "refused":
            return or_(*refused)
        case "paused":
            return and_(*not_refused, or_(*paused))
        case "none":
            return and_(*not_refused, *not_paused, ~speaks)
        case _:
            return and_(*not_refused, *not_paused, speaks)


def _line(condition: ConsentIs, topic: Topic, world: World, *conditions: Test) -> Test:
    """Of the newest line of that topic."""
    newer = consents.alias("newer")
    overtaken = exists().where(
        newer.c.customer_id == consents.c.customer_id,
        newer.c.channel == condition.channel,
        newer.c.topic == topic,
        newer.c.number > consents.c.number,
    )
    here = (consents.c.channel == condition.channel, consents.c.topic == topic)
    return any_of(consents, world, *here, *conditions, ~overtaken)


def channel_is(condition: ChannelIs, world: World) -> Test:
    here = addresses.c.channel == condition.channel
    match condition.state:
        case "reachable":
            return any_of(addresses, world, here, addresses.c.status == AddressStatus.REACHABLE)
        case "window_open":
            opened = moment_test(addresses.c.last_inbound_at, (_after(window_opens_after(world.now)), None))
            return any_of(addresses, world, here, opened)
    later = addresses.alias("later")
    # Of those who are one, each address counts for itself: merged rows are compared within one of them.
    overtaken = exists().where(
        later.c.customer_id == addresses.c.customer_id,
        later.c.channel != condition.channel,
        later.c.last_inbound_at > addresses.c.last_inbound_at,
    )
    return any_of(addresses, world, here, addresses.c.last_inbound_at.is_not(None), ~overtaken)


def wrote(condition: Wrote, world: World) -> Test:
    fitting: list[Test] = [addresses.c.last_inbound_at.is_not(None)]
    if condition.channel is not None:
        fitting.append(addresses.c.channel == condition.channel)
    if condition.last is None:
        return any_of(addresses, world, *fitting)
    return newest(addresses, addresses.c.last_inbound_at, world, fitting, condition.last)


def messaged(condition: Messaged, world: World) -> Test:
    fitting: list[Test] = [
        # Written out as in the partial index.
        messages.c.purpose.in_(_written_out(Purpose.MARKETING, Purpose.SURVEY)),
        messages.c.sent_at.is_not(None),
    ]
    if condition.last is None:
        return any_of(messages, world, *fitting)
    return newest(messages, messages.c.sent_at, world, fitting, condition.last)


def survey_answered(condition: SurveyAnswered, world: World) -> Test:
    parts: list[Test] = [surveys.c.answered_at.is_not(None)]
    if condition.survey is not None:
        parts.append(surveys.c.survey == condition.survey)
    if condition.is_bad is not None:
        parts.append(surveys.c.is_bad.is_(condition.is_bad))
    if condition.score is not None:
        parts += [surveys.c.score.is_not(None), range_test(surveys.c.score, condition.score)]
    if condition.period is not None:
        parts.append(moment_test(surveys.c.answered_at, edges(condition.period, world.now)))
    return any_of(surveys, world, *parts)


def journey_is(condition: JourneyIs, world: World) -> Test:
    parts: list[Test] = [enrollments.c.journey == condition.journey]
    if condition.state != "was_in":
        parts.append(enrollments.c.status.in_(RUNS[condition.state]))
    if condition.reason is not None:
        parts.append(text_test(enrollments.c.reason, condition.reason))
    if condition.entered is not None:
        parts.append(moment_test(enrollments.c.entered_at, edges(condition.entered, world.now)))
    return any_of(enrollments, world, *parts)


def handoff_is(condition: HandoffIs, world: World) -> Test:
    parts: list[Test] = []
    if condition.state == "open":
        parts.append(handoffs.c.status.in_(tuple(OPEN_HANDOFF)))
    if condition.requested is not None:
        parts.append(moment_test(handoffs.c.requested_at, edges(condition.requested, world.now)))
    return any_of(handoffs, world, *parts)


def _written_out(*purposes: Purpose) -> list[Any]:
    return [literal(one, messages.c.purpose.type, literal_execute=True) for one in purposes]


def _after(moment: datetime) -> datetime:
    """The first moment that is later: edges are from a moment on."""
    return moment + moment.resolution
