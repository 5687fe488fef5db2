"""The panel of faults in a real browser."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.simulator import Carrier
from bot.simulator.faults import Faults
from tests.simulator.conftest import Order

if TYPE_CHECKING:
    from playwright.sync_api import Page


def wait_until(is_so: Callable[[], bool]) -> None:
    # Not the page's own waiting, which would evaluate text: the page forbids that.
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_faults_are_set_seen_and_turned_off(address: str, carrier: Carrier, page: "Page") -> None:
    page.goto(f"{address}?lang=es")
    panel, hint = page.get_by_test_id("faults"), page.get_by_test_id("faults-on")
    page.get_by_test_id("clock").wait_for()
    assert not panel.is_visible() and not hint.is_visible()

    page.get_by_test_id("toggle-faults").click()
    panel.get_by_test_id("slow_rate").fill("2.5")
    panel.get_by_test_id("slow_seconds").fill("7")
    panel.get_by_test_id("refuse_code").fill("63018")
    panel.locator("[name=refuse_to]").select_option(label="Lucía")
    hint.get_by_text("Averías activas: 2.").wait_for()
    wanted = Faults(slow_rate=0.025, slow_seconds=7, refuse_code=63018, refuse_to="+34600000001")
    wait_until(lambda: carrier.switches.faults() == wanted)

    panel.get_by_test_id("faults-off").click()
    hint.wait_for(state="hidden")
    assert carrier.switches.faults() == Faults()
    wait_until(lambda: panel.get_by_test_id("slow_rate").input_value() == "")
    page.keyboard.press("Escape")
    assert not panel.is_visible()


def test_faults_set_elsewhere_are_shown(address: str, carrier: Carrier, order: Order, page: "Page") -> None:
    order("faults", callback_lost_rate=0.3, fail_code=30003, fail_to="+34600000999")
    page.goto(f"{address}?lang=en")
    page.get_by_text("Faults on: 2.").wait_for()
    page.get_by_test_id("toggle-faults").click()
    panel = page.get_by_test_id("faults")
    wait_until(lambda: panel.locator("[name=callback_lost_rate]").input_value() == "30")
    assert panel.get_by_test_id("fail_code").input_value() == "30003"
    assert panel.locator("[name=fail_to]").input_value() == "+34600000999"


def test_the_panel_fits_a_narrow_screen(address: str, carrier: Carrier, page: "Page") -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}?lang=es")
    page.get_by_test_id("toggle-faults").click()
    page.get_by_test_id("slow_rate").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.get_by_test_id("faults").evaluate("panel => panel.scrollWidth - panel.clientWidth") == 0
