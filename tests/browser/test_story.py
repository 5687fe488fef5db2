"""The whole story: a cart on the web, WhatsApp, SMS, a reminder, a person, a rating."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.processes.running import BIN, free_port, program, wait_for

PASSWORD = "a-password-for-tests"
EMAIL = "admin@example.com"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """The address of a freshly started demo."""
    port = free_port()
    environment = {
        "PORT": str(port),
        "VAR_FOLDER": str(tmp_path / "var"),
        "ADMIN_PASSWORD": PASSWORD,
    }
    log = tmp_path / "run.log"
    with program([str(BIN / "hilo"), "run"], environment, log) as process:
        wait_for(f"http://127.0.0.1:{port}/ready", process, log)
        yield f"http://localhost:{port}"


def write(page: Page, phone: str, text: str) -> None:
    side = page.get_by_test_id(phone)
    side.get_by_test_id("composer-input").fill(text)
    side.get_by_test_id("composer-send").click()


def hears(page: Page, phone: str, text: str | re.Pattern[str]) -> None:
    """The newest message on that phone comes to hold the text."""
    newest = page.get_by_test_id(phone).get_by_test_id("message").filter(has_text=text).last
    expect(newest).to_be_visible(timeout=20_000)


def test_the_whole_story(running: str, browser: Browser, page: Page) -> None:
    page.goto(f"{running}/simulator?lang=es")
    fill_a_cart_on_the_web_and_change_it_in_chat(page)
    answer_by_sms_what_whatsapp_asked(page)
    be_reminded_of_the_cart(page)
    desk = browser.new_page()
    ask_for_a_person(page)
    take_over_and_answer(running, desk)
    hears(page, "phone-whatsapp", "soy Marta")
    write(page, "phone-sms", "ya está resuelto, gracias")
    # Live: nobody reloads the desk's page.
    expect(desk.locator("#thread")).to_contain_text("ya está resuelto", timeout=20_000)
    give_back(desk)
    hears(page, "phone-sms", "del 1 (muy mal) al 5 (muy bien)")
    write(page, "phone-sms", "5")
    hears(page, "phone-sms", "¡Gracias por tu nota!")
    desk.close()


def fill_a_cart_on_the_web_and_change_it_in_chat(page: Page) -> None:
    page.get_by_test_id("shop-add-candle-fig").click()
    expect(page.get_by_test_id("cart-total")).to_contain_text("12,50", timeout=20_000)
    write(page, "phone-whatsapp", "¿qué hay en mi carrito?")
    hears(page, "phone-whatsapp", "Vela de higuera")
    write(page, "phone-whatsapp", "pon 3 velas")
    hears(page, "phone-whatsapp", "ahora son 3")
    expect(page.get_by_test_id("cart-total")).to_contain_text("37,50", timeout=20_000)


def answer_by_sms_what_whatsapp_asked(page: Page) -> None:
    write(page, "phone-whatsapp", "quiero cambiar la entrega de mi pedido")
    hears(page, "phone-whatsapp", "¿A qué dirección lo llevamos?")
    write(page, "phone-sms", "Calle Mayor 5, Madrid")
    hears(page, "phone-sms", "1. Por la mañana")
    write(page, "phone-sms", "2")
    hears(page, "phone-sms", "Calle Mayor 5, Madrid, por la tarde")


def be_reminded_of_the_cart(page: Page) -> None:
    page.get_by_test_id("clock-tomorrow").click()
    hears(page, "phone-whatsapp", "Dejaste esto en tu carrito")
    page.get_by_test_id("phone-whatsapp").get_by_role("button", name="Ver carrito").last.click()
    hears(page, "phone-whatsapp", "Esto es lo que tienes en el carrito")


def ask_for_a_person(page: Page) -> None:
    write(page, "phone-whatsapp", "quiero hablar con una persona")
    hears(page, "phone-whatsapp", "Te paso con una persona")


def take_over_and_answer(running: str, desk: Page) -> None:
    desk.goto(f"{running}/desk?lang=es")
    desk.fill("input[name=email]", EMAIL)
    desk.fill("input[name=password]", PASSWORD)
    desk.locator("main button").first.click()
    desk.locator("#waiting-list a").first.click()
    expect(desk.locator("#brief")).to_contain_text("1042")
    desk.locator("#take").click()
    desk.fill("#reply-text", "Hola Lucía, soy Marta. ¿En qué te ayudo?")
    desk.locator("#send").click()


def give_back(desk: Page) -> None:
    desk.locator("#ending summary").click()
    desk.locator("button[value=resolved]").click()
