"""What a customer has booked stands beside their thread, in the words of whoever reads it."""

from datetime import timedelta

from context_store.records import AppointmentStatus, Role
from tests.bot.booking import appointment
from tests.console.conftest import Desk


def test_the_page_shows_what_lies_before_them_and_nothing_else(office: Desk) -> None:
    customer_id, address = office.customer(timezone="Europe/Madrid")
    office.says(address)
    coming = appointment(customer_id, office.now + timedelta(days=2))
    confirmed = appointment(customer_id, office.now + timedelta(days=3), service="<b>Curtains</b>")
    over = appointment(customer_id, office.now - timedelta(days=2), service="long_ago")
    with office.database.write() as uow:
        for one in (coming, confirmed, over):
            assert uow.appointments.book(one, 1)
        uow.appointments.set_status(customer_id, confirmed.id, AppointmentStatus.CONFIRMED, office.now)
        uow.commit()
    browser = office.browser(office.staff("marta@example.com", Role.SUPERVISOR))
    page = browser.page(f"/customers/{customer_id}?lang=es")
    assert "Próximas citas" in page and "Reservada" in page and "Confirmada" in page
    assert "&lt;b&gt;Curtains" in page and "<b>Curtains" not in page
    assert "long_ago" not in page


def test_without_any_there_is_no_heading(office: Desk) -> None:
    customer_id, address = office.customer()
    office.says(address)
    browser = office.browser(office.staff("marta@example.com", Role.SUPERVISOR))
    assert "Coming appointments" not in browser.page(f"/customers/{customer_id}?lang=en")
