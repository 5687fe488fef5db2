"""Customers over the API: read, found, changed; consents are proved and never come back by themselves."""

from typing import Any

import pytest

from tests.bot.api.calling import get, met, patch, problem, told
from tests.bot.helpers import LUCIA
from tests.bot.test_events import added
from tests.bot.test_events import post as track
from tests.world import World

YES = {"channel": "whatsapp", "topic": "marketing", "status": "opted_in", "wording": "Quiero ofertas"}


def test_a_customer_is_the_same_by_id_and_by_any_identifier(world: World) -> None:
    traits = {"phone": LUCIA, "email": "Lucia@Example.com", "name": "Lucía Gil"}
    track(world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    world.work()
    customer = met(world)
    names = (customer, f"phone:{LUCIA}", "user_id:u1", "email:LUCIA@example.com")
    found = [told(get(world, f"customers/{name}")) for name in names]
    assert {one["id"] for one in found} == {customer}
    assert {one["kind"] for one in found[0]["identifiers"]} == {"phone", "user_id", "email"}
    assert found[0]["name"] == "Lucía Gil"


@pytest.mark.parametrize(
    "query", ["phone=%2B34600000001", "phone=34600000001", "name=luc%C3%ADa", "user_id=u1"]
)
def test_search_finds_by_each_identifier(sqlite_world: World, query: str) -> None:
    traits = {"phone": LUCIA, "name": "Lucía Gil"}
    track(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    sqlite_world.work()
    found = told(get(sqlite_world, f"customers?{query}"))
    if query.startswith("name") and not found["customers"]:
        # SQLite knows capitals of English only.
        found = told(get(sqlite_world, "customers?name=Luc"))
    assert [one["name"] for one in found["customers"]] == ["Lucía Gil"]
    assert told(get(sqlite_world, "customers?email=nobody@example.com"))["customers"] == []


def test_the_context_has_cart_link_consents_and_journeys(sqlite_url: str) -> None:
    from tests.world import make_world

    world = make_world(sqlite_url, store_cart_url="https://casaluna.example/cart")
    track(world, "track", added("m1"))
    world.work()
    context = told(get(world, "customers/user_id:u1/context"))
    assert context["cart"]["total"] == 1250
    assert context["cart_link"].startswith("https://casaluna.example/cart?hilo_cart=")
    assert [run["journey"] for run in context["journeys"]] == ["abandoned_cart"]
    link = context["cart_link"].partition("hilo_cart=")[2]
    opened = told(get(world, f"cart-links/{link}"))
    assert opened == {"cart": context["cart"]}
    world.clock.forward(days=8)
    problem(get(world, f"cart-links/{link}"), 410, "link-expired")
    problem(get(world, f"cart-links/{link[:-1]}x"), 404, "no-such-link")


def test_traits_and_name_are_changed_and_null_clears(world: World) -> None:
    customer = met(world)
    body: dict[str, Any] = {
        "name": "Lucía",
        "timezone": "Europe/Lisbon",
        "traits": {"size": "M", "pet": "cat"},
    }
    assert told(patch(world, f"customers/{customer}", body))["traits"] == {"size": "M", "pet": "cat"}
    after = told(patch(world, f"customers/{customer}", {"name": None, "traits": {"pet": None}}))
    assert (after["name"], after["timezone"]) == (None, "Europe/Lisbon")
    assert after["traits"] == {"size": "M", "pet": None}


def test_a_consent_needs_proof_and_is_kept_with_it(world: World) -> None:
    customer = met(world)
    bare = {name: value for name, value in YES.items() if name != "wording"}
    found = problem(patch(world, f"customers/{customer}", {"consents": [bare]}), 422, "invalid")
    assert found["errors"][0]["pointer"] == "/consents/0/proof"
    kept = told(patch(world, f"customers/{customer}", {"consents": [YES]}))["consents"]
    assert [(line["status"], line["method"], line["wording"]) for line in kept] == [
        ("opted_in", "api", "Quiero ofertas")
    ]


def test_after_stop_only_their_own_start_opens_the_channel(world: World) -> None:
    customer = met(world, origin=LUCIA)
    world.says(LUCIA, "STOP")
    for topic in ("marketing", "all"):
        consent = {**YES, "channel": "sms", "topic": topic}
        problem(patch(world, f"customers/{customer}", {"consents": [consent]}), 409, "opted-out")
    told(patch(world, f"customers/{customer}", {"consents": [{**YES, "channel": "whatsapp"}]}))
    world.says(LUCIA, "START")
    told(patch(world, f"customers/{customer}", {"consents": [{**YES, "channel": "sms"}]}))


def test_one_refused_consent_leaves_nothing_of_the_request(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    body = {"name": "Otra", "consents": [YES, {**YES, "status": "paused"}]}
    problem(patch(sqlite_world, f"customers/{customer}", body), 422, "invalid")
    after = told(get(sqlite_world, f"customers/{customer}"))
    assert (after["name"], after["consents"]) == (None, [])


def test_a_refused_topic_needs_a_later_yes(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    path = f"customers/{customer}"
    told(patch(sqlite_world, path, {"consents": [{**YES, "status": "opted_out"}]}))
    problem(patch(sqlite_world, path, {"consents": [YES]}), 409, "opted-out")
    old = {**YES, "given_at": "2026-01-01T00:00:00Z"}
    problem(patch(sqlite_world, path, {"consents": [old]}), 409, "opted-out")
    sqlite_world.clock.forward(hours=1)
    new = {**YES, "given_at": sqlite_world.clock.now().isoformat()}
    told(patch(sqlite_world, path, {"consents": [new]}))
