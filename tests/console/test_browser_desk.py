"""The desk between two people in two browsers: who is quicker, who vanishes, who passes on."""

from typing import TYPE_CHECKING

import pytest

from console import staff
from context_store.records import Address, Agent, Handoff, HandoffStatus, Presence
from handoff import desk as acts
from handoff import due, passing
from tests.console.conftest import Desk
from tests.console.test_browser import served

__all__ = ["served"]

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def asked(served: tuple[Desk, str]) -> tuple[Desk, str, Address, Handoff]:
    desk, base = served
    customer_id, address = desk.customer()
    desk.says(address, "¿Hay alguien?")
    return desk, base, address, desk.asks_for_person(customer_id)


def open_page(browser: "Browser", desk: Desk, base: str, agent: Agent) -> "Page":
    """A browser of their own, signed in."""
    context = browser.new_context(locale="en-GB")
    token = staff.open_session(desk.app.config["parts"], agent, None)
    context.add_cookies([{"name": "hilo_session", "value": token, "url": base}])
    page = context.new_page()
    # The browser's own time is not waited for: a step that hangs fails.
    page.set_default_timeout(8000)
    return page


def give_out(desk: Desk) -> None:
    with desk.database.write() as uow:
        passing.give_out(uow, passing.plan_assignments(uow, desk.now), desk.now)
        uow.commit()


def test_two_agents_press_the_same_button(
    asked: tuple[Desk, str, Address, Handoff], browser: "Browser"
) -> None:
    desk, base, address, handoff = asked
    ana, bruno = desk.staff("a@x.example", name="Ana"), desk.staff("b@x.example", name="Bruno")
    pages = [open_page(browser, desk, base, agent) for agent in (ana, bruno)]
    for page in pages:
        # What they see stays as it is: both believe that it is free.
        page.route("**/live*", lambda route: route.abort())
        page.goto(f"{base}/desk/thread/{handoff.id}")
    for page in pages:
        page.locator("#take").click()
    pages[0].locator("#reply-text:enabled").wait_for()
    pages[1].get_by_text("Somebody else was quicker").wait_for()
    pages[1].get_by_text("Ana has this thread").wait_for()
    assert desk.handoff_of(address.customer_id).agent_id == ana.id


def test_a_dead_browsers_thread_is_back_in_the_queue_of_the_other(
    asked: tuple[Desk, str, Address, Handoff], browser: "Browser"
) -> None:
    desk, base, address, handoff = asked
    ana, bruno = desk.staff("a@x.example", name="Ana"), desk.staff("b@x.example", name="Bruno")
    hers, his = (open_page(browser, desk, base, agent) for agent in (ana, bruno))
    hers.goto(f"{base}/desk/thread/{handoff.id}")
    hers.locator("#take").click()
    hers.locator("#reply-text:enabled").wait_for()
    his.goto(f"{base}/desk")
    his.get_by_text("Nobody is waiting.").wait_for()
    hers.context.close()
    with desk.database.write() as uow:
        uow._connection.exec_driver_sql(
            "UPDATE conversations SET controller_until = '2020-01-01 00:00:00.000000'"
        )
        uow.commit()
    with desk.database.write() as uow:
        assert acts.expire_leases(uow, desk.now) == [address.customer_id]
        uow.commit()
    his.locator("#waiting-list .thread-card").wait_for()


def test_a_thread_is_passed_on_and_appears_with_the_other(
    asked: tuple[Desk, str, Address, Handoff], browser: "Browser"
) -> None:
    desk, base, _, handoff = asked
    ana, bruno = desk.staff("a@x.example", name="Ana"), desk.staff("b@x.example", name="Bruno")
    hers, his = (open_page(browser, desk, base, agent) for agent in (ana, bruno))
    his.goto(f"{base}/desk")
    with his.expect_navigation():
        his.locator("[name=presence]").select_option("online")
    hers.goto(f"{base}/desk/thread/{handoff.id}")
    hers.locator("#take").click()
    hers.locator("#transfer summary").click()
    hers.locator("#transfer select").select_option(label="Bruno · Online")
    hers.locator("#transfer textarea").fill("Needs an invoice")
    hers.locator("#transfer button").click()
    hers.wait_for_url("**/desk")
    give_out(desk)
    his.locator("#mine-list .thread-card").click()
    his.locator(".entries", has_text="Needs an invoice").wait_for()
    assert his.locator("#reply-text").is_enabled()


def test_put_off_it_comes_back_when_the_customer_writes(
    asked: tuple[Desk, str, Address, Handoff], browser: "Browser"
) -> None:
    desk, base, address, handoff = asked
    ana = desk.staff("a@x.example", name="Ana")
    with desk.database.write() as uow:
        uow.agents.set_presence(ana.id, Presence.ONLINE)
        uow.commit()
    page = open_page(browser, desk, base, ana)
    page.goto(f"{base}/desk/thread/{handoff.id}")
    page.locator("#take").click()
    page.locator("#snooze summary").click()
    page.get_by_role("button", name="Tomorrow at 9:00").click()
    page.locator("#snoozed-list .thread-card", has_text="wakes tomorrow").wait_for()
    desk.says(address, "¿Sigue ahí?")
    with desk.database.write() as uow:
        due.customer_wrote(uow, address.customer_id, desk.now)
        uow.commit()
    give_out(desk)
    page.locator("#mine-list .thread-card").wait_for()
    assert page.locator("#snoozed-list .thread-card").count() == 0
    assert desk.handoff_of(address.customer_id).status is HandoffStatus.ASSIGNED
