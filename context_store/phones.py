"""One person's number in its national variants. Pure.

Three countries write one mobile number in two ways, and WhatsApp and SMS do not agree on which:
Brazil with or without the ninth digit, Mexico with or without a 1, Argentina with or without a 9.
"""

import re

BRAZIL_OLD = re.compile(r"^\+55([1-9][1-9])([6-9]\d{7})$")
MEXICO_OLD = re.compile(r"^\+521(\d{10})$")
ARGENTINA_MOBILE = re.compile(r"^\+549(\d{10})$")


def canonical_phone(number: str) -> str:
    """The form under which the person behind an E.164 number is known; for comparing, not for dialling."""
    if found := BRAZIL_OLD.match(number):
        return f"+55{found[1]}9{found[2]}"
    if found := MEXICO_OLD.match(number):
        return f"+52{found[1]}"
    if found := ARGENTINA_MOBILE.match(number):
        return f"+54{found[1]}"
    return number
