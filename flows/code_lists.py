"""Codes from a CSV file, as shops export them: the first column, one a line. Pure."""

import csv
from collections.abc import Iterable

from flows.promotions import is_code

MOST = 1_000_000
HEADINGS = frozenset(("CODE", "CODES", "COUPON", "CÓDIGO", "CODIGO", "CUPÓN", "CUPOM"))


def read_codes(lines: Iterable[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The codes, each once, and what stands on lines that hold none. Raises `ValueError` for a bad file."""
    good: dict[str, None] = {}
    bad: list[tuple[int, str]] = []
    try:
        for number, row in enumerate(csv.reader(lines), start=1):
            text = row[0].strip().upper() if row else ""
            if not text or (number == 1 and text in HEADINGS):
                continue
            if is_code(text):
                good[text] = None
            else:
                bad.append((number, text))
            if len(good) > MOST:
                raise ValueError(f"more than {MOST} codes: split the file")
    except csv.Error as error:
        raise ValueError(f"it is no CSV file ({error})") from error
    return list(good), bad
