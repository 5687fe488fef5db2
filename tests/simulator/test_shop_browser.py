"""The shop beside the phones in a real browser, and what can be tapped below a bubble.

`page` is asked for last, so that it is closed before the server that it polls.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from bot.simulator import Carrier, SimulatorSettings
from tests.simulator.conftest import Order, Shop, serve
from tests.simulator.fake_bot import API_KEY, WRITE_KEY, FakeBot, bot_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

WHATSAPP = {"to": "whatsapp:+34600000001", "from_": "whatsapp:+34910000002"}


@pytest.fixture
def bot() -> Iterator[FakeBot]:
    bot = FakeBot()
    server = serve(bot_app(bot))
    bot.url = f"http://127.0.0.1:{server.server_port}"
    yield bot
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: SimulatorSettings, bot: FakeBot) -> SimulatorSettings:
    return replace(settings, bot_url=bot.url, write_key=WRITE_KEY, api_key=API_KEY)


def send(client: Client, types: dict[str, Any]) -> None:
    asked = ContentList.ContentCreateRequest({"friendly_name": "x", "language": "es", "types": types})
    client.messages.create(**WHATSAPP, content_sid=str(client.content.v1.contents.create(asked).sid))


def test_buying_on_the_web_beside_the_phones_or_in_a_third_tab(
    address: str, bot: FakeBot, page: "Page"
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{address}?lang=es")
    page.get_by_test_id("shop-add-lamp-alba").click()
    page.get_by_test_id("shop-add-candle-fig").click()
    page.get_by_test_id("cart-plus-candle-fig").click()
    page.get_by_test_id("cart-total").get_by_text("74,00 €").wait_for()
    # Changed in chat, seen in the shop.
    bot.change("shop-lucia", "candle-fig", "Vela de higuera", 1250, 3)
    page.get_by_test_id("cart-total").get_by_text("111,50 €").wait_for()
    page.get_by_test_id("cart-remove-candle-fig").click()
    page.get_by_test_id("cart-line-candle-fig").wait_for(state="detached")
    assert page.get_by_test_id("shop-last-event").inner_text() == "Evento enviado: Product Removed ✓ 200"
    page.get_by_test_id("shop-pay").click()
    page.get_by_text("Pedido n.º 2001").wait_for()
    assert bot.events[-2:] == ["Checkout Started", "Order Completed"]
    width = page.get_by_test_id("phone-sms").evaluate("phone => phone.clientWidth")
    assert width > 400 and page.evaluate("document.documentElement.scrollWidth") == 1280
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.get_by_test_id("shop").is_visible()
    page.get_by_role("tab", name="Tienda").click()
    assert page.get_by_test_id("shop").is_visible()
    assert not page.get_by_test_id("phone-whatsapp").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_buttons_and_lists_below_a_bubble(
    address: str, client: Client, carrier: Carrier, shop: Shop, order: Order, page: "Page"
) -> None:
    order("send", person="lucia", channel="whatsapp", body="Hola")
    actions = [{"type": "QUICK_REPLY", "title": "Pagar", "id": "pay"}]
    send(client, {"twilio/quick-reply": {"body": "¿Seguimos?", "actions": actions}})
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}?lang=es")
    phone = page.get_by_test_id("phone-whatsapp")
    phone.get_by_test_id("option-chip").click()
    phone.locator(".from-customer .quote").get_by_text("¿Seguimos?").wait_for()
    items = [{"item": name, "id": name, "description": f"Una {name}"} for name in ("vela", "manta")]
    send(client, {"twilio/list-picker": {"body": "¿Cuál?", "button": "Ver", "items": items}})
    phone.get_by_test_id("list-open").click()
    page.keyboard.press("Escape")
    phone.get_by_test_id("list-sheet").wait_for(state="hidden")
    phone.get_by_test_id("list-open").click()
    phone.get_by_text("Una manta").click()
    phone.locator(".from-customer .words").get_by_text("manta").wait_for()
    assert carrier.settle()
    assert shop.messages[1]["ButtonPayload"] == "pay"
    assert shop.messages[2]["ListId"] == "manta"
