"""Values from outside, made plain for conditions: one meaning in SQL and in Python.

PostgreSQL says the same with its own functions (`context_store/audience/values.py`), SQLite calls these.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MICROS = 1_000_000
# From here on it is no amount, and the sum of some hundred would not fit into 64 bits.
LARGEST = 10**10
NUMBER = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,6})?", re.ASCII)
# The same pattern for PostgreSQL.
NUMBER_IN_SQL = r"^-?[0-9]{1,10}(\.[0-9]{1,6})?$"

ACCENTED = "ÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÇÑÝáàâäãåéèêëíìîïóòôöõúùûüçñý"
PLAIN = "aaaaaaeeeeiiiiooooouuuucñyaaaaaaeeeeiiiiooooouuuucñy"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FOLDED = str.maketrans(ACCENTED + CAPITALS, PLAIN + CAPITALS.lower())


def fold(text: str | None) -> str | None:
    """For comparing: capitals and accents of Latin letters are no difference; ñ stays ñ."""
    return None if text is None else text.translate(FOLDED)


def as_micros(value: Any) -> int | None:
    """Millionths of a number, or of a text that is a plain number; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return int(Decimal(value) * MICROS) if NUMBER.fullmatch(value) else None
    if not abs(value) < LARGEST:
        return None
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return int((exact * MICROS).to_integral_value(ROUND_HALF_UP))


def as_text(value: Any) -> str | None:
    """A text, a whole number or a yes/no as it is written; None for all else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else None


def values_at(properties: Any, path: str) -> list[Any]:
    """What stands there: `products.category` is that of every product; a list counts each of its members."""
    found = [properties]
    for name in path.split("."):
        opened = [part for value in found for part in _members(value)]
        found = [part[name] for part in opened if isinstance(part, dict) and name in part]
    return [part for value in found for part in _members(value) if part is not None]


def _members(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    else:
        yield value
