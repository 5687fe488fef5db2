"""A customer's line without what would tell who they are, fit to stand among training phrases.

Names and addresses it cannot see: a person reads each line before it is kept.
"""

import re
import unicodedata

from nlu.text import LONGEST

LONGEST_SHOWN = 200
NOUGHTS = "000000"
EMAIL = "name@example.com"
_EMAIL = re.compile(r"\S{1,100}@\S{1,100}")
# Six digits and more, however they are grouped.
_NUMBER = re.compile(r"\+?\(?\d(?:[\s().\-/–]{0,3}\d){5,40}")
_DIGITS = re.compile(r"\d{4,}")
# What Rasa takes for the marks of an entity.
_BRACKETS = str.maketrans("[]{}", "    ")


def masked_line(text: str) -> str:
    """One line of at most LONGEST_SHOWN signs: noughts for long numbers, nothing that steers a terminal."""
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[:LONGEST])
    plain = _EMAIL.sub(EMAIL, plain.translate(_BRACKETS))
    plain = _NUMBER.sub(NOUGHTS, plain)
    plain = _DIGITS.sub(lambda match: NOUGHTS[: len(match[0])], plain)
    return " ".join(plain.split())[:LONGEST_SHOWN].strip()
