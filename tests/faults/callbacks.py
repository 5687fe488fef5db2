"""F4: status callbacks in every order, twice, and before the answer to the send: states only rise."""

import random
import re
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import permutations
from urllib.parse import urlencode
from uuid import UUID

import urllib3
from sqlalchemy import select

from bot.simulator.records import Channel
from bot.simulator.signing import sign
from context_store.records import MessageStatus
from tests.faults.phones import FORM, Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.servers import ACCOUNT, TOKEN, WHATSAPP
from tests.faults.town import Town
from tests.faults.truth import Verdict, accepted_by_carrier, judge, messages, opened, wait_until_quiet

FULL = 20
# What a message may go through, and the word that must stand in the end.
LIVES = {
    ("sent", "delivered", "read"): MessageStatus.READ,
    ("sent", "delivered"): MessageStatus.DELIVERED,
    ("sent", "undelivered"): MessageStatus.UNDELIVERED,
    ("queued", "sent", "undelivered", "delivered"): MessageStatus.DELIVERED,
}
# The carrier answers that much later than it takes the message and we call back for it.
SLOW_SECONDS = 0.6
CALLBACK = re.compile(r"/twilio/status/([0-9a-f-]{36})/")


def run(town: Town, plan: Plan) -> Result:
    draw = random.Random(plan.seed)
    orders = [(list(order), last) for life, last in LIVES.items() for order in permutations(life)] * plan.of(
        FULL
    )
    draw.shuffle(orders)
    # The carrier is silent, and so is its list: every word is ours. Half of them come before its answer.
    silence = {"callback_lost_rate": 1.0, "list_down_rate": 1.0}
    town.carrier.set_faults(**silence, slow_rate=0.5, slow_seconds=SLOW_SECONDS)
    phones = Phones(town, min(len(orders), 400), channels=(Channel.WHATSAPP,))
    expected: dict[UUID, MessageStatus] = {}
    refused: list[str] = []
    teller = _Teller(town, orders, expected, refused, draw)
    teller.start()
    for number in range(len(orders)):
        phones.write(phones.numbers[number % len(phones.numbers)], Channel.WHATSAPP, "Hola")
    teller.finish(plan.patience)
    last = wait_until_quiet(town, plan.patience)
    town.carrier.set_faults()
    verdict = judge(town, phones.sent)
    phones.close()
    wrong = _wrong_ends(town, expected, verdict)
    verdict.lost += [f"a callback was answered {answer}" for answer in refused]
    notes = [f"{teller.posts} callbacks for {len(expected)} messages, {wrong} wrong ends"]
    return result_of("F4", town.database, verdict, tries=teller.posts, recovery=last, notes=notes)


def _wrong_ends(town: Town, expected: dict[UUID, MessageStatus], verdict: Verdict) -> int:
    with opened(town) as engine, engine.connect() as connection:
        found = dict(connection.execute(select(messages.c.id, messages.c.status)).all())
    wrong = [
        f"message {message} ended {found[message].value}, not {last.value}"
        for message, last in expected.items()
        if found[message] is not last
    ]
    verdict.lost += wrong
    return len(wrong)


class _Teller:
    """Calls back for each message that the carrier has taken, as soon as it has."""

    def __init__(
        self,
        town: Town,
        orders: Sequence[tuple[list[str], MessageStatus]],
        expected: dict[UUID, MessageStatus],
        refused: list[str],
        draw: random.Random,
    ) -> None:
        self._town, self._orders, self._draw = town, list(orders), draw
        self._expected, self._refused = expected, refused
        self._pool = urllib3.PoolManager(retries=False, maxsize=8)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)
        self.posts = 0
        # What the carrier took before is none of ours.
        self._start = max((one.position for one in accepted_by_carrier(town)), default=0)

    def start(self) -> None:
        self._thread.start()

    def finish(self, patience: float) -> None:
        """When every order was played, or no message came for it in time."""
        until = time.monotonic() + patience
        while self._orders and time.monotonic() < until:
            time.sleep(0.05)
        self._is_over.set()
        self._thread.join()
        self._pool.clear()

    def _run(self) -> None:
        position = self._start
        with ThreadPoolExecutor(8) as hands:
            while not self._is_over.is_set() or self._orders:
                rows = self._accepted_after(position)
                for _, sid, customer, callback in rows:
                    if not self._orders:
                        return
                    order, last = self._orders.pop()
                    named = CALLBACK.search(callback)
                    assert named is not None
                    self._expected[UUID(named[1])] = last
                    # Some of them twice, each for itself.
                    told = [status for status in order for _ in range(1 + (self._draw.random() < 0.3))]
                    self.posts += len(told)
                    hands.submit(self._tell, callback, sid, customer, told)
                position = rows[-1][0] if rows else position
                if not rows and self._is_over.wait(0.02):
                    return

    def _tell(self, callback: str, sid: str, customer: str, statuses: list[str]) -> None:
        for status in statuses:
            fields = {
                "MessageSid": sid,
                "AccountSid": ACCOUNT,
                "From": f"whatsapp:{WHATSAPP}",
                "To": f"whatsapp:{customer}",
                "MessageStatus": status,
            }
            headers = {"Content-Type": FORM, "X-Twilio-Signature": sign(TOKEN, callback, fields)}
            answer = self._pool.request("POST", callback, body=urlencode(fields), headers=headers)
            if answer.status >= 300:
                self._refused.append(str(answer.status))

    def _accepted_after(self, position: int) -> list[tuple[int, str, str, str]]:
        with closing(sqlite3.connect(f"file:{self._town.carrier.store}?mode=ro", uri=True)) as store:
            return store.execute(
                "SELECT position, sid, customer, status_callback FROM message"
                " WHERE author = 'shop' AND position > ? ORDER BY position",
                (position,),
            ).fetchall()
