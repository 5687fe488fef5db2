"""The phones in a real browser: a conversation with options, and text that stays text.

`page` is asked for last, so that it is closed before the server that it polls.
"""

from typing import TYPE_CHECKING

from twilio.rest import Client

from bot.simulator import Carrier
from tests.simulator.conftest import Order, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

ATTACK = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
SMS = {"to": "+34600000001", "from_": "+34910000001"}


def test_an_option_is_a_button_that_sends_its_number(
    address: str, client: Client, carrier: Carrier, shop: Shop, page: "Page"
) -> None:
    page.goto(f"{address}?lang=es")
    phone = page.get_by_test_id("phone-sms")
    phone.get_by_test_id("composer-input").fill("Hola")
    phone.get_by_test_id("composer-send").click()
    phone.get_by_text("Hola", exact=True).wait_for()
    client.messages.create(**SMS, body="¿Qué quieres?\n1. Cambiar\n2) Hablar con una persona")
    phone.get_by_test_id("option-chip").nth(1).click()
    # The option shows a "2" of its own; only the one in the bubble has been sent.
    phone.locator(".from-customer .words").get_by_text("2", exact=True).wait_for()
    assert carrier.settle()
    assert [form["Body"] for form in shop.messages] == ["Hola", "2"]
    phone.get_by_test_id("option-chip").first.wait_for(state="hidden")


def test_what_people_write_never_becomes_code(
    address: str, client: Client, carrier: Carrier, order: Order, page: "Page"
) -> None:
    order("people", name=ATTACK[:60], phone="+34600000044")
    order("send", person="lucia", channel="whatsapp", body=f"{ATTACK} *{ATTACK}* javascript:alert(1)")
    client.messages.create(**SMS, body=f'1. {ATTACK}\n2. {ATTACK} https://x.example/"onclick=alert(1)')
    assert carrier.settle()
    page.goto(f"{address}?lang=en")
    page.get_by_test_id("option-chip").nth(1).wait_for()
    assert page.title() == "Telar · Hilo"
    assert page.locator("main img").count() == page.locator("main script").count() == 0
    assert page.locator(".words a").get_attribute("href") == "https://x.example/"


def test_a_narrow_screen_shows_one_phone(address: str, page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}?lang=es")
    page.get_by_test_id("phone-whatsapp").get_by_test_id("composer-input").wait_for()
    assert not page.get_by_test_id("phone-sms").is_visible()
    page.get_by_role("tab", name="SMS").click()
    assert page.get_by_test_id("phone-sms").is_visible()
    assert not page.get_by_test_id("phone-whatsapp").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_clock_goes_forward(address: str, carrier: Carrier, page: "Page") -> None:
    page.goto(f"{address}?lang=en")
    page.get_by_test_id("clock-forward-hour").click()
    page.get_by_test_id("clock-tomorrow").click()
    page.get_by_text("10:00 · Madrid").wait_for()
    assert carrier.clock.now().strftime("%M") == "00"
