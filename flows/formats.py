"""Money, days and lists as a customer reads them, in their language and zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, get_currency_precision

# The variant that most of our customers read; their language alone would give another country's commas.
LOCALES = {"es": "es", "en": "en_GB", "pt": "pt_BR"}


def main_units(minor_units: int, currency: str) -> float:
    return float(minor_units / 10 ** get_currency_precision(currency))


def money(minor_units: int, currency: str, language: str) -> str:
    return str(format_currency(main_units(minor_units, currency), currency, locale=LOCALES[language]))


def day(moment: datetime, timezone: str, language: str) -> str:
    """ "jueves, 3 de diciembre" """
    return plain_day(moment.astimezone(ZoneInfo(timezone)).date(), language)


def plain_day(local: date, language: str) -> str:
    """ "jueves, 3 de diciembre" """
    skeleton = {"es": "EEEE, d 'de' MMMM", "en": "EEEE d MMMM", "pt": "EEEE, d 'de' MMMM"}[language]
    return str(format_date(local, skeleton, locale=LOCALES[language]))


def clock_time(moment: datetime, timezone: str, language: str) -> str:
    return str(format_time(moment.astimezone(ZoneInfo(timezone)), "HH:mm", locale=LOCALES[language]))


# Names come from shops and are as long as they like; a message takes 1,600 characters.
LONGEST_NAME = 60


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """As much of a name as there is room for."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def listing(words: list[str], language: str) -> str:
    """ "a, b y c" """
    return str(format_list(words, locale=LOCALES[language]))
