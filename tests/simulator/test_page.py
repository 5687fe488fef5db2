"""The page and its own API: what it shows, what it refuses, and that nobody's text becomes code."""

import base64
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.simulator import Carrier
from bot.simulator.samples import SAMPLES, sample
from tests.simulator.conftest import PAGE, Look, Order, Shop

STATIC = Path(__file__).parents[2] / "bot" / "simulator" / "static"
PLACE = {"latitude": 1, "longitude": 2}


def encoded(content: bytes) -> dict[str, str]:
    return {"name": "x.png", "content": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"person": "nobody", "channel": "sms", "body": "a"}, 404),
        ({"person": "lucia", "channel": "fax", "body": "a"}, 400),
        ({"person": "lucia", "channel": "sms", "body": "   "}, 400),
        ({"person": "lucia", "channel": "sms", "body": "a" * 1601}, 400),
        ({"person": "lucia", "channel": "sms", "body": 7}, 400),
        ({"person": "nadie", "channel": "sms", "body": "a"}, 400),
        ({"person": "lucia", "channel": "sms", "sample": "voice"}, 400),
        ({"person": "lucia", "channel": "sms", "location": PLACE}, 400),
        ({"person": "lucia", "channel": "whatsapp", "sample": "none"}, 404),
        ({"person": "lucia", "channel": "whatsapp", "location": {"latitude": 91, "longitude": 0}}, 400),
        ({"person": "lucia", "channel": "whatsapp", "file": encoded(b"<svg onload=alert(1)>")}, 400),
        ({"person": "lucia", "channel": "whatsapp", "file": {"name": "a", "content": "%%"}}, 400),
        ({"person": "lucia", "channel": "whatsapp", "file": encoded(b"\x89PNG\r\n\x1a\n" * 700_000)}, 413),
    ],
)
def test_a_bad_message_is_refused_in_words(
    order: Order, shop: Shop, values: dict[str, Any], status: int
) -> None:
    answered, answer = order("send", **values)
    assert answered == status
    assert answer["error"]
    assert shop.messages == []


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"name": "Eva", "phone": "+34 600 00 00 77"}, 201),
        ({"name": "Sin número"}, 201),
        ({"name": " "}, 400),
        ({"name": "Eva", "phone": "600000077"}, 400),
        ({"name": "Otra Lucía", "phone": "+34600000001"}, 409),
        ({"name": "Tienda", "phone": "+34910000001"}, 409),
        ({"name": "a" * 61}, 400),
    ],
)
def test_adding_a_person(order: Order, carrier: Carrier, values: dict[str, str], status: int) -> None:
    answered, _ = order("people", **values)
    assert answered == status
    assert len(carrier.people()) == (3 if status == 201 else 2)


@pytest.mark.parametrize("seconds", [-1, 401 * 86_400, "60", True, None])
def test_the_clock_never_goes_back_nor_too_far(order: Order, carrier: Carrier, seconds: object) -> None:
    assert order("clock", seconds=seconds)[0] == 400
    assert carrier.store.clock_offset() == 0


def test_the_clock_moves_what_the_phones_show(order: Order, carrier: Carrier, look: Look) -> None:
    before = carrier.clock.now()
    assert order("clock", seconds=86_400)[0] == 201
    order("send", person="lucia", channel="sms", body="mañana")
    assert (carrier.clock.now() - before).days == 1
    assert look()["messages"][0]["at"][:10] == carrier.clock.now().isoformat()[:10]


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ({}, "application/json"),
        (PAGE, "text/plain"),
        (PAGE | {"Sec-Fetch-Site": "cross-site"}, "application/json"),
    ],
)
def test_another_site_cannot_give_orders(app: Flask, headers: dict[str, str], content_type: str) -> None:
    answer = app.test_client().post(
        "/simulator/api/clock", data='{"seconds": 60}', headers=headers, content_type=content_type
    )
    assert answer.status_code == 403


def test_a_poll_without_news_is_empty(order: Order, carrier: Carrier, look: Look) -> None:
    order("send", person="lucia", channel="sms", body="Hola")
    assert carrier.settle()
    first = look()
    assert [message["status"] for message in first["messages"]] == ["delivered"]
    assert look(since=first["revision"])["messages"] == []
    assert look("nadie")["messages"] == []


def test_media_is_never_served_as_a_page(app: Flask, order: Order, carrier: Carrier, look: Look) -> None:
    order("send", person="lucia", channel="whatsapp", sample="jumper")
    order("send", person="lucia", channel="whatsapp", sample="contact")
    picture, card = (message["media"][0]["url"] for message in look()["messages"])
    page = app.test_client()
    shown, saved = page.get(f"/simulator/{picture}"), page.get(f"/simulator/{card}")
    assert shown.content_type == "image/png" and "Content-Disposition" not in shown.headers
    assert saved.content_type == "application/octet-stream"
    assert saved.headers["Content-Disposition"] == "attachment"
    assert shown.headers["X-Content-Type-Options"] == saved.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_holds_no_inline_code(app: Flask) -> None:
    response = app.test_client().get("/simulator?lang=es")
    html = response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"].startswith(
        "default-src 'self'; img-src 'self' data: blob:"
    )
    assert '<html lang="es">' in html
    assert "<style" not in html and "style=" not in html and " on" + "click" not in html
    assert html.count("<script") == 1 and "</script>" in html


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_writes_html(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert danger not in source


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_are_what_they_claim(name: str) -> None:
    found = sample(name)
    assert found is not None
    signatures = {
        "image/png": b"\x89PNG",
        "image/webp": b"RIFF",
        "audio/ogg": b"OggS",
        "text/vcard": b"BEGIN:",
    }
    assert found[1].content.startswith(signatures[found[1].content_type])
    assert len(found[1].content) < 20_000
