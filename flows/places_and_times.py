"""A street address and a part of the day, as named inside a longer sentence."""

import re

LONGEST = 600
_DAY_PARTS = r"ma[ñn]ana|tarde|noche|morning|afternoon|evening|manh[ãa]|noite"
_WHEN = rf"(?:por la|en la|in the|pela|de|à|a)\s(?:{_DAY_PARTS})"
_NAMED_WHEN = re.compile(rf"(?<!\w){_WHEN}\b", re.IGNORECASE)
_WHEN_AT_END = re.compile(
    rf"[\s,.;]{{0,4}}(?:\b(?:mejor|pero|y|e|and|but)\s)?(?<!\w){_WHEN}[\s.!,]{{0,9}}$", re.IGNORECASE
)
_PLEASE_AT_END = re.compile(
    r"[\s,.;]{0,4}(?:por favor|porfa|please|gracias|thanks|obrigad[oa])[\s.!]{0,9}$", re.IGNORECASE
)
_STREET_FIRST = re.compile(
    r"(?<!\w)(?:calle|c/|avda\.?|avenida|av\.|plaza|paseo|camino|gran v[ií]a|rua|travessa|alameda)"
    r"\s?[^\n?¿]{3,200}",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(
    r"(?<!\w)\d{1,5}[a-z]?\s(?:[^\W\d_][\w'’.-]{0,30}\s){1,4}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|square|sq|court)\b[^\n?]{0,150}",
    re.IGNORECASE,
)


def address_in(said: str) -> str | None:
    """From the street on; None where no street with a number is named."""
    match = _STREET_FIRST.search(said[:LONGEST]) or _NUMBER_FIRST.search(said[:LONGEST])
    if match is None:
        return None
    address = without_time(_PLEASE_AT_END.sub("", match[0])).strip(" ,.;")
    return address if any(letter.isdigit() for letter in address) else None


def time_in(said: str) -> str | None:
    """The words for a part of the day, with the preposition that tells them from a street's name."""
    match = _NAMED_WHEN.search(said[:LONGEST])
    return match[0] if match else None


def without_time(address: str) -> str:
    """An address without the "in the afternoon" that came along."""
    return _WHEN_AT_END.sub("", address) or address
