"""The line of time: everything in order, paged both ways without a gap or a double."""

from typing import Any

from tests.bot.api.calling import get, met, post, told
from tests.bot.test_events import added
from tests.bot.test_events import post as track
from tests.world import World


def a_story(world: World) -> str:
    """Messages, an event, an entry, a decision and a handoff, some at the very same moment."""
    traits = {"phone": "+34600000001"}
    track(world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    world.work()
    customer = met(world)
    for index in range(3):
        track(world, "track", added(f"m{index}"))
        world.work()
        entry = {"channel": "call", "text": f"nota {index}"}
        told(post(world, f"customers/{customer}/entries", entry), 201)
        marketing = {"customer": customer, "purpose": "marketing", "text": "oferta"}
        told(post(world, "messages", marketing), 201)
        if index:
            world.clock.forward(minutes=20)
        world.says("whatsapp:+34600000001", "gracias")
    told(post(world, "handoffs", {"customer": customer}), 201)
    return customer


def what(item: dict[str, Any]) -> tuple[str, str]:
    inner = item[item["kind"]]
    return item["kind"], str(inner.get("id", item.get("message_id")))


def pages(world: World, path: str, way: str, cursor: str | None, side: str) -> list[list[dict[str, Any]]]:
    found = []
    while cursor is not None:
        page = told(get(world, f"{path}&{way}={cursor}"))
        if not page["items"]:
            break
        found.append(page["items"])
        cursor = page[side]
    return found


def test_every_kind_is_there_newest_first(world: World) -> None:
    customer = a_story(world)
    items = told(get(world, f"customers/{customer}/timeline?limit=200"))["items"]
    assert {item["kind"] for item in items} == {"message", "entry", "event", "handoff", "decision"}
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)


def test_pages_both_ways_show_each_thing_once(world: World) -> None:
    customer = a_story(world)
    path = f"customers/{customer}/timeline?limit=4"
    everything = told(get(world, f"customers/{customer}/timeline?limit=200"))["items"]
    first = told(get(world, path))
    older = pages(world, path, "older_than", first["older"], "older")
    downward = [*first["items"], *(item for page in older for item in page)]
    assert [what(item) for item in downward] == [what(item) for item in everything]
    last = told(get(world, f"customers/{customer}/timeline?limit=1&older_than={first['older']}"))
    upward = pages(world, path, "newer_than", last["newer"], "newer")
    seen = [item for page in reversed(upward) for item in page]
    place = [what(item) for item in everything].index(what(last["items"][0]))
    assert [what(item) for item in seen] == [what(item) for item in everything[:place]]


def test_what_comes_later_is_asked_for_by_newer(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    path = f"customers/{customer}/timeline"
    newer = told(get(sqlite_world, path))["newer"]
    assert told(get(sqlite_world, f"{path}?newer_than={newer}"))["items"] == []
    sqlite_world.clock.forward(minutes=1)
    sqlite_world.says("whatsapp:+34600000001", "otra vez")
    texts = [
        item["message"]["text"] for item in told(get(sqlite_world, f"{path}?newer_than={newer}"))["items"]
    ]
    assert texts[-1] == "otra vez"


def test_kinds_are_chosen(sqlite_world: World) -> None:
    customer = a_story(sqlite_world)
    items = told(get(sqlite_world, f"customers/{customer}/timeline?kinds=entry,handoff"))["items"]
    assert {item["kind"] for item in items} == {"entry", "handoff"}
