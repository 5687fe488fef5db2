"""Sums of money: "20 euros", "$15.50", "15,50 €", "R$ 20". A sign that several countries use names none."""

import re
from collections.abc import Iterator

from nlu.numbers import number
from nlu.parsed import Entity
from nlu.plain import Plain, plain

_MOST = 3
_SIGNS = {
    "r$": "BRL", "us$": "USD", "$": None, "€": "EUR", "£": "GBP",
    "eur": "EUR", "usd": "USD", "gbp": "GBP", "brl": "BRL", "mxn": "MXN", "ars": "ARS",
    "cop": "COP", "clp": "CLP",
}  # fmt: skip
_NAMES = {
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "dolar": "USD", "dolares": "USD",
    "bucks": "USD", "reais": "BRL", "pounds": "GBP", "quid": "GBP", "pesos": None,
}  # fmt: skip
_SIGN = r"r\$|us\$|\$|€|£"
_CODE = "eur|usd|gbp|brl|mxn|ars|cop|clp"
_DIGITS = r"[0-9]{1,3}(?:[., ][0-9]{3}){1,3}(?:[.,][0-9]{1,2})?|[0-9]{1,9}(?:[.,][0-9]{1,2})?"
_BEFORE = re.compile(
    rf"(?<![\w.,])(?:(?P<sign>{_SIGN})\s?|(?P<code>{_CODE})\s)(?P<amount>{_DIGITS})(?![\w]|[.,][0-9])"
)
_BEHIND = re.compile(
    rf"(?<![\w.,:/-])(?P<amount>{_DIGITS}|[a-z]{{2,10}})(?:\s?(?P<sign>{_SIGN})|\s?(?P<code>{_CODE})\b"
    rf"|\s(?P<name>{'|'.join(_NAMES)})\b)(?! of\b)"
)


def find_money(text: str, language: str | None) -> Iterator[Entity]:
    """Values are "15.50 EUR", or "15.50" where the currency is not told: then it is the shop's."""
    seen = plain(text)
    end = 0
    for match in sorted((*_BEFORE.finditer(seen.text), *_BEHIND.finditer(seen.text)), key=_place)[:_MOST]:
        amount = _amount(match["amount"], language)
        if amount is None or match.start() < end:
            continue
        end = match.end()
        yield _entity(seen, match, f"{amount} {_currency(match) or ''}".strip())


def _place(match: re.Match[str]) -> int:
    return match.start()


def _entity(seen: Plain, match: re.Match[str], value: str) -> Entity:
    start, end = seen.span(match)
    return Entity(name="money", value=value, start=start, end=end)


def _currency(match: re.Match[str]) -> str | None:
    name = match.groupdict().get("name")
    return _NAMES[name] if name else _SIGNS[match["sign"] or match["code"]]


def _amount(said: str, language: str | None) -> str | None:
    """With two decimals. The last mark before one or two digits is the decimal one, all others group."""
    if not said[0].isdigit():
        counted = number(said, language)
        return None if counted is None else f"{counted}.00"
    whole, mark, cents = said, "", ""
    if len(said) > 2 and not said[-3:].isdigit():
        cut = max(said.rfind("."), said.rfind(","))
        whole, mark, cents = said[:cut], said[cut : cut + 1], said[cut + 1 :]
    digits = re.sub(r"[^0-9]", "", whole)
    return f"{int(digits)}.{cents.ljust(2, '0')}" if mark else f"{int(digits)}.00"
