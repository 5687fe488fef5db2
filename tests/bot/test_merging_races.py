"""Several processes change who is who at once: nobody waits for ever, nobody becomes their own survivor."""

from functools import partial

import pytest

from bot.turn import take_turns
from context_store.identity import join, part
from context_store.identity_faults import again_if_moved
from context_store.records import CustomerId, InputKind
from tests.bot.helpers import LUCIA, at_once
from tests.bot.test_merging import OTHER, STAFF, two
from tests.world import World

pytestmark = pytest.mark.services
ROUNDS = 5


def joined(world: World, one: CustomerId, other: CustomerId) -> bool:
    def once() -> bool:
        with world.database.write() as uow:
            is_new: bool = join(uow.customers, one, other, STAFF, world.clock.now())
            uow.commit()
        return is_new

    return again_if_moved(once)


def parted(world: World, merged: CustomerId) -> None:
    with world.database.write() as uow:
        part(uow.customers, merged, STAFF, world.clock.now())
        uow.commit()


def test_two_merges_in_opposite_directions_make_one_person_and_no_cycle(postgres_world: World) -> None:
    world = postgres_world
    one, other = two(world)
    for _ in range(ROUNDS):
        news = at_once([lambda: joined(world, one, other), lambda: joined(world, other, one)])
        assert sorted(news) == [False, True]
        with world.database.read() as uow:
            survivor, merged = uow.customers.family(one)
            assert {survivor, merged} == {one, other}
            assert uow.customers.get(survivor).merged_into is None
            assert uow.customers.get(merged).merged_into == survivor
        parted(world, merged)


def test_three_who_are_joined_in_a_ring_are_one_person(postgres_world: World) -> None:
    world = postgres_world
    one, other = two(world)
    world.says("+34600000003", "hola")
    third = world.customer_id("+34600000003")
    pairs = ((one, other), (other, third), (third, one))
    at_once([partial(joined, world, *pair) for pair in pairs])
    with world.database.read() as uow:
        assert set(uow.customers.family(one)) == {one, other, third}
        pointers = [uow.customers.get(each).merged_into for each in (one, other, third)]
    assert pointers.count(None) == 1


def test_messages_that_come_while_they_are_joined_are_each_answered_once(postgres_world: World) -> None:
    world = postgres_world
    one, other = two(world)
    before = len(world.channel.sent)
    jobs = [
        lambda: joined(world, one, other),
        *[lambda: world.receive(OTHER, "horario") for _ in range(3)],
        *[lambda: world.receive(LUCIA, "horario") for _ in range(3)],
    ]
    at_once(jobs)
    world.work()
    world.tick()
    with world.database.read() as uow:
        assert uow.inputs.waiting(one) == uow.inputs.waiting(other) == []
        written = [message.text for message in uow.messages.newest(one, 200) if message.author == "customer"]
    assert written.count("horario") == 6
    assert {sent.to for sent in world.channel.sent[before:]} == {f"sms:{LUCIA}", f"sms:{OTHER}"}


def test_a_merge_waits_for_the_turn_that_has_one_of_the_threads(postgres_world: World) -> None:
    world = postgres_world
    one, other = two(world)
    with world.database.write() as turn:
        assert turn.turn_reads.lock(other, None) is not None
        turn.inputs.add(other, InputKind.EVENT, now=world.clock.now(), payload={"event_id": str(other)})

        def end_turn() -> bool:
            turn.commit()
            return False

        news = at_once([lambda: joined(world, one, other), end_turn])
    assert news == [True, False]
    with world.database.read() as uow:
        assert [entry.kind for entry in uow.inputs.waiting(one)].count(InputKind.EVENT) == 1


def test_a_turn_of_the_merged_one_that_comes_too_late_passes_its_inputs_on(postgres_world: World) -> None:
    world = postgres_world
    one, other = two(world)
    joined(world, one, other)
    world.bell.turns.clear()
    take_turns(world.house.parts, other)
    assert world.bell.turns == [one]
