"""What a cell means: phones, amounts and dates as people and Excel write them; cells that would be run."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.importing import cells
from bot.importing.cells import FORMULA_SIGNS, Refused, clean, safe
from bot.phone_numbers import e164

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")


@given(st.text(max_size=40))
def test_no_spreadsheet_runs_what_we_write_and_we_read_it_back(text: str) -> None:
    written = safe(text)
    assert not written.startswith(FORMULA_SIGNS)
    assert clean(written) == clean(text) or text.startswith(("'", *FORMULA_SIGNS))


@pytest.mark.parametrize("text", ["=1+1", "+34600111222", "-5", "@SUM(A1)"])
def test_what_was_made_safe_is_itself_again(text: str) -> None:
    assert clean(safe(text)) == text


PHONES = {
    ("600 111 222", "ES"): "+34600111222",
    ("+34 600-111-222", "MX"): "+34600111222",
    ("0034600111222", "EC"): "+34600111222",
    ("55 1234 5678", "MX"): "+525512345678",
    ("+521 55 1234 5678", "MX"): "+525512345678",
    ("099 123 4567", "EC"): "+593991234567",
    ("(11) 98765-4321", "BR"): "+5511987654321",
}


@pytest.mark.parametrize(("written", "number"), PHONES.items(), ids=str)
def test_a_number_of_the_country_or_of_the_world(written: tuple[str, str], number: str) -> None:
    assert cells.phone(*written) == number


@pytest.mark.parametrize("text", ["12", "abc", "600111", "+", "9" * 50])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(Refused, match="no phone number of ES"):
        cells.phone(text, "ES")


def test_a_number_that_excel_has_rounded_is_not_guessed() -> None:
    with pytest.raises(Refused, match="rounded"):
        cells.phone("3,46E+10", "ES")


@given(st.text(max_size=50), st.sampled_from(["ES", "MX", "BR", None]))
def test_any_text_is_a_number_or_none(text: str, country: str | None) -> None:
    found = e164(text, country)
    assert found is None or found.startswith("+")


AMOUNTS = {
    "12.50": "12.50",
    "12,50": "12.50",
    "1.234,50": "1234.50",
    "1,234.50": "1234.50",
    "1.234.567,89": "1234567.89",
    "12": "12",
    "€ 12,50": "12.50",
    "12,5 €": "12.5",
    "1 234,50": "1234.50",
}


@pytest.mark.parametrize(("text", "value"), AMOUNTS.items())
def test_amounts_with_a_point_or_a_comma(text: str, value: str) -> None:
    assert cells.amount(text, "total") == value


@pytest.mark.parametrize("text", ["1,234", "1.234", "", "x", "-5", "1e40", "--1"])
def test_an_amount_of_two_meanings_or_of_none_is_told(text: str) -> None:
    with pytest.raises(Refused, match="total"):
        cells.amount(text, "total")


DATES = {
    "2026-11-20 10:00": "2026-11-20T09:00:00+00:00",
    "2026-11-20T10:00:00Z": "2026-11-20T10:00:00+00:00",
    "2026-11-20T10:00:00-05:00": "2026-11-20T15:00:00+00:00",
    "20/11/2026": "2026-11-19T23:00:00+00:00",
    "20.11.2026 10:00": "2026-11-20T09:00:00+00:00",
    "5-7-2026 10:00:30": "2026-07-05T08:00:30+00:00",
}


@pytest.mark.parametrize(("text", "value"), DATES.items())
def test_dates_are_the_shops_own_unless_they_say_otherwise(text: str, value: str) -> None:
    assert cells.moment(text, "date", MADRID, NOW).isoformat() == value


@pytest.mark.parametrize(
    "text", ["", "soon", "45000", "11/23/2026", "2027-01-01", "31/02/2026", "0001-01-01"]
)
def test_what_is_no_date_or_has_not_come_is_told(text: str) -> None:
    with pytest.raises(Refused, match="date"):
        cells.moment(text, "date", MADRID, NOW)


@given(st.text(max_size=30))
def test_any_cell_is_read_or_refused(text: str) -> None:
    for read in (
        lambda: cells.amount(text, "total"),
        lambda: cells.moment(text, "date", MADRID, NOW),
        lambda: cells.email(text),
        lambda: cells.letters(text, "language"),
        lambda: cells.count(text, "points"),
    ):
        try:
            read()
        except Refused as refusal:
            assert str(refusal)
