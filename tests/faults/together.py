"""F11: the same person writes on WhatsApp and by SMS in the same millisecond, as somebody new each time."""

import threading

from sqlalchemy import func, select

from bot.simulator.records import Channel
from context_store.models.people import CustomerRow
from context_store.rows import table_of
from tests.faults.phones import Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import conversations, judge, opened, wait_until_quiet

FULL = 1_000
customers = table_of(CustomerRow)


def run(town: Town, plan: Plan) -> Result:
    pairs = plan.of(FULL)
    # A quarter of them write a second pair, as somebody known.
    phones = Phones(town, max(1, pairs * 4 // 5), channels=tuple(Channel))
    before = _people(town)
    for number in range(pairs):
        customer = phones.numbers[number % len(phones.numbers)]
        _write_both(phones, customer)
    last = wait_until_quiet(town, plan.patience)
    # The two of a pair may take either order.
    verdict = judge(town, [sent for sent in phones.sent if sent.channel is Channel.SMS])
    others = judge(town, [sent for sent in phones.sent if sent.channel is Channel.WHATSAPP])
    verdict.lost += [fault for fault in others.lost if fault not in verdict.lost]
    people, threads = (now - then for now, then in zip(_people(town), before, strict=True))
    if (people, threads) != (len(phones.numbers), len(phones.numbers)):
        verdict.doubled.append(f"{len(phones.numbers)} people became {people} customers, {threads} threads")
    refused = sum(answer >= 300 or answer == 0 for sent in phones.sent for answer in sent.answers)
    phones.close()
    note = (
        f"{people} customers; {refused} posts answered badly at first" if refused else f"{people} customers"
    )
    return result_of("F11", town.database, verdict, tries=pairs, recovery=last, notes=[note])


def _write_both(phones: Phones, customer: str) -> None:
    start = threading.Barrier(2)

    def write(sent: Sent) -> None:
        start.wait()
        while not 200 <= phones.post(sent) < 300:
            pass

    pair = [phones.new(customer, channel, "Hola") for channel in (Channel.SMS, Channel.WHATSAPP)]
    hands = [threading.Thread(target=write, args=(sent,)) for sent in pair]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def _people(town: Town) -> tuple[int, int]:
    with opened(town) as engine, engine.connect() as connection:
        people = connection.execute(select(func.count()).select_from(customers)).scalar_one()
        threads = connection.execute(select(func.count()).select_from(conversations)).scalar_one()
    return people, threads
