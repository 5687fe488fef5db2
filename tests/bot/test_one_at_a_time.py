"""One thread at a time for each customer: who comes meanwhile is not kept waiting and not forgotten."""

import threading
from functools import partial

import pytest

from bot.one_at_a_time import OneAtATime
from tests.bot.helpers import at_once


def test_a_call_that_comes_meanwhile_returns_at_once_and_is_made_up_for() -> None:
    guard, worked = OneAtATime(), []

    def work() -> None:
        worked.append("work")
        if len(worked) == 1:
            for _ in range(3):
                guard.run("lucia", lambda: worked.append("by the one who came"))
            assert worked == ["work"]

    guard.run("lucia", work)
    # Three asked meanwhile: one more look is enough for all of them.
    assert worked == ["work", "work"]


def test_different_keys_do_not_wait_for_each_other() -> None:
    guard, both_are_in = OneAtATime(), threading.Barrier(2)

    def meet() -> None:
        both_are_in.wait(timeout=5)

    at_once([partial(guard.run, key, meet) for key in ("lucia", "ana")])
    assert not both_are_in.broken


def test_work_that_raises_leaves_the_key_free() -> None:
    guard, worked = OneAtATime(), []

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guard.run("lucia", fail)
    guard.run("lucia", lambda: worked.append("again"))
    assert worked == ["again"]


def test_of_many_threads_never_two_are_in_and_no_request_is_lost() -> None:
    guard, inside, seen = OneAtATime(), threading.Lock(), []
    asked = 0

    def work() -> None:
        assert inside.acquire(blocking=False), "two at once"
        seen.append(asked)
        inside.release()

    def ask(_: int) -> None:
        nonlocal asked
        for _ in range(50):
            asked += 1
            guard.run("lucia", work)

    at_once([partial(ask, number) for number in range(4)])
    # The last look came after the last request.
    assert seen[-1] == asked
