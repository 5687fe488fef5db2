"""Finds what a message names: order numbers, email, phone, languages. Values come out normalised.

Every pattern has bounded repeats, and the caller passes a bounded text.
"""

import re
from collections.abc import Iterator

import phonenumbers

from nlu.amounts import find_quantity, find_rating
from nlu.parsed import Entity

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
# Where an address is told, four digits are a house or a postcode.
_ADDRESS = re.compile(
    r"\b(?:c/|calle|avda|avenida|av|plaza|paseo|carrera|camino|col|colonia|piso|rua|travessa|alameda|apto|"
    r"street|st|avenue|ave|road|rd|flat|apt|zip|postcode|postal|cp|cep)\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}\b", re.IGNORECASE)
_ENOUGH_DIGITS = re.compile(r"(?:[0-9][^0-9\n]{0,3}){6}[0-9]")
_LANGUAGE = re.compile(
    r"\b(?:(espa[nñ]ol|castellano|spanish|espanhol)|(ingl[eéê]s|english)|(portugu[eéê]s|portuguese|brasileiro))\b",
    re.IGNORECASE,
)
# "no hablo español" names the language that is NOT wanted.
_NOT_SPOKEN = re.compile(r"\b(?:no|not|n[aã]o|don['’]?t|can['’]?t|sem|sin)\b[^.,;!?\n]{0,25}$", re.IGNORECASE)


def find_entities(text: str, intent: str, language: str | None) -> tuple[Entity, ...]:
    """All that is named in `text`. Quantity and rating also need to know what was meant."""
    emails = list(_emails(text))
    phones = list(_phones(text, emails))
    orders = list(_orders(text, [*emails, *phones]))
    amounts = [find_rating(text, intent, language), find_quantity(text, language)]
    found = [*orders, *emails, *phones, *_languages(text), *(amount for amount in amounts if amount)]
    return tuple(found)


def _orders(text: str, taken: list[Entity]) -> Iterator[Entity]:
    seen: set[str] = set()
    bare = () if _ADDRESS.search(text) else _BARE_ORDER.finditer(text)
    spans = [match.span(1) for match in _NAMED_ORDER.finditer(text)] + [match.span() for match in bare]
    for start, end in spans:
        value = text[start:end]
        if value not in seen and not any(start < other.end and other.start < end for other in taken):
            seen.add(value)
            yield Entity(name="order_number", value=value, start=start, end=end)


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
