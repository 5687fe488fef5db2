"""A phone number as people and shops write it, to E.164. Pure."""

import phonenumbers

from context_store.phones import canonical_phone

LONGEST = 40


def e164(value: object, country: str | None = None) -> str | None:
    """None for what is no number. Without a + it is taken for one of `country`, and must be valid there."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    text = value.strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    number = _parsed(text, country) or _parsed(canonical_phone(text.replace(" ", "")), country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number else None


def country_of(number: str | None) -> str | None:
    """Of an E.164 number; None where several share it, or none has it."""
    parsed = _parsed(number, None) if number else None
    region = phonenumbers.region_code_for_number(parsed) if parsed else None
    return region if region and region.isalpha() and len(region) == len("ES") else None


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    is_fine = (
        phonenumbers.is_possible_number(number)
        if text.startswith("+")
        else phonenumbers.is_valid_number(number)
    )
    return number if is_fine else None
