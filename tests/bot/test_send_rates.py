"""A number sends so many messages a second, over all processes; replies find room beside bulk."""

import pytest

from bot.send_rates import SendRates
from context_store.records import Channel


class Clock:
    now = 1000.25

    def __call__(self) -> float:
        return self.now


def let_through(
    rates: SendRates, tries: int, *, is_bulk: bool = False, channel: Channel = Channel.SMS
) -> int:
    return sum(rates.allows(channel, is_bulk=is_bulk) for _ in range(tries))


def test_no_more_than_the_rate_goes_in_a_second() -> None:
    rates = SendRates(None, {Channel.SMS: 10, Channel.WHATSAPP: 40})
    # Two seconds may be touched by the test's own time.
    assert 10 <= let_through(rates, 100) <= 20
    assert 40 <= let_through(rates, 200, channel=Channel.WHATSAPP) <= 80


def test_bulk_leaves_room_for_replies() -> None:
    rates = SendRates(None, {Channel.SMS: 1000})
    assert let_through(rates, 5000, is_bulk=True) <= 1600
    assert let_through(rates, 50) == 50


def test_a_channel_without_a_rate_is_not_counted() -> None:
    rates = SendRates(None, {Channel.SMS: 1})
    assert let_through(rates, 100, channel=Channel.WHATSAPP) == 100


def test_less_than_one_a_second_is_one_in_so_many_seconds() -> None:
    rates = SendRates(None, {Channel.SMS: 0.01})
    assert let_through(rates, 20) == 1


@pytest.mark.services
def test_processes_count_together(redis_url: str) -> None:
    both = [SendRates(redis_url, {Channel.SMS: 100}) for _ in range(2)]
    assert 100 <= sum(let_through(rates, 500) for rates in both) <= 200


def test_without_its_redis_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    rates = SendRates("unix:///nowhere/redis.sock", {Channel.SMS: 10})
    assert 10 <= let_through(rates, 50) <= 20
    assert [record.message[:8] for record in caplog.records] == ["rates ar"]
