"""Postcodes of the countries that our shops are in. Bare digits are one only where an address is told."""

import re
from collections.abc import Iterator

from nlu.parsed import Entity

_MOST = 2
# Where an address is told, digits are a house or a postcode.
ADDRESS = re.compile(
    r"\b(?:c/|calle|avda|avenida|av|plaza|paseo|carrera|camino|col|colonia|piso|rua|travessa|alameda|apto|"
    r"street|st|avenue|ave|road|rd|flat|apt|zip|postcode|postal|cp|cep)\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"\b(?:c\.?p\.?|cep|zip(?: code)?|post ?code|postal code|c[oó]d(?:igo|\.)? postal)"
    r"(?: (?:is|es|é))?\s?[:.]?\s{0,2}"
    r"(?P<code>[0-9]{5}-[0-9]{3,4}|[0-9]{4}-[0-9]{3}|[0-9]{8}|[0-9]{4,5})(?![\w-])",
    re.IGNORECASE,
)
# Portugal and Brazil, and the long form of the United States: nothing else is written so.
_DASHED = re.compile(r"(?<![\w.,+-])(?P<code>[0-9]{4}-[0-9]{3}|[0-9]{5}-[0-9]{3,4})(?![\w-])")
# The first two digits are the province.
_SPANISH = re.compile(
    r"(?<![\w.,/#€$£+-])(?P<code>(?:0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3})(?![\w/-]|[.,][0-9]| ?(?:€|eur))"
)
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|"
    "OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
# In capitals: "me 10042" is no place in Maine.
_AMERICAN = re.compile(rf"\b(?:{_STATES}),? (?P<code>[0-9]{{5}}(?:-[0-9]{{4}})?)(?![\w-])")
_AREAS = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|"
    "FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|"
    "NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|"
    "UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_BRITISH = re.compile(
    rf"(?<![\w-])(?P<code>(?:{_AREAS})[0-9][0-9A-Z]?\s?[0-9][ABD-HJLNP-UW-Z]{{2}})(?![\w-])", re.IGNORECASE
)
_SIZE = re.compile(r"[0-9]X[LS]$")


def find_postcodes(text: str) -> Iterator[Entity]:
    patterns = [_LABELLED, _DASHED, _AMERICAN, _BRITISH]
    if ADDRESS.search(text):
        patterns.append(_SPANISH)
    seen: list[tuple[int, int]] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            start, end = match.span("code")
            if len(seen) < _MOST and not any(start < b and a < end for a, b in seen):
                seen.append((start, end))
                value = _written(match["code"].upper())
                if not (pattern is _BRITISH and _SIZE.search(value)):
                    yield Entity(name="postcode", value=value, start=start, end=end)


def _written(code: str) -> str:
    """As the country's post writes it."""
    bare = "".join(code.split())
    if not bare[0].isdigit():
        return f"{bare[:-3]} {bare[-3:]}"
    return f"{bare[:5]}-{bare[5:]}" if len(bare) == 8 and bare.isdigit() else bare
