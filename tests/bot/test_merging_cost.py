"""Whoever is nobody else pays nothing for those who are: no statement asks about their family."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from context_store.families import FAMILY
from tests.bot.helpers import LUCIA
from tests.bot.test_events import added, post
from tests.bot.test_merging import OTHER, identify, merge, two
from tests.world import World


@contextmanager
def asked_about_families(world: World) -> Iterator[list[str]]:
    """Every statement that reads a family, as it is sent."""
    engine = world.database._engine
    asked_for = str(FAMILY.compile(dialect=engine.dialect)).partition("WHERE")[0]
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *others: object) -> None:
        if statement.startswith(asked_for):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def writes(world: World) -> None:
    assert world.says(LUCIA, "horario")


def writes_with_a_wish_on_record(world: World) -> None:
    world.says(f"whatsapp:{LUCIA}", "no me mandéis ofertas")
    assert world.says(LUCIA, "horario")


def has_a_cart_on_the_web(world: World) -> None:
    post(world, "track", added("m1"))
    world.work()


def signs_in(world: World) -> None:
    identify(world, 1, userId="u1", anonymousId="a1", traits={"phone": "+34600111222"})
    world.work()


def books(world: World) -> None:
    assert world.says(LUCIA, "quiero reservar una cita")


ROADS = (writes, writes_with_a_wish_on_record, has_a_cart_on_the_web, signs_in, books)


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
def test_nobody_asks_about_the_family_of_one_who_is_alone(
    world: World, road: Callable[[World], None]
) -> None:
    with asked_about_families(world) as asked:
        road(world)
    assert asked == []


def test_of_one_who_is_not_it_is_asked(sqlite_world: World) -> None:
    lucia, other = two(sqlite_world)
    merge(sqlite_world, lucia, other)
    with asked_about_families(sqlite_world) as asked:
        assert sqlite_world.says(OTHER, "horario")
    assert asked
