"""F2: many messages, a fifth of the webhooks twice, random kills. F3: one webhook several times at once."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import update

from bot.simulator.records import Channel
from tests.faults.crashes import revive
from tests.faults.phones import TEXTS, Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import SQLITE, Town
from tests.faults.truth import inputs, judge, messages, opened, wait_until_quiet

MESSAGES, CUSTOMERS, KILLS = 10_000, 200, 100
TWICE = 0.2
RATES = {SQLITE: 20.0}
RATE = 30.0
SAME_AT_ONCE, PEOPLE = 1_000, 50
HANDS = 5


def run(town: Town, plan: Plan) -> Result:
    """F2."""
    draw = random.Random(plan.seed)
    each = plan.of(MESSAGES / CUSTOMERS)
    customers = min(CUSTOMERS, plan.of(MESSAGES))
    phones = Phones(town, customers, channels=(Channel.SMS, Channel.WHATSAPP))
    rate = RATES.get(town.database, RATE)
    phones.start(rate=rate, seed=plan.seed, each=each)
    kills = plan.of(KILLS)
    with _at_random(kills, each * customers / rate, draw, lambda: _kill_one(town, draw)) as killed:
        copies = _post_again(phones, draw, until=phones.wait)
    last = wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    phones.close()
    notes = [f"{verdict.inbound} in, {copies} twice, {len(killed)} kills", f"settled in {last:.1f} s"]
    return result_of("F2", town.database, verdict, tries=len(phones.sent), recovery=last, notes=notes)


def run_at_once(town: Town, plan: Plan) -> Result:
    """F3: the same webhook 2 to 5 times at once, on two web processes; all of them again a day later."""
    draw = random.Random(plan.seed)
    phones = Phones(town, PEOPLE)
    refused = 0
    with ThreadPoolExecutor(HANDS) as pool:
        for number in range(plan.of(SAME_AT_ONCE)):
            sent = phones.new(phones.numbers[number % PEOPLE], Channel.SMS, draw.choice(TEXTS))
            copies = draw.randint(2, HANDS)
            refused += _refused(pool.map(phones.post, [sent] * copies))
        wait_until_quiet(town, plan.patience)
        _a_day_later(town)
        refused += _refused(pool.map(phones.post, phones.sent))
    last = wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    phones.close()
    posts = sum(len(sent.answers) for sent in phones.sent)
    # Every copy is to be answered well: a refused one is tried again by the carrier for nothing.
    verdict.lost += [f"{refused} of {posts} posts were not answered 2xx"] * bool(refused)
    note = f"{posts} posts of {len(phones.sent)} messages"
    return result_of("F3", town.database, verdict, tries=len(phones.sent), recovery=last, notes=[note])


def _refused(answers: Iterable[int]) -> int:
    return sum(not 200 <= answer < 300 for answer in answers)


def _post_again(phones: Phones, draw: random.Random, until: Callable[[], None]) -> int:
    """A fifth of the webhooks once more, some at once and some late; ends when `until` returns."""
    waiter = threading.Thread(target=until, daemon=True)
    waiter.start()
    seen = copies = 0
    while waiter.is_alive() or seen < len(phones.sent):
        news = phones.sent[seen:]
        seen += len(news)
        again: list[Sent] = [sent for sent in news if draw.random() < TWICE]
        for sent in again:
            phones.post(sent)
        copies += len(again)
        time.sleep(0.05)
    return copies


def _kill_one(town: Town, draw: random.Random) -> None:
    role = draw.choice(town.roles)
    town.kill(role)
    revive(town)


class _at_random:
    """Does something `times` times, spread at random over so many seconds, beside the `with` block."""

    def __init__(self, times: int, seconds: float, draw: random.Random, act: Callable[[], None]) -> None:
        self._pauses = [draw.uniform(0.2, 1.8) * seconds / (times + 1) for _ in range(times)]
        self._act = act
        self._done: list[float] = []
        self._faults: list[Exception] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> list[float]:
        self._thread.start()
        return self._done

    def __exit__(self, *ignored: object) -> None:
        self._is_over.set()
        self._thread.join()
        if self._faults:
            raise self._faults[0]

    def _run(self) -> None:
        for pause in self._pauses:
            if self._is_over.wait(pause):
                return
            try:
                self._act()
            except Exception as error:  # told to who waits: a thread's own end would go unseen
                self._faults.append(error)
                return
            self._done.append(pause)


def _a_day_later(town: Town) -> None:
    """What there is becomes a day older: no table of what was seen lately can know these any more."""
    day = timedelta(hours=25)
    with opened(town) as engine, engine.begin() as connection:
        for table, columns in ((messages, ("created_at", "stored_at")), (inputs, ("created_at", "done_at"))):
            rows = connection.execute(table.select()).all()
            key = table.primary_key.columns.values()[0]
            for row in rows:
                older = {name: getattr(row, name) - day for name in columns if getattr(row, name) is not None}
                connection.execute(update(table).where(key == getattr(row, key.name)).values(older))
