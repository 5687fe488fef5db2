"""What a marketer sees of a customer: enough to recognise, nothing to write to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.masking import mask_name, mask_text, mask_value
from context_store.records import Role
from tests.console.conftest import Desk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("llámame al +34 600 112 233, gracias", "llámame al •••233, gracias"),
        ("escribe a lucia@example.com", "escribe a l•••@•••"),
        ("4111-1111-1111-1111", "•••111"),
        ("pedido 1042", "pedido 1042"),
    ],
)
def test_numbers_and_addresses_in_words_are_hidden(text: str, expected: str) -> None:
    assert mask_text(text) == expected


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_of_no_number_more_than_three_digits_are_left(number: str) -> None:
    assert sum(map(str.isdigit, mask_text(f"soy {number}!"))) <= 3
    assert sum(map(str.isdigit, mask_value(number))) <= 3


def test_names_are_shortened() -> None:
    assert mask_name("Lucía García Pérez") == "Lucía P."
    assert mask_name("Lucía") == "Lucía"
    assert mask_name(None) is None


@pytest.mark.parametrize(("role", "is_shown"), [(Role.MARKETER, False), (Role.AGENT, True)])
def test_pages_about_customers_by_role(office: Desk, role: Role, is_shown: bool) -> None:
    customer_id, address = office.customer("Lucía García", "+34600111222")
    office.says(address, "mi otro número es 611 222 333 y lucia@example.com")
    handoff = office.asks_for_person(customer_id)
    assert handoff is not None
    mine = office.browser(office.staff("m@x.example", role))
    pages = [mine.page(path) for path in ("/customers", f"/customers/{customer_id}")]
    pages.append(mine.page(f"/customers/{customer_id}/live"))
    for page in pages:
        for secret in ("García", "611 222 333", "lucia@example.com"):
            assert (secret in page) is is_shown, secret
    assert ("+34600111222" in pages[1]) is is_shown
