"""Finds what a message names: orders, email, phone, days, hours, money and more. Values come out normalised.

Every pattern has bounded repeats, and the caller passes a bounded text.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import phonenumbers

from nlu.amounts import find_quantity, find_rating
from nlu.moments import find_moments
from nlu.money import find_money
from nlu.parsed import Entity
from nlu.postcodes import ADDRESS, find_postcodes

_REGION = "ES"  # for numbers written without a country
_MOST_PHONES = 3

_ORDER_WORD = r"\b(?:pedido|pedidos|orden|order|encomenda|compra|ref|referencia|reference)"
_NUMBER_MARK = r"(?:(?:no|nro|num|n[uú]mero|number|nr|n)?[.:º°ª]?\s{0,2})"
_NAMED_ORDER = re.compile(
    rf"(?:\bhilo\s?[-–]?\s?|#\s?|{_ORDER_WORD}\s{{0,2}}[:,]?\s{{0,2}}{_NUMBER_MARK}#?)([0-9]{{3,10}})(?![0-9])",
    re.IGNORECASE,
)
_BARE_ORDER = re.compile(
    r"(?<![\w.,/@+:€$£-])[0-9]{4,6}(?![\w/@:€$£-]|[.,][0-9]| ?(?:€|eur|usd|\$))", re.IGNORECASE
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}\b", re.IGNORECASE)
_ENOUGH_DIGITS = re.compile(r"(?:[0-9][^0-9\n]{0,3}){6}[0-9]")
_LANGUAGE = re.compile(
    r"\b(?:(espa[nñ]ol|castellano|spanish|espanhol)|(ingl[eéê]s|english)|(portugu[eéê]s|portuguese|brasileiro))\b",
    re.IGNORECASE,
)
# "no hablo español" names the language that is NOT wanted.
_NOT_SPOKEN = re.compile(r"\b(?:no|not|n[aã]o|don['’]?t|can['’]?t|sem|sin)\b[^.,;!?\n]{0,25}$", re.IGNORECASE)


def find_entities(
    text: str, intent: str, language: str | None, now: datetime | None = None
) -> tuple[Entity, ...]:
    """All that is named in `text`. Quantity and rating also need to know what was meant.

    Days need `now`, the moment of writing in the customer's zone. Letters that one thing is read from
    are not read as another: a price is no quantity, a year no order.
    """
    emails = list(_emails(text))
    phones = list(_phones(text, emails))
    named = list(_named_orders(text, [*emails, *phones]))
    taken = [*emails, *phones, *named]
    money = _free(find_money(text, language), taken)
    moments = _free(find_moments(text, language, now), [*taken, *money])
    postcodes = _free(find_postcodes(text), [*taken, *money, *moments])
    taken = [*taken, *money, *moments, *postcodes]
    orders = [*named, *_bare_orders(text, taken)]
    amounts = [
        find_rating(_without(text, money), intent, language),
        find_quantity(_without(text, [*money, *moments]), language),
    ]
    counted = [amount for amount in amounts if amount]
    return (*_once(orders), *emails, *phones, *_languages(text), *counted, *money, *postcodes, *moments)


def _free(found: Iterable[Entity], taken: list[Entity]) -> list[Entity]:
    return [
        one for one in found if not any(one.start < other.end and other.start < one.end for other in taken)
    ]


def _without(text: str, found: list[Entity]) -> str:
    """The same text with nothing where those stand, as long as before."""
    for one in found:
        text = f"{text[: one.start]}{' ' * (one.end - one.start)}{text[one.end :]}"
    return text


def _named_orders(text: str, taken: list[Entity]) -> list[Entity]:
    return _free((_order(text, *match.span(1)) for match in _NAMED_ORDER.finditer(text)), taken)


def _bare_orders(text: str, taken: list[Entity]) -> list[Entity]:
    bare = () if ADDRESS.search(text) else _BARE_ORDER.finditer(text)
    return _free((_order(text, *match.span()) for match in bare), taken)


def _order(text: str, start: int, end: int) -> Entity:
    return Entity(name="order_number", value=text[start:end], start=start, end=end)


def _once(orders: list[Entity]) -> Iterable[Entity]:
    """Each order at its first mention."""
    first: dict[str, Entity] = {}
    for order in orders:
        first.setdefault(order.value, order)
    return first.values()


def _emails(text: str) -> Iterator[Entity]:
    for match in _EMAIL.finditer(text):
        yield Entity(name="email", value=match[0].lower(), start=match.start(), end=match.end())


def _phones(text: str, emails: list[Entity]) -> Iterator[Entity]:
    # The matcher is slow beside everything else here, so it is asked only when there can be a number.
    if not _ENOUGH_DIGITS.search(text):
        return
    for match in phonenumbers.PhoneNumberMatcher(text, _REGION, max_tries=_MOST_PHONES):
        if any(match.start < email.end and email.start < match.end for email in emails):
            continue
        value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield Entity(name="phone", value=value, start=match.start, end=match.end)


def _languages(text: str) -> Iterator[Entity]:
    """The last language that is asked for: "not in English, in Spanish" asks for Spanish."""
    asked = [match for match in _LANGUAGE.finditer(text) if not _NOT_SPOKEN.search(text, 0, match.start())]
    for match in asked[-1:]:
        value = ("es", "en", "pt")[(match.lastindex or 1) - 1]
        yield Entity(name="language", value=value, start=match.start(), end=match.end())
