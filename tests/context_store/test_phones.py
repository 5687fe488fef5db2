"""National variants of a number are one person; other numbers are left as they are."""

import pytest

from context_store.phones import canonical_phone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5511987654321", "+551187654321"),
        ("+5215512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
    ],
)
def test_variants_of_one_number_are_one(one: str, other: str) -> None:
    assert canonical_phone(one) == canonical_phone(other)


@pytest.mark.parametrize(
    "number",
    ["+551133334444", "+34600000001", "+525512345678", "+12025550123", "+541143210000", "+5511987654321"],
)
def test_other_numbers_stay_what_they_are(number: str) -> None:
    assert canonical_phone(number) == number


def test_two_people_stay_two() -> None:
    assert canonical_phone("+551187654321") != canonical_phone("+551287654321")
