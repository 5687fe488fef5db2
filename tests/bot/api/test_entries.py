"""Entries: kept once, shown, and taken over by the bot only as far as its forms agree."""

from typing import Any

from tests.bot.api.calling import get, met, post, problem, told
from tests.bot.helpers import LUCIA, add_order
from tests.world import World

CHAT = {
    "channel": "web",
    "id": "chat-1",
    "lines": [
        {"author": "customer", "text": "hola", "at": "2026-11-23T10:00:00Z"},
        {"author": "agent", "name": "Marta", "text": "dime", "at": "2026-11-23T10:01:00+00:00"},
    ],
    "outcome": "solved",
}


def add(world: World, customer: str, **more: Any) -> Any:
    return post(world, f"customers/{customer}/entries", {**CHAT, **more})


def test_the_same_entry_twice_is_one(world: World) -> None:
    customer = met(world)
    first = told(add(world, customer), 201)
    assert first["occurred_at"] == "2026-11-23T10:01:00Z"
    assert told(add(world, customer))["id"] == first["id"]
    other = met(world, "+34600777888")
    problem(add(world, other), 409, "id-taken")


def test_an_entry_says_something(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    problem(post(sqlite_world, f"customers/{customer}/entries", {"channel": "call"}), 422, "invalid")


def test_what_lies_ahead_is_now(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    entry = told(add(sqlite_world, customer, occurred_at="2030-01-01T00:00:00Z"), 201)
    assert entry["occurred_at"] == "2026-11-23T11:00:00Z"


def test_what_does_not_fit_the_form_is_asked(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    add_order(sqlite_world)
    slots = {"delivery_order": "1042", "delivery_address": "¿?", "delivery_window": "por la tarde"}
    told(add(sqlite_world, customer, flow="delivery", slots=slots), 201)
    sqlite_world.work()
    answer = sqlite_world.says(f"whatsapp:{LUCIA}", "hola")[0]
    assert answer == "Seguimos con la entrega, que empezaste en la web.\n\n¿A qué dirección lo llevamos?"
    # The time of day was told on the web and is not asked again.
    assert "por la tarde" in sqlite_world.says(f"whatsapp:{LUCIA}", "Calle Mayor 5, 28013 Madrid")[0]


def test_nothing_is_done_by_an_entry_alone(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    add_order(sqlite_world)
    slots = {"delivery_order": "1042", "delivery_address": "Calle Mayor 5", "delivery_window": "tarde"}
    told(add(sqlite_world, customer, flow="delivery", slots=slots), 201)
    sqlite_world.work()
    assert told(get(sqlite_world, f"customers/{customer}/context"))["orders"][0]["delivery"] is None
    assert "¿Cuándo te viene mejor?" in sqlite_world.says(f"whatsapp:{LUCIA}", "hola")[0]


def test_somebody_elses_order_cannot_be_named(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    met(sqlite_world, "+34600777888")
    add_order(sqlite_world, "+34600777888", number="9999")
    told(add(sqlite_world, customer, flow="delivery", slots={"delivery_order": "9999"}), 201)
    sqlite_world.work()
    assert "9999" not in sqlite_world.says(f"whatsapp:{LUCIA}", "hola")[0]
    assert told(get(sqlite_world, f"customers/{customer}/context"))["conversation"]["slots"] == {}


def test_hostile_text_is_kept_as_text(world: World) -> None:
    customer = met(world)
    nasty = "<script>alert(1)</script>\u0000\ud83d ' OR 1=1 --"
    entry = told(add(world, customer, subject=nasty, text=nasty, slots={nasty[:20]: nasty}), 201)
    assert "\u0000" not in entry["text"]
    page = told(get(world, f"customers/{customer}/timeline?kinds=entry"))
    assert page["items"][0]["entry"]["text"] == entry["text"]


def test_while_a_form_is_open_here_it_stays_and_the_other_waits(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    add_order(sqlite_world)
    asked = sqlite_world.says(f"whatsapp:{LUCIA}", "quiero reservar un taller")[0]
    told(add(sqlite_world, customer, flow="delivery", slots={"delivery_order": "1042"}), 201)
    assert sqlite_world.work() == []
    form = told(get(sqlite_world, f"customers/{customer}/context"))["conversation"]["form"]
    assert form == "booking_form"
    assert asked


def test_an_entry_that_is_told_late_does_not_change_the_newer_mood(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    told(add(sqlite_world, customer, mood="happy"), 201)
    told(add(sqlite_world, customer, id="chat-0", mood="angry", occurred_at="2026-11-22T10:00:00Z"), 201)
    sqlite_world.work()
    assert "Siento" not in sqlite_world.says(f"whatsapp:{LUCIA}", "hola")[0]
