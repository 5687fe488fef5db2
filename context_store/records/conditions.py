"""The one grammar of conditions over a customer, as saved in JSON: for segments, audiences, branches.

Two evaluators read it: `context_store/audience` makes one SQL query of it, `flows/audience.py` asks the
facts of one customer. What it may say is said here and nowhere else.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from context_store.records.condition_parts import (
    Amount,
    AnyTest,
    Between,
    Coming,
    ItemTest,
    KnownTest,
    LongerAgo,
    Name,
    NumberTest,
    Part,
    Period,
    Range,
    TextTest,
    ValueTest,
    Within,
)
from context_store.records.people import Channel, Topic
from context_store.records.shop import CartStatus, OrderStatus

DEEPEST = 6
LARGEST = 60
ENTERED, EXITED = "Segment Entered", "Segment Exited"
LIVE_CARTS = (CartStatus.OPEN, CartStatus.ABANDONED, CartStatus.RECOVERED)
STANDING_ORDERS = tuple(
    status for status in OrderStatus if status not in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
)
AT_LEAST_ONCE = Range(at_least=1)


class CustomerField(StrEnum):
    NAME = "name"
    LANGUAGE = "language"
    COUNTRY = "country"
    TIMEZONE = "timezone"
    LOYALTY_POINTS = "loyalty_points"
    LOYALTY_EXPIRES_AT = "loyalty_expires_at"
    CREATED_AT = "created_at"


MOMENTS = (CustomerField.LOYALTY_EXPIRES_AT, CustomerField.CREATED_AT)
# Compared letter by letter, so that an index or a plain comparison will do.
CODES = (CustomerField.LANGUAGE, CustomerField.COUNTRY, CustomerField.TIMEZONE)


class CustomerIs(Part):
    """A column of the customer."""

    kind: Literal["customer"] = "customer"
    field: CustomerField
    test: AnyTest

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.test, KnownTest):
            return self
        fitting: tuple[type, ...] = (TextTest,)
        if self.field in MOMENTS:
            fitting = (Within, LongerAgo, Coming, Between)
        elif self.field is CustomerField.LOYALTY_POINTS:
            fitting = (NumberTest,)
        if not isinstance(self.test, fitting):
            details = {"field": self.field.value, "op": self.test.op}
            raise PydanticCustomError("wrong_test", "{field} cannot be tested with {op}", details)
        if self.field in CODES and isinstance(self.test, TextTest) and self.test.op == "contains":
            details = {"field": self.field.value, "op": "contains"}
            raise PydanticCustomError("wrong_test", "{field} cannot be tested with {op}", details)
        return self


class TraitIs(Part):
    """What they told us in chat, or what the shop told of them (`identify`)."""

    kind: Literal["trait"] = "trait"
    source: Literal["told", "shop"] = "told"
    name: Name
    test: ValueTest


class PropertyIs(Part):
    """`products.category` is that of every product; one that fits is enough."""

    property: Name
    test: ValueTest


class PropertyTotal(Part):
    """The sum of a property over the events; what is no number counts nothing."""

    property: Name
    test: NumberTest


class EventDone(Part):
    """How often it happened; `at_most: 0` says that it did not. `last` is about the newest that fits."""

    kind: Literal["event"] = "event"
    name: Name
    times: Range = AT_LEAST_ONCE
    period: Period | None = None
    where: tuple[PropertyIs, ...] = Field(default=(), max_length=5)
    total: PropertyTotal | None = None
    last: Period | None = None

    @field_validator("name")
    @classmethod
    def _is_not_our_own(cls, name: str) -> str:
        if name in (ENTERED, EXITED):
            raise PydanticCustomError("own_event", "segments do not depend on segments' events")
        return name


class CartIs(Part):
    """There is a cart with something in it of which all of this holds."""

    kind: Literal["cart"] = "cart"
    status: tuple[CartStatus, ...] = Field(default=LIVE_CARTS, min_length=1, max_length=len(CartStatus))
    value: Amount | None = None
    changed: Period | None = None
    product: ItemTest | None = None
    category: ItemTest | None = None


class OrdersAre(Part):
    """Recency (`last`), frequency (`times`) and money (`total`) of the orders that fit."""

    kind: Literal["orders"] = "orders"
    status: tuple[OrderStatus, ...] = Field(
        default=STANDING_ORDERS, min_length=1, max_length=len(OrderStatus)
    )
    times: Range = AT_LEAST_ONCE
    period: Period | None = None
    product: ItemTest | None = None
    category: ItemTest | None = None
    total: Amount | None = None
    last: Period | None = None


class ConsentIs(Part):
    """What the contact policy would say: `none` is silence, which is no consent to marketing."""

    kind: Literal["consent"] = "consent"
    channel: Channel
    topic: Topic
    state: Literal["allowed", "paused", "refused", "none"]


class ChannelIs(Part):
    kind: Literal["channel"] = "channel"
    channel: Channel
    state: Literal["reachable", "window_open", "last_used"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.state == "window_open" and self.channel is not Channel.WHATSAPP:
            raise PydanticCustomError("no_window", "only WhatsApp has a window")
        return self


class Wrote(Part):
    """Their newest message, on any channel or on this one; without a period: they wrote at all."""

    kind: Literal["wrote"] = "wrote"
    channel: Channel | None = None
    last: Period | None = None


class Messaged(Part):
    """The newest message that went out to them unasked (marketing, survey)."""

    kind: Literal["messaged"] = "messaged"
    last: Period | None = None


class SurveyAnswered(Part):
    """There is an answered survey of which all of this holds."""

    kind: Literal["survey"] = "survey"
    survey: Name | None = None
    is_bad: bool | None = None
    score: Range | None = None
    period: Period | None = None


class JourneyIs(Part):
    """`in`: a run is under way; `was_in`: there was one, whatever became of it."""

    kind: Literal["journey"] = "journey"
    journey: Name
    state: Literal["in", "was_in", "completed", "exited", "excluded", "failed"]
    reason: TextTest | None = None
    entered: Period | None = None


class HandoffIs(Part):
    """With a person now (`open`), or asked for one (`had`)."""

    kind: Literal["handoff"] = "handoff"
    state: Literal["open", "had"]
    requested: Period | None = None


class LifecycleState(StrEnum):
    NEW = "new"
    RECURRENT = "recurrent"
    VIP = "vip"
    AT_RISK = "at_risk"
    INACTIVE = "inactive"
    PROSPECT = "prospect"


class LifecycleIs(Part):
    """By the thresholds of lifecycle.yml."""

    kind: Literal["lifecycle"] = "lifecycle"
    states: tuple[LifecycleState, ...] = Field(min_length=1, max_length=len(LifecycleState))


class SegmentIs(Part):
    """Whatever the saved condition of that key says."""

    kind: Literal["segment"] = "segment"
    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]


class AllOf(Part):
    """Of nothing: everybody."""

    kind: Literal["all"] = "all"
    of: tuple["Condition", ...] = Field(default=(), max_length=LARGEST)


class AnyOf(Part):
    """Of nothing: nobody."""

    kind: Literal["any"] = "any"
    of: tuple["Condition", ...] = Field(default=(), max_length=LARGEST)


class Not(Part):
    kind: Literal["not"] = "not"
    of: "Condition"


Condition = Annotated[
    CustomerIs
    | TraitIs
    | EventDone
    | CartIs
    | OrdersAre
    | ConsentIs
    | ChannelIs
    | Wrote
    | Messaged
    | SurveyAnswered
    | JourneyIs
    | HandoffIs
    | LifecycleIs
    | SegmentIs
    | AllOf
    | AnyOf
    | Not,
    Field(discriminator="kind"),
]
for _group in (AllOf, AnyOf, Not):
    _group.model_rebuild()
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
EVERYBODY = AllOf()


class ConditionFault(ValueError):
    """What cannot be, and where: `where` is a path like ("of", 1, "test", "values")."""

    def __init__(self, code: str, where: tuple[str | int, ...], **details: Any) -> None:
        super().__init__(f"{'.'.join(map(str, where)) or 'condition'}: {details.get('message') or code}")
        self.code = code
        self.where = where
        self.details = details


def read_condition(data: Any) -> Condition:
    """From its JSON form. Raises `ConditionFault` for what cannot be."""
    # Before anything walks it: what is nested a thousand times over ends here.
    _check_size(data)
    try:
        return CONDITION.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True)[0]
        where = _where(data, first["loc"])
        details = {name: str(value) for name, value in first.get("ctx", {}).items() if name != "error"}
        raise ConditionFault(first["type"], where, message=first["msg"], **details) from None


def _check_size(data: Any) -> None:
    level, count = [data], 0
    for _ in range(DEEPEST):
        count += len(level)
        if count > LARGEST:
            raise ConditionFault("too_large", (), message=f"more than {LARGEST} conditions", most=LARGEST)
        level = [part for value in level for part in _below(value)]
        if not level:
            return
    raise ConditionFault("too_deep", (), message=f"nested more than {DEEPEST} times", most=DEEPEST)


def _below(value: Any) -> list[Any]:
    inner = value.get("of") if isinstance(value, dict) else getattr(value, "of", None)
    if isinstance(inner, list | tuple):
        return list(inner)
    return [] if inner is None else [inner]


def walk(condition: Condition) -> Iterator[Condition]:
    """It and all below it."""
    yield condition
    for below in _below(condition):
        yield from walk(below)


def as_json(condition: Condition) -> dict[str, Any]:
    """Without what is as it is by itself."""
    kept: dict[str, Any] = CONDITION.dump_python(condition, mode="json", exclude_none=True)
    return kept


def _where(data: Any, steps: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path in the JSON form: without the tags that stand before the fields of each tagged value."""
    path: list[str | int] = []
    has_tag = False
    for step in steps:
        if not has_tag and isinstance(data, dict) and step in (data.get("kind"), data.get("op")):
            has_tag = True
            continue
        path.append(step)
        has_tag = False
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
    return tuple(path)
