"""F10: a message that makes its turn raise, hang, or kill the process, and a thread of ten megabytes."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import select, update

from bot.simulator.records import Channel
from context_store.records import InputStatus
from tests.faults.crashes import supervised
from tests.faults.phones import Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import NotQuiet, conversations, inputs, judge, messages, opened, wait_until_quiet
from tests.faults.waits import percentile, waits_of

CUSTOMERS = 40
RATE = 8.0
BASE_SECONDS = 20.0
TEN_MEGABYTES = 10_000_000
# Five tries, each waiting twice as long as the one before: half a minute, and the time of the sweep.
PARKED_WITHIN = 90.0
KILLERS = ("poison kill turn", "poison kill understanding")
RAISERS = ("poison raise turn", "poison raise understanding")
HANGERS = ("poison hang turn", "poison hang understanding")
# Raising takes its half minute: not in the tenth.
LEAST_SCALE_TO_RAISE = 0.2


def run(town: Town, plan: Plan) -> Result:
    kinds = KILLERS + (RAISERS if plan.scale >= LEAST_SCALE_TO_RAISE else ())
    return _run(town, plan, "F10", kinds, PARKED_WITHIN)


def run_hangs(town: Town, plan: Plan) -> Result:
    """What never ends by itself: the process has to."""
    return _run(town, plan, "F10-hang", HANGERS, PARKED_WITHIN)


def _run(town: Town, plan: Plan, fault: str, kinds: tuple[str, ...], patience: float) -> Result:
    others = Phones(town, CUSTOMERS, channels=(Channel.SMS,))
    victims = Phones(town, len(kinds) + 1, channels=(Channel.SMS,))
    others.start(rate=RATE, seed=plan.seed)
    marks = [0]
    time.sleep(max(1.0, BASE_SECONDS * plan.scale))
    marks.append(len(others.sent))
    _write_ten_megabytes(town, victims)
    time.sleep(max(1.0, BASE_SECONDS * plan.scale))
    marks.append(len(others.sent))
    with supervised(town):
        poisons = []
        for kind, customer in zip(kinds, victims.numbers, strict=False):
            poisons.append(victims.write(customer, Channel.SMS, kind))
            victims.write(customer, Channel.SMS, "Hola")
        ends = _wait_for_ends(town, poisons, patience)
    marks.append(len(others.sent))
    others.stop()
    stuck = [kind.removeprefix("poison ") for kind, end in zip(kinds, ends, strict=True) if not end]
    if stuck:
        _take_out(town)
    notes = [f"stuck: {', '.join(stuck)}"] if stuck else []
    try:
        wait_until_quiet(town, plan.patience)
    except NotQuiet as error:
        notes.append(str(error))
    verdict = judge(town, [*others.sent, *victims.sent])
    verdict.lost += [f"'{kind}' was never set aside, and its customer waits" for kind in stuck]
    p95 = [f"{_p95(town, others.sent[start:end]):.2f} s" for start, end in pairwise(marks)]
    others.close()
    victims.close()
    notes.append(f"{len(kinds)} kinds; others' p95 {p95[0]}, with 10 MB {p95[1]}, with poison {p95[2]}")
    return result_of(fault, town.database, verdict, tries=len(kinds) + 1, recovery=max(ends), notes=notes)


def _take_out(town: Town) -> None:
    """An operator's way out, after which the others can be judged."""
    town.kill()
    town.extra = {"FAULT_POISON": ""}
    town.start()
    town.extra = {}


def _p95(town: Town, sent: list[Sent]) -> float:
    return percentile([wait for _, wait in waits_of(town, sent)], 0.95)


def _wait_for_ends(town: Town, poisons: list[Sent], patience: float) -> list[float]:
    """The seconds after which each was parked or handled; 0 for one that never was."""
    started = time.monotonic()
    ends = [0.0] * len(poisons)
    while not all(ends) and time.monotonic() - started < patience:
        time.sleep(0.1)
        found = _states(town)
        for number, poison in enumerate(poisons):
            if not ends[number] and found.get(poison.sid, InputStatus.WAITING) is not InputStatus.WAITING:
                ends[number] = time.monotonic() - started
    return ends


def _states(town: Town) -> dict[str | None, InputStatus]:
    query = select(messages.c.provider_id, inputs.c.status).join(inputs, inputs.c.message_id == messages.c.id)
    with opened(town) as engine, engine.connect() as connection:
        return dict(connection.execute(query).all())


def _write_ten_megabytes(town: Town, phones: Phones) -> None:
    """The last of them has a thread whose memory has grown out of all bounds, and writes on."""
    customer = phones.numbers[-1]
    first = phones.write(customer, Channel.SMS, "Hola")
    wait_until = time.monotonic() + 30
    while not waits_of(town, [first]) and time.monotonic() < wait_until:
        time.sleep(0.05)
    with opened(town) as engine, engine.begin() as connection:
        query = select(messages.c.customer_id).where(messages.c.provider_id == first.sid)
        customer_id = connection.execute(query).scalar_one()
        mine = conversations.c.customer_id == customer_id
        state = connection.execute(select(conversations.c.state).where(mine)).scalar_one()
        grown = replace(state, slots={**state.slots, "fault": "x" * TEN_MEGABYTES})
        now = datetime.now(UTC)
        connection.execute(update(conversations).where(mine).values(state=grown, updated_at=now))
    phones.write(customer, Channel.SMS, "¿Qué horario tenéis?")
