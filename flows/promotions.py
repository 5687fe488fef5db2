"""What is on offer to a customer and what a code is worth on a cart. Pure.

Promotions live in SQL, where staff edit them; promotions.yml is what a demo begins with.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import yaml
from babel.numbers import get_currency_precision
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from nlu.text import normalise

CODE = r"^[A-Z0-9_-]{3,40}$"
FILE = Path(__file__).parent / "promotions.yml"


class Kind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"


class Wording(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    es: str
    en: str
    pt: str


class Refusal(StrEnum):
    """Why a code is worth nothing on this cart."""

    UNKNOWN = "unknown"
    NOT_YET = "not_yet"
    OVER = "over"
    STOPPED = "stopped"
    # For other customers.
    AUDIENCE = "audience"
    # A code that another customer was given.
    NOT_YOURS = "not_yours"
    # They have used it.
    USED = "used"
    # As many orders as may use it have.
    USED_UP = "used_up"
    CATEGORY = "category"
    MINIMUM = "minimum"


class Promotion(BaseModel):
    """One promotion as one customer sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # What they say to have it: their own one, where codes are unique.
    code: str = Field(pattern=CODE)
    kind: Kind
    value: Decimal = Field(default=Decimal(0), ge=0)
    minimum: Decimal = Field(default=Decimal(0), ge=0)
    category: str | None = None
    starts: date | None = None
    ends: date | None = None
    texts: Wording
    terms: Wording | None = None
    # The promotion's name, where its codes are unique.
    unique_of: str | None = None
    # It becomes theirs when it is told.
    is_given: bool = True
    # Why it is nothing for this customer, whatever their cart.
    blocked: Refusal | None = None

    @model_validator(mode="after")
    def _has_a_value(self) -> "Promotion":
        is_free = self.kind is Kind.FREE_SHIPPING
        if is_free != (self.value == 0) or (self.kind is Kind.PERCENT and self.value > 100):
            raise ValueError(f"{self.code}: a value that does not fit its kind")
        return self

    def is_on(self, today: date) -> bool:
        return self.blocked is None and self.is_within(today)

    def is_within(self, today: date) -> bool:
        return (self.starts is None or self.starts <= today) and (self.ends is None or today <= self.ends)


_LIST: TypeAdapter[tuple[Promotion, ...]] = TypeAdapter(tuple[Promotion, ...])


@cache
def load(path: Path = FILE) -> tuple[Promotion, ...]:
    """Raises pydantic's error for a promotion that cannot be."""
    found = _LIST.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or ())
    codes = [promotion.code for promotion in found]
    if len(set(codes)) != len(codes):
        raise ValueError(f"{path.name}: a code is there twice")
    return found


def is_code(text: str) -> bool:
    return re.fullmatch(CODE, text) is not None


def as_json(promotions: Sequence[Promotion]) -> list[dict[str, Any]]:
    return [promotion.model_dump(mode="json") for promotion in promotions]


def from_json(told: Any) -> tuple[Promotion, ...]:
    return _LIST.validate_python(told)


def by_code(promotions: Sequence[Promotion], code: str | None) -> Promotion | None:
    """By the code that they say: their own one or, where codes are unique, the promotion's name."""
    named = code.upper() if code else None
    return next((each for each in promotions if named and named in (each.code, each.unique_of)), None)


def refusal(
    promotion: Promotion | None,
    cart: Mapping[str, Any],
    categories: Mapping[str, str],
    today: date,
) -> Refusal | None:
    """None when the code counts on the cart."""
    if promotion is None:
        return Refusal.UNKNOWN
    if promotion.blocked is not None and promotion.is_within(today):
        return promotion.blocked
    if not promotion.is_on(today):
        return Refusal.NOT_YET if promotion.starts and today < promotion.starts else Refusal.OVER
    counted = _counted(promotion, cart, categories)
    if promotion.category and not counted:
        return Refusal.CATEGORY
    return Refusal.MINIMUM if counted < minimum(promotion, cart["currency"]) else None


def minimum(promotion: Promotion, currency: str) -> int:
    """Minor units."""
    return _minor(promotion.minimum, currency)


def discount(
    promotion: Promotion | None, cart: Mapping[str, Any], categories: Mapping[str, str], today: date
) -> int:
    """Minor units off the total; never more than what it is taken from."""
    if promotion is None or refusal(promotion, cart, categories, today) is not None:
        return 0
    counted = _counted(promotion, cart, categories)
    if promotion.kind is Kind.PERCENT:
        share = Decimal(counted) * promotion.value / 100
        return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return min(_minor(promotion.value, cart["currency"]), counted)


def line_of(promotion: Promotion, language: str) -> str:
    """How a list tells it: the code, what it is worth, and under which terms."""
    terms = f" ({getattr(promotion.terms, language)})" if promotion.terms else ""
    return f"• {promotion.code}: {getattr(promotion.texts, language)}{terms}"


def best(
    promotions: Sequence[Promotion], cart: Mapping[str, Any], categories: Mapping[str, str], today: date
) -> Promotion | None:
    """The code that takes most off this cart; None where none takes anything."""
    worth = [(discount(each, cart, categories, today), each.code) for each in promotions]
    most, code = max(worth, default=(0, None))
    return by_code(promotions, code) if most > 0 else None


def with_code(link: str, code: str | None) -> str:
    """The web cart's address with the code in it, whatever else it carries."""
    if not code:
        return link
    parts = urlsplit(link)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "discount"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("discount", code)])))


def _counted(promotion: Promotion, cart: Mapping[str, Any], categories: Mapping[str, str]) -> int:
    """What the promotion looks at: the goods of its category, or all."""
    wanted = normalise(promotion.category) if promotion.category else None
    return sum(
        item["quantity"] * item["unit_price"]
        for item in cart["items"]
        if wanted is None or normalise(categories.get(item["product_id"], "")) == wanted
    )


def _minor(amount: Decimal, currency: str) -> int:
    return int((amount * 10 ** get_currency_precision(currency)).to_integral_value())
