"""F12, for what must be right: a broadcast is answered by thousands at once."""

from itertools import pairwise

from bot.simulator.records import Channel
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import judge, wait_until_quiet

MESSAGES, CUSTOMERS = 5_000, 2_000
# As fast as the phones can: two shared cores do not take 500 a second.
RATE = 10_000.0


def run(town: Town, plan: Plan) -> Result:
    customers = min(CUSTOMERS, plan.of(CUSTOMERS))
    phones = Phones(town, customers, channels=(Channel.SMS,))
    each = max(1, plan.of(MESSAGES) // customers)
    phones.write_all(each, rate=RATE, hands=16, seed=plan.seed)
    last = wait_until_quiet(town, max(plan.patience, 300.0))
    verdict = judge(town, phones.sent)
    phones.close()
    refused = [answer for sent in phones.sent for answer in sent.answers if not 200 <= answer < 300]
    verdict.lost += [f"{len(refused)} posts were not answered 2xx"] * bool(refused)
    times = sorted(second for sent in phones.sent for second in sent.seconds)
    sent_at = sorted(sent.acknowledged_at for sent in phones.sent if sent.acknowledged_at is not None)
    rate = len(sent_at) / max(0.001, (sent_at[-1] - sent_at[0]).total_seconds())
    longest = max((after - before).total_seconds() for before, after in pairwise([*sent_at, sent_at[-1]]))
    notes = [
        f"{len(phones.sent)} from {customers} at {rate:.0f}/s",
        f"ack p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms, longest gap {longest * 1000:.0f} ms",
        f"drained {last:.0f} s after",
    ]
    return result_of("F12", town.database, verdict, tries=len(phones.sent), recovery=last, notes=notes)
