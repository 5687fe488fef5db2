"""A chore is done by one process among many, every so often, and by another when the first has died."""

from datetime import datetime

import pytest

from bot.chores import Chore, do_if_due
from bot.parts import Parts
from tests.bot.helpers import LONG_AGO, execute
from tests.world import World


class Work:
    def __init__(self) -> None:
        self.done = 0
        self.fault: Exception | None = None

    def __call__(self, parts: Parts, known_since: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        self.done += 1

    def chore(self, every_seconds: float = 60.0) -> Chore:
        return Chore(name="a chore", every_seconds=every_seconds, lease_seconds=30.0, do=self)


def test_it_is_done_at_once_and_then_not_before_its_time(world: World) -> None:
    work, parts = Work(), world.house.parts
    assert [do_if_due(parts, work.chore(), "one") for _ in range(3)] == [True, False, False]
    assert not do_if_due(parts, work.chore(), "another process")
    execute(world, "UPDATE chores SET due_at = ?", LONG_AGO)
    assert do_if_due(parts, work.chore(), "another process")
    assert work.done == 2


def test_while_one_is_at_it_no_other_begins(world: World) -> None:
    parts = world.house.parts
    with world.database.write() as uow:
        uow.chores.ensure("a chore")
        assert uow.chores.take("a chore", "one", 30) is not None
        uow.commit()
    assert not do_if_due(parts, Work().chore(), "another process")
    execute(world, "UPDATE chores SET lease_until = ?", LONG_AGO)
    assert do_if_due(parts, Work().chore(), "another process")


def test_one_that_fails_is_done_again_when_its_lease_has_run_out(world: World) -> None:
    work, parts = Work(), world.house.parts
    work.fault = ConnectionError("the carrier is away")
    with pytest.raises(ConnectionError):
        do_if_due(parts, work.chore(), "one")
    work.fault = None
    assert not do_if_due(parts, work.chore(), "one")
    execute(world, "UPDATE chores SET lease_until = ?", LONG_AGO)
    assert do_if_due(parts, work.chore(), "one")


def test_what_is_not_needed_takes_no_lease(world: World) -> None:
    chore = Chore(name="a chore", every_seconds=1, lease_seconds=1, do=Work(), is_needed=lambda parts: False)
    assert not do_if_due(world.house.parts, chore, "one")
    with world.database.read() as uow:
        assert uow.chores.may_be_due("a chore")
