"""Coming into a segment and leaving it: in the turn, by time, once each."""

from dataclasses import replace
from typing import Any

from bot import segments
from context_store.records import Change, CustomerStatus, Segment, SegmentId, new_id
from context_store.records.conditions import ENTERED, EXITED, read_condition
from tests.bot.helpers import LUCIA, at_once, count_rows
from tests.context_store.test_indexes import watched
from tests.world import World

RECENT = {"kind": "event", "name": "Product Viewed", "period": {"op": "within", "amount": 2, "unit": "days"}}
WITH_CART = {"kind": "cart", "value": {"currency": "EUR", "at_least": 1000}}


def save(world: World, key: str, condition: dict[str, Any], **more: Any) -> Segment:
    now = world.clock.now()
    segment = Segment(
        id=SegmentId(new_id()),
        key=key,
        name=key.title(),
        condition=read_condition(condition),
        created_at=now,
        changed_at=now,
        **more,
    )
    with world.database.write() as uow:
        uow.segments.save(segment)
        uow.commit()
    world.house.parts.segments.forget()
    return segment


def look(world: World) -> int:
    world.house.parts.segments.forget()
    found = segments.look(world.house.parts, world.clock.now())
    world.house.parts.segments.forget()
    world.work()
    return found


def told(world: World, phone: str = LUCIA) -> list[tuple[str, str]]:
    """The events of segments, oldest first."""
    with world.database.read() as uow:
        events = uow.events.newest(world.customer_id(phone))
    return [
        (event.name, event.properties["segment"])
        for event in reversed(events)
        if event.name in (ENTERED, EXITED)
    ]


def size_of(world: World, key: str) -> int:
    with world.database.read() as uow:
        found = uow.segments.get(key)
    assert found is not None
    return int(found.size)


def track(world: World, message_id: str, name: str = "Product Viewed", **properties: Any) -> None:
    call = {
        "messageId": message_id,
        "userId": "lucia",
        "event": name,
        "properties": properties,
        "writeKey": "test-write-key",
    }
    assert world.client.post("/v1/track", json=call).status_code == 200
    world.work()


def known_lucia(world: World) -> None:
    traits = {"phone": LUCIA}
    call = {"messageId": "who", "userId": "lucia", "traits": traits, "writeKey": "test-write-key"}
    assert world.client.post("/v1/identify", json=call).status_code == 200
    world.work()


def test_who_is_in_when_a_segment_is_made_is_counted_and_not_told(world: World) -> None:
    known_lucia(world)
    track(world, "m1")
    save(world, "recent", RECENT)
    look(world)
    assert size_of(world, "recent") == 1
    assert told(world) == []


def test_who_is_in_when_it_is_made_is_told_when_asked_for(world: World) -> None:
    known_lucia(world)
    track(world, "m1")
    save(world, "recent", RECENT, tells_of_first=True)
    look(world)
    assert told(world) == [(ENTERED, "recent")]
    look(world)
    assert told(world) == [(ENTERED, "recent")]


def test_the_turn_that_brings_a_customer_in_tells_so_once(world: World) -> None:
    known_lucia(world)
    save(world, "recent", RECENT)
    look(world)
    track(world, "m1")
    track(world, "m2")
    assert told(world) == [(ENTERED, "recent")]
    world.clock.forward(minutes=6)
    look(world)
    assert told(world) == [(ENTERED, "recent")]
    assert size_of(world, "recent") == 1


def test_what_time_alone_ends_is_found_by_the_look_and_can_begin_again(world: World) -> None:
    known_lucia(world)
    save(world, "recent", RECENT)
    look(world)
    track(world, "m1")
    world.clock.forward(days=3)
    assert look(world) == 1
    assert look(world) == 0
    track(world, "m2")
    assert told(world) == [(ENTERED, "recent"), (EXITED, "recent"), (ENTERED, "recent")]


def test_a_new_customer_is_looked_at_whatever_they_write(world: World) -> None:
    save(world, "all", {"kind": "all", "of": []})
    look(world)
    world.says(LUCIA, "Hola")
    assert told(world) == [(ENTERED, "all")]


def test_a_changed_condition_finds_its_members_anew_and_quietly(world: World) -> None:
    known_lucia(world)
    track(world, "m1")
    before = save(world, "some", RECENT)
    look(world)
    save(world, "some", WITH_CART)
    look(world)
    assert size_of(world, "some") == 0
    assert told(world) == []
    with world.database.read() as uow:
        assert uow.segments.get("some").version == before.version + 1


def test_an_old_condition_writes_nothing(world: World) -> None:
    known_lucia(world)
    track(world, "m1")
    old = save(world, "some", WITH_CART)
    look(world)
    save(world, "some", RECENT)
    with world.database.write() as uow:
        who = world.customer_id(LUCIA)
        change = Change(segment=old, customer_id=who, has_entered=True)
        assert uow.segment_members.write([change], world.clock.now()) == []


def test_who_is_erased_leaves_without_an_event(world: World) -> None:
    known_lucia(world)
    save(world, "all", {"kind": "all", "of": []})
    look(world)
    with world.database.write() as uow:
        customer = uow.customers.get(world.customer_id(LUCIA))
        uow.customers.save(replace(customer, status=CustomerStatus.ERASED))
        uow.commit()
    world.clock.forward(hours=2)
    assert look(world) == 1
    assert size_of(world, "all") == 0
    assert told(world) == []


def test_a_look_goes_on_where_it_was_ended(world: World, monkeypatch: Any) -> None:
    for number in range(5):
        world.says(f"+3460000010{number}", "Hola")
    save(world, "all", {"kind": "all", "of": []})
    monkeypatch.setattr(segments, "STRETCH", 2)
    assert look(world) == 5
    assert size_of(world, "all") == 5
    monkeypatch.setattr(segments, "ROUND_SECONDS", -1.0)
    world.clock.forward(hours=2)
    assert look(world) == 0


def test_without_a_segment_a_turn_asks_nothing_more(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA, "Hola")
    with watched(sqlite_world.database) as sent:
        sqlite_world.says(LUCIA, "Hola")
    assert not [statement for statement, _ in sent if "segment" in statement]


def test_many_segments_cost_a_turn_two_questions(sqlite_world: World) -> None:
    known_lucia(sqlite_world)
    for number in range(12):
        save(sqlite_world, f"recent-{number}", {**RECENT, "times": {"at_least": 50 + number}})
    look(sqlite_world)
    with sqlite_world.database.read() as uow:
        sqlite_world.house.parts.segments.read(uow)
    with watched(sqlite_world.database) as sent:
        track(sqlite_world, "m1")
    assert len([statement for statement, _ in sent if "segment" in statement]) == 2


def test_every_change_is_an_input_of_its_own(world: World) -> None:
    known_lucia(world)
    save(world, "recent", RECENT)
    save(world, "also-recent", RECENT)
    look(world)
    before = count_rows(world, "inputs")
    track(world, "m1")
    # The event, and one for each of the two that it leads into.
    assert count_rows(world, "inputs") == before + 3
    assert sorted(told(world)) == [(ENTERED, "also-recent"), (ENTERED, "recent")]


def test_two_who_see_the_same_change_tell_it_once(postgres_world: World) -> None:
    world = postgres_world
    known_lucia(world)
    track(world, "m1")
    made = save(world, "recent", RECENT)
    change = Change(segment=made, customer_id=world.customer_id(LUCIA), has_entered=True)

    def write() -> int:
        with world.database.write() as uow:
            written = uow.segment_members.write([change], world.clock.now())
            uow.segment_members.tell(written, world.clock.now())
            uow.commit()
        return len(written)

    assert sorted(at_once([write] * 4)) == [0, 0, 0, 1]
    assert told(world) == [(ENTERED, "recent")]


def test_the_chore_rests_until_something_is_due(world: World) -> None:
    chore = segments.SEGMENTS
    assert not chore.is_needed(world.house.parts)
    save(world, "recent", RECENT)
    assert chore.is_needed(world.house.parts)
    chore.do(world.house.parts, world.clock.now())
    assert not chore.is_needed(world.house.parts)
    world.clock.forward(minutes=6)
    assert chore.is_needed(world.house.parts)
