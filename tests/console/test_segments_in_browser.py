"""The editor of segments in a real browser, by mouse and keyboard, wide and narrow."""

from typing import TYPE_CHECKING

import pytest

from console import staff
from context_store.records import Role
from tests.console.conftest import Desk
from tests.console.test_browser import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["served"]


@pytest.mark.parametrize("width", [1200, 390])
# A page of the desk's tells the desk that somebody is there, which marketers may not.
@pytest.mark.allow_console_errors
def test_a_marketer_makes_a_segment(served: tuple[Desk, str], page: "Page", width: int) -> None:
    desk, base = served
    desk.customer("Lucía", country="ES")
    desk.customer("Bob", phone="+447700900123", country="GB")
    marta = desk.staff("marta@casaluna.example", Role.MARKETER, "Marta")
    token = staff.open_session(desk.app.config["parts"], marta, None)
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "hilo_session", "value": token, "url": base}])
    page.goto(f"{base}/segments/new?lang=en")
    page.locator('input[name="segment_name"]').fill("Spain")
    page.locator('select[name="kind:"]').select_option(label="Fact about the customer")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator('select[name="field"]').select_option("country")
    page.locator('select[name="test.op"]').select_option("is")
    page.locator('textarea[name="test.values"]').fill("ES")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("1 customers right now").wait_for()
    assert page.locator(".seen td").inner_text() == "The country is “ES”"
    # Nothing is cut off at the side.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("link", name="All segments").click()
    assert page.locator(".segments").get_by_role("link", name="Spain").is_visible()
