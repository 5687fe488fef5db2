"""The desk in a real browser: it lives without reloading, and what one writes is not lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.serving import make_server

from console import blueprint, staff
from context_store.database import Database
from context_store.records import Address, Handoff
from tests.console.conftest import Desk, make_desk

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def served(sqlite_url: str) -> Iterator[tuple[Desk, str]]:
    """The desk on a port of this machine, and its address."""
    database = Database.connect(sqlite_url)
    desk = make_desk(database)
    app = Flask("desk", static_folder=None)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    app.register_blueprint(blueprint(replace(desk.app.config["parts"], public_url=address)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield desk, address
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture
def taken(served: tuple[Desk, str], page: "Page") -> tuple[Desk, Address, Handoff]:
    """Ana has Lucía's thread open, taken by its button."""
    desk, base = served
    ana = desk.staff("ana@casaluna.example")
    customer_id, address = desk.customer()
    desk.says(address, "¿Hay alguien?")
    handoff = desk.asks_for_person(customer_id)
    token = staff.open_session(desk.app.config["parts"], ana, None)
    page.context.add_cookies([{"name": "hilo_session", "value": token, "url": base}])
    page.goto(f"{base}/desk/thread/{handoff.id}?lang=en")
    page.get_by_role("button", name="Take this thread").click()
    page.locator("#reply-text:enabled").wait_for()
    return desk, address, handoff


def test_messages_appear_by_themselves_and_answers_go_out(
    taken: tuple[Desk, Address, Handoff], page: "Page"
) -> None:
    desk, address, _ = taken
    page.evaluate("window.isStillHere = true")
    desk.says(address, "Sigo aquí")
    page.locator(".entries", has_text="Sigo aquí").wait_for()
    page.locator("#reply-text").fill("Hola, soy Ana")
    page.keyboard.press("Control+Enter")
    page.locator(".by-agent", has_text="Hola, soy Ana").wait_for()
    assert page.locator("#reply-text").input_value() == ""
    assert page.evaluate("window.isStillHere"), "the page was loaded again"
    assert desk.bell.sends == [address.customer_id]


def test_a_draft_outlives_a_reload(taken: tuple[Desk, Address, Handoff], page: "Page") -> None:
    page.locator("#reply-text").fill("a medias")
    page.reload()
    assert page.locator("#reply-text").input_value() == "a medias"


@pytest.mark.allow_console_errors  # the refusal itself: 409
def test_what_crosses_a_new_message_is_kept_and_explained(
    taken: tuple[Desk, Address, Handoff], page: "Page"
) -> None:
    desk, address, _ = taken
    page.route("**/live*", lambda route: route.abort())
    desk.says(address, "Déjalo, ya está")
    page.locator("#reply-text").fill("Un momento")
    page.keyboard.press("Control+Enter")
    page.locator("#composer-fault", has_text="They have written again meanwhile").wait_for()
    assert page.locator("#reply-text").input_value() == "Un momento"
    page.unroute("**/live*")
    page.locator(".entries", has_text="Déjalo, ya está").wait_for()
    page.locator("#send").click()
    page.locator(".by-agent", has_text="Un momento").wait_for()


def test_a_thread_that_somebody_else_frees_is_no_longer_writable(
    taken: tuple[Desk, Address, Handoff], page: "Page"
) -> None:
    desk, _, handoff = taken
    page.locator("#reply-text").fill("Voy a mirarlo")
    with desk.database.write() as uow:
        uow.handoffs.put_back(handoff.id)
        uow.commit()
    page.locator("#reply-text:disabled").wait_for()
    assert page.locator("#reply-text").input_value() == "Voy a mirarlo"
    assert page.locator("#composer-fault").inner_text().startswith("This thread is no longer yours")
    assert page.title().startswith("(1) ")


def test_older_messages_come_without_losing_the_place(
    taken: tuple[Desk, Address, Handoff], page: "Page"
) -> None:
    desk, address, _ = taken
    for number in range(70):
        desk.says(address, f"mensaje {number}")
    page.reload()
    page.locator("[data-older]").click()
    page.locator(".said", has_text="¿Hay alguien?").wait_for()
    assert page.locator(".said").count() == 71
    desk.says(address, "el último")
    page.locator(".said", has_text="el último").wait_for()
    assert page.locator(".said").count() == 72
