"""What a cell of a file means: numbers, dates, amounts as people and Excel write them. Pure."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.phone_numbers import e164

# A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
ROUNDED = re.compile(r"^\d(?:[.,]\d+)?E\+\d+$", re.IGNORECASE)
DAY_FIRST = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
QUOTED = re.compile(r'^="(.*)"$', re.DOTALL)
FIRST_YEAR = 1990
MONEY_SIGNS = re.compile(r"\s|[$€£¥]|^[A-Z]{3}|[A-Z]{3}$")
PLAIN_AMOUNT = re.compile(r"^\d{1,12}(?:\.\d{1,10})?$")
TWO_MEANINGS = re.compile(r"^\d{1,3}[.,]\d{3}$")

Choice = TypeVar("Choice", bound=StrEnum)


class Refused(Exception):
    """The line cannot be taken: why, and what to do, in words."""


def clean(text: str) -> str:
    """Without what Excel puts around a cell, and without what nobody can see."""
    text = text.replace("\x00", "").replace("\u00a0", " ").replace("\ufeff", "").strip()
    quoted = QUOTED.match(text)
    if quoted:
        text = quoted[1].strip()
    # As our own files keep it: a quote before what a spreadsheet would run.
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_SIGNS) else text


def safe(text: str) -> str:
    """So that no spreadsheet takes it for a formula. `clean` takes it back."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def phone(text: str, country: str) -> str:
    if ROUNDED.match(text):
        raise Refused(
            f"the phone {text} was rounded by a spreadsheet: make that column a text and export it again"
        )
    number = e164(text, country)
    if number is None:
        raise Refused(f"{text[:40]} is no phone number of {country}: write it as +34600111222")
    return number


def email(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if not local or "." not in domain or " " in text or len(text) > 300:
        raise Refused(f"{text[:60]} is no e-mail address")
    return text.casefold()


def short(text: str, name: str, longest: int) -> str:
    if len(text) > longest:
        raise Refused(f"{name} is longer than {longest} characters")
    return " ".join(text.split())


def moment(text: str, name: str, timezone: ZoneInfo, now: datetime) -> datetime:
    """One that has come already."""
    aware = any_moment(text, name, timezone)
    if aware > now:
        raise Refused(f"{name} {text[:40]} has not come yet")
    return aware


def any_moment(text: str, name: str, timezone: ZoneInfo) -> datetime:
    """ISO, or day first as in 23/11/2026 10:00; without a zone it is the shop's."""
    found = _iso(text) or _day_first(text)
    if found is None:
        raise Refused(f"{name} {text[:40]} is no date: write 2026-11-23 10:00, or 23/11/2026")
    try:
        aware = (found if found.tzinfo else found.replace(tzinfo=timezone)).astimezone(UTC)
    except OverflowError as error:
        raise Refused(f"{name} {text[:40]} is no date that can be kept") from error
    if aware.year < FIRST_YEAR:
        raise Refused(f"{name} {text[:40]} is too long ago")
    return aware


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day_first(text: str) -> datetime | None:
    parts = DAY_FIRST.match(text)
    if parts is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in parts.groups())
    try:
        # Aware as soon as its zone is known, which is the caller's.
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def amount(text: str, name: str) -> str:
    """A decimal with a point. 1.234,50 and 1,234.50 are read; 1,234 may mean two amounts, and is not."""
    bare = MONEY_SIGNS.sub("", text)
    if TWO_MEANINGS.match(bare):
        raise Refused(f"{name} {text[:30]} may mean two amounts: write it with two decimals")
    if "," in bare and "." in bare:
        decimal = max(bare.rfind(","), bare.rfind("."))
        bare = re.sub(r"[.,]", "", bare[:decimal]) + "." + bare[decimal + 1 :]
    bare = bare.replace(",", ".")
    if not PLAIN_AMOUNT.match(bare):
        raise Refused(f"{name} {text[:30]} is no amount")
    return bare


def count(text: str, name: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise Refused(f"{name} {text[:30]} is no whole number")
    return int(text)


def choice(text: str, name: str, words: type[Choice]) -> Choice:
    asked = text.strip().casefold().replace(" ", "_").replace("-", "_")
    try:
        return words(asked)
    except ValueError as error:
        raise Refused(f"{name} {text[:30]} is none of: {', '.join(words)}") from error


def currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise Refused(f"currency {text[:10]} is no code of three letters")
    return text.upper()


def letters(text: str, name: str, length: int = 2) -> str:
    """A code of so many letters: a country, a language."""
    if not re.fullmatch(rf"[A-Za-z]{{{length}}}", text[:length]) or len(text) > len("es-ES"):
        raise Refused(f"{name} {text[:10]} is no code of {length} letters")
    return text[:length]


def link(text: str, name: str) -> str:
    if not text.startswith(("https://", "http://")) or len(text) > 2000:
        raise Refused(f"{name} must be an address that begins with https://")
    return text
