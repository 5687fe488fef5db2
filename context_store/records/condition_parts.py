"""What conditions are made of: spans of time, ranges, amounts, tests of a value."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from context_store.records.plain_values import LARGEST, MICROS

MOST_VALUES = 50
# In years: two hundred and seventy.
LONGEST_AMOUNT = 100_000


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("unwritable", "has a character that no database keeps")
    return text


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_without_nul)]


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Span(Part):
    amount: int = Field(ge=1, le=LONGEST_AMOUNT)
    unit: Unit = Unit.DAYS

    @property
    def length(self) -> timedelta:
        return timedelta(**{self.unit.value: self.amount})


class Within(Span):
    """At most so long ago."""

    op: Literal["within"] = "within"


class LongerAgo(Span):
    op: Literal["longer_ago"] = "longer_ago"


class Coming(Span):
    """Still ahead, but not further than that."""

    op: Literal["coming"] = "coming"


class Between(Part):
    """From `since` on, before `until`; one of them may be open."""

    op: Literal["between"] = "between"
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.since is None and self.until is None:
            raise PydanticCustomError("no_bound", "needs a beginning or an end")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise PydanticCustomError("turned_round", "begins after its end")
        return self


Period = Annotated[Within | LongerAgo | Coming | Between, Field(discriminator="op")]
Edges = tuple[datetime | None, datetime | None]


def edges(period: Within | LongerAgo | Coming | Between, now: datetime) -> Edges:
    """The first moment that is in, and the first one that is not any more; None: open on that side."""
    match period:
        case Within():
            return now - period.length, None
        case LongerAgo():
            return None, now - period.length
        case Coming():
            return now, now + period.length
        case Between():
            return period.since, period.until


class Range(Part):
    """Whole numbers, both ends included."""

    at_least: int | None = Field(default=None, ge=-(10**15), le=10**15)
    at_most: int | None = Field(default=None, ge=-(10**15), le=10**15)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        _check_bounds(self.at_least, self.at_most)
        return self

    def has(self, value: int) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


class Amount(Range):
    """Minor units of one currency; what is in another does not count."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")


class NumberTest(Part):
    """A number, both ends included; up to six decimals."""

    op: Literal["number"] = "number"
    at_least: Decimal | None = Field(default=None, gt=-LARGEST, lt=LARGEST, decimal_places=6)
    at_most: Decimal | None = Field(default=None, gt=-LARGEST, lt=LARGEST, decimal_places=6)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        _check_bounds(self.at_least, self.at_most)
        return self

    @property
    def micros(self) -> tuple[int | None, int | None]:
        low, high = self.at_least, self.at_most
        return None if low is None else int(low * MICROS), None if high is None else int(high * MICROS)


def _check_bounds(low: Decimal | int | None, high: Decimal | int | None) -> None:
    if low is None and high is None:
        raise PydanticCustomError("no_bound", "needs a least or a most")
    if low is not None and high is not None and low > high:
        raise PydanticCustomError("turned_round", "its least is more than its most")


class TextTest(Part):
    """Of any of these values; capitals and accents are no difference."""

    op: Literal["is", "is_not", "contains"]
    values: tuple[Text, ...] = Field(min_length=1, max_length=MOST_VALUES)


class ItemTest(TextTest):
    """Of a thing in a list: that none is so, is said by a `not` around it."""

    op: Literal["is", "contains"] = "is"


class KnownTest(Part):
    op: Literal["known", "unknown"]


ValueTest = Annotated[TextTest | NumberTest | KnownTest, Field(discriminator="op")]
AnyTest = Annotated[
    TextTest | NumberTest | KnownTest | Within | LongerAgo | Coming | Between, Field(discriminator="op")
]
