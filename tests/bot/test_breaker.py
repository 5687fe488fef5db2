"""The breaker opens after failures in a row, lets one try after its pause, and closes by one success."""

from itertools import count

from bot.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(failures: int = 3) -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(failures=failures, pause=5.0, clock=clock)
    assert [breaker.failed() for _ in range(failures)] == [False] * (failures - 1) + [True]
    return breaker, clock


def test_it_lets_everything_through_until_so_many_failures_in_a_row() -> None:
    breaker = Breaker(failures=3, pause=5.0, clock=Clock())
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.allows() and breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    assert breaker.is_open


def test_after_the_pause_one_at_a_time_tries() -> None:
    breaker, clock = opened()
    clock.now += 5.1
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]
    assert not breaker.is_open


def test_a_try_that_did_not_take_place_is_given_to_another() -> None:
    breaker, clock = opened()
    clock.now += 5.1
    assert breaker.allows()
    breaker.give_back()
    assert breaker.allows()


def test_a_try_whose_thread_died_does_not_shut_the_way_for_ever() -> None:
    breaker, clock = opened()
    clock.now += 5.1
    assert breaker.allows()
    clock.now += 61
    assert breaker.allows()


def test_each_pause_is_longer_up_to_a_minute() -> None:
    breaker, clock = opened()
    pauses = []
    for _ in range(6):
        pauses.append(next(wait for wait in count() if _is_over(breaker, clock, wait)))
        clock.now += pauses[-1]
        breaker.failed()
    assert pauses == [5, 10, 20, 40, 60, 60]


def _is_over(breaker: Breaker, clock: Clock, wait: int) -> bool:
    before, clock.now = clock.now, clock.now + wait
    is_over = breaker.allows()
    breaker.give_back()
    clock.now = before
    return is_over


def test_a_rest_that_the_carrier_asks_for_is_no_failure() -> None:
    clock = Clock()
    breaker = Breaker(failures=3, pause=5.0, clock=clock)
    breaker.rest(2.0)
    assert not breaker.allows()
    clock.now += 2.1
    assert breaker.allows() and breaker.allows()
