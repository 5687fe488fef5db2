"""F5: Redis loses everything, goes away, asks for a password, is slow, is full. Messages must not notice."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import redis

from bot.simulator.records import Channel
from tests.faults.phones import Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.servers import Redis
from tests.faults.town import Town
from tests.faults.truth import Verdict, judge, wait_until_quiet
from tests.faults.waits import percentile, waits_of

AWAY_SECONDS = 60.0
RATE = 10.0
CUSTOMERS = 60
PASSWORD = "not-what-they-know"
SLOW_SECONDS = 2.0
BACK_SECONDS = 5.0


@dataclass(frozen=True)
class Trouble:
    name: str
    begin: Callable[[Redis], None]
    end: Callable[[Redis], None]
    # Of AWAY_SECONDS.
    share: float = 0.5


def run(town: Town, plan: Plan, troubles: "Sequence[Trouble] | None" = None) -> Result:
    assert town.redis is not None
    phones = Phones(town, CUSTOMERS, channels=(Channel.SMS,))
    phones.start(rate=RATE, seed=plan.seed)
    time.sleep(1.0)
    marks = []
    for trouble in troubles or TROUBLES:
        began = len(phones.sent)
        trouble.begin(town.redis)
        time.sleep(max(1.0, AWAY_SECONDS * trouble.share * plan.scale))
        ended = len(phones.sent)
        trouble.end(town.redis)
        time.sleep(max(1.0, BACK_SECONDS * plan.scale))
        marks.append((trouble.name, began, ended, len(phones.sent)))
    phones.stop()
    wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    _refused(verdict, phones.sent)
    phones.close()
    meanwhile = [f"{name} p95 {_p95(town, phones.sent[start:end]):.1f} s" for name, start, end, _ in marks]
    back = max(_back_to_normal(town, phones.sent[end:last]) for _, _, end, last in marks)
    notes = [f"meanwhile: {', '.join(meanwhile)}"]
    return result_of("F5", town.database, verdict, tries=len(phones.sent), recovery=back, notes=notes)


def _p95(town: Town, sent: list[Sent]) -> float:
    """Of the times from a message to the turn that handled it."""
    return percentile([wait for _, wait in waits_of(town, sent)], 0.95)


def _back_to_normal(town: Town, sent: list[Sent]) -> float:
    """How long after the end turns still took more than half a second to come."""
    waits = sorted(waits_of(town, sent))
    slow = [moment for moment, wait in waits if wait > 0.5]
    return (max(slow) - waits[0][0]).total_seconds() if slow else 0.0


def _refused(verdict: Verdict, sent: list[Sent]) -> None:
    bad = [answer for one in sent for answer in one.answers if not 200 <= answer < 300]
    verdict.lost += [f"{len(bad)} webhooks were not answered 2xx without a Redis"] * bool(bad)


def _nothing(server: Redis) -> None:
    """What was forgotten comes back by itself."""


def _flush(server: Redis) -> None:
    with server.client() as client:
        client.flushall()


def _stop(server: Redis) -> None:
    server.stop()


def _start(server: Redis) -> None:
    server.start()


def _lock(server: Redis) -> None:
    with server.client() as client:
        client.config_set("requirepass", PASSWORD)
        # Who is connected need not say it again: all have to come anew.
        with suppress(redis.ConnectionError):
            _order(client, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _unlock(server: Redis) -> None:
    with server.client(PASSWORD) as client:
        client.config_set("requirepass", "")


def _fill(server: Redis) -> None:
    with server.client() as client:
        client.config_set("maxmemory", "1")
        client.config_set("maxmemory-policy", "noeviction")


def _empty(server: Redis) -> None:
    with server.client() as client:
        client.config_set("maxmemory", "0")


def _order(client: "redis.Redis", *words: str) -> None:
    client.execute_command(*words)  # type: ignore[no-untyped-call]


class _Slow:
    """Each answer takes up to two seconds: the server is made to pause again and again."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, server: Redis) -> None:
        self._is_over.clear()
        self._thread = threading.Thread(target=self._pause_on, args=(server,), daemon=True)
        self._thread.start()

    def end(self, server: Redis) -> None:
        self._is_over.set()
        assert self._thread is not None
        self._thread.join()

    def _pause_on(self, server: Redis) -> None:
        with server.client() as client:
            while not self._is_over.is_set():
                _order(client, "CLIENT", "PAUSE", str(int(SLOW_SECONDS * 1000)), "ALL")
                # An instant between two pauses, in which what has waited is answered.
                self._is_over.wait(SLOW_SECONDS + 0.02)
            _order(client, "CLIENT", "UNPAUSE")


_slow = _Slow()
TROUBLES = (
    Trouble("flushed", _flush, _nothing, share=0.1),
    Trouble("away", _stop, _start, share=1.0),
    Trouble("password", _lock, _unlock),
    Trouble("slow", _slow.begin, _slow.end),
    Trouble("full", _fill, _empty),
)
