"""What a shop's webhook says, in our own words, and how its fields are read. Pure.

A payload comes signed, so it is the shop's; what people typed into the shop is still theirs: everything is
checked, bounded, and left out where it makes no sense.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.phone_numbers import country_of, e164
from context_store.records import Channel, ConsentStatus, Identifier, IdentifierKind, Product

LONGEST_ID = 200
LONGEST_EMAIL = 300

Fields = Mapping[str, Any]


class Untold(Exception):
    """The payload lacks what its topic must have: which field, in words. Trying again does not help."""


class Privacy(StrEnum):
    EXPORT = "export"
    ERASE = "erase"
    ERASE_SHOP = "erase_shop"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What a translator must know of its shop besides the payload."""

    country: str
    currency: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Buyer:
    # Strongest first.
    identifiers: tuple[Identifier, ...]
    name: str | None = None
    country: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToldEvent:
    # Made from what the payload is about: the same news by two topics is one event.
    message_id: str
    name: str
    properties: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class ToldConsent:
    channel: Channel
    status: ConsentStatus
    at: datetime
    wording: str
    proof: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that one delivery says. Empty: nothing that concerns us."""

    buyer: Buyer | None = None
    # An order by the shop's own id: where the payload names no buyer, and its events no `order_id`.
    about_order: str | None = None
    # An order's own id and the number that people know it by.
    order: tuple[str, str] | None = None
    events: tuple[ToldEvent, ...] = ()
    consents: tuple[ToldConsent, ...] = ()
    products: tuple[Product, ...] = ()
    gone_product: str | None = None
    privacy: Privacy | None = None
    # The shop's own name for a request.
    reference: str | None = None
    # Why there is nothing in it, for the log.
    note: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def need(payload: Fields, name: str) -> str:
    """An id that must be there. Raises `Untold`."""
    found = word(payload.get(name))
    if found is None:
        raise Untold(f"the payload has no `{name}`")
    return found


def word(value: Any, longest: int = LONGEST_ID) -> str | None:
    """A number or a text on one line; None for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return " ".join(str(value).replace("\x00", "").split())[:longest] or None


def part(payload: Fields, name: str) -> Fields:
    """An object inside; an empty one where there is none."""
    found = payload.get(name)
    return found if isinstance(found, Mapping) else {}


def parts_of(payload: Fields, name: str) -> list[Fields]:
    """The objects of a list inside; what is none is passed over."""
    found = payload.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def moment(value: Any) -> datetime | None:
    """An ISO time; one without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def first_moment(payload: Fields, names: Iterable[str], otherwise: datetime) -> datetime:
    """The first of these times that is told, and never one in the future."""
    told = next((found for name in names if (found := moment(payload.get(name)))), otherwise)
    return min(told, otherwise)


def bare(properties: Fields) -> dict[str, Any]:
    """Without what is not told."""
    return {name: value for name, value in properties.items() if value is not None}


def fingerprint(properties: Fields) -> str:
    """Tells apart two states that a shop gives one and the same second."""
    return hashlib.sha256(json.dumps(properties, sort_keys=True, default=str).encode()).hexdigest()[:12]


def state_event(name: str, key: str, properties: dict[str, Any], at: datetime) -> ToldEvent:
    """A whole state at a moment: told again by another topic it is the same event."""
    told = bare(properties)
    stamp = f"{at:%Y%m%dT%H%M%S}"
    return ToldEvent(
        message_id=f"{key}:{stamp}:{fingerprint({**told, 'event': name})}"[:120],
        name=name,
        properties=told,
        occurred_at=at,
    )


def who_event(buyer: Buyer, language: str | None, shop: Shop) -> tuple[ToldEvent, ...]:
    """Name and language beside an order: whoever was known by a cart alone has none yet."""
    traits = bare({"name": buyer.name, "language": language, "country": buyer.country})
    if not traits:
        return ()
    named = {**traits, "by": [identifier.value for identifier in buyer.identifiers]}
    event = ToldEvent(
        message_id=f"buyer:{fingerprint(named)}",
        name="identify",
        properties=traits,
        occurred_at=shop.received_at,
    )
    return (event,)


def language(locale: object) -> str | None:
    """Of "es-ES" the first two letters."""
    return locale[:2].lower() if isinstance(locale, str) and locale[:2].isalpha() else None


def user_id(shop: str, value: Any) -> Identifier | None:
    """With the shop's name before it: customer 25 of one system is not user 25 of another."""
    known_as = word(value)
    if known_as is None or known_as == "0":
        return None
    return Identifier(kind=IdentifierKind.USER_ID, value=f"{shop}:{known_as}")


def email_id(values: Iterable[Any]) -> Identifier | None:
    for value in values:
        if isinstance(value, str) and "@" in value and len(value) <= LONGEST_EMAIL:
            return Identifier(kind=IdentifierKind.EMAIL, value=value.strip().casefold())
    return None


def phone_id(candidates: Iterable[tuple[Any, str | None]]) -> Identifier | None:
    """The first that is a number, each read as one of the country that comes with it."""
    for value, country in candidates:
        number = e164(value, country)
        if number is not None:
            return Identifier(kind=IdentifierKind.PHONE, value=number)
    return None


def buyer_of(identifiers: Iterable[Identifier | None], name: str | None, country: str | None) -> Buyer | None:
    """None for nobody."""
    known = tuple(dict.fromkeys(each for each in identifiers if each is not None))
    if not known:
        return None
    phone = next((each.value for each in known if each.kind is IdentifierKind.PHONE), None)
    return Buyer(identifiers=known, name=name, country=country_of(phone) or country)


def country(value: Any) -> str | None:
    """Two letters, or nothing."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if len(code) == len("ES") and code.isascii() and code.isalpha() else None


def full_name(*sources: Fields) -> str | None:
    """The first of these that has a name."""
    for source in sources:
        names = [word(source.get(each), 60) for each in ("first_name", "last_name")]
        told = " ".join(name for name in names if name) or word(source.get("name"), 120)
        if told:
            return told
    return None
