"""F8: the carrier is slow, fails, says nothing, or lies; and "limit", the one case that nobody can decide."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.simulator.records import Channel
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import HORIZON_SECONDS, Town
from tests.faults.truth import NotQuiet, Verdict, judge, wait_until_quiet

MESSAGES, CUSTOMERS = 1_000, 100
RATE = 15.0
DOWN_SECONDS = 30.0
# What the figures of the design were measured with, and more.
TROUBLES: dict[str, dict[str, float]] = {
    "all at once": {
        "error_before_rate": 0.03,
        "error_after_rate": 0.02,
        "too_many_rate": 0.05,
        "retry_after_seconds": 1,
        "reset_before_rate": 0.01,
        "reset_after_rate": 0.02,
        "callback_lost_rate": 0.05,
        "callback_doubled_rate": 0.05,
        "callback_late_rate": 0.05,
        "callback_late_seconds": 4.0,
        "callback_disordered_rate": 0.1,
    },
    "slow": {"slow_rate": 0.03, "slow_seconds": 6.0},
    "no callbacks": {"reset_after_rate": 0.04, "error_after_rate": 0.02, "callback_lost_rate": 1.0},
}


def run(town: Town, plan: Plan) -> Result:
    phones = Phones(town, max(5, plan.of(CUSTOMERS)), channels=(Channel.SMS, Channel.WHATSAPP))
    each = max(1, round(plan.of(MESSAGES) / len(phones.numbers) / (len(TROUBLES) + 2)))
    settled: list[str] = []
    slowest = 0.0
    for name, faults in TROUBLES.items():
        with _faults(town, plan, **faults):
            phones.write_all(each, rate=RATE, seed=plan.seed)
            # It lasts until everything is settled: nothing may need a healthy carrier to end.
            seconds = wait_until_quiet(town, plan.patience)
        slowest = max(slowest, seconds)
        settled.append(f"{name} {seconds:.0f} s")
    slowest = max(slowest, _list_down(town, plan, phones, each), _all_down(town, plan, phones, each))
    verdict = judge(town, phones.sent)
    phones.close()
    notes = [f"{verdict.accepted} accepted", "settled after: " + ", ".join(settled)]
    return result_of("F8", town.database, verdict, tries=len(phones.sent), recovery=slowest, notes=notes)


def run_limit(town: Town, plan: Plan) -> Result:
    """Callbacks lost and a list that lags beyond the horizon: a reply may come twice. Counted apart."""
    phones = Phones(town, max(5, plan.of(60)), channels=(Channel.SMS,))
    lag = HORIZON_SECONDS * 1.5
    faults = {"reset_after_rate": 0.1, "callback_lost_rate": 1.0, "list_lag_seconds": lag}
    with _faults(town, plan, **faults):
        phones.write_all(max(1, plan.of(600) // len(phones.numbers)), rate=RATE, seed=plan.seed)
        verdict = Verdict()
        try:
            last = wait_until_quiet(town, plan.patience + 3 * lag)
        except NotQuiet as stuck:
            verdict.lost.append(str(stuck))
            last = 0.0
    found = judge(town, phones.sent)
    found.lost += verdict.lost
    phones.close()
    notes = ["known limit, not counted", f"list {lag:.0f} s behind, horizon {HORIZON_SECONDS:.0f} s"]
    made = result_of("limit", town.database, found, tries=len(phones.sent), recovery=last, notes=notes)
    return Result(**{**vars(made), "is_known_limit": True})


@contextmanager
def _faults(town: Town, plan: Plan, **faults: float) -> Iterator[None]:
    town.carrier.set_faults(**faults, seed=plan.seed)
    try:
        yield
    finally:
        town.carrier.set_faults()


def _list_down(town: Town, plan: Plan, phones: Phones, each: int) -> float:
    """No callback and no list: what is unknown stays so, and nothing is guessed, until the list is back."""
    with _faults(town, plan, reset_after_rate=0.05, callback_lost_rate=1.0, list_down_rate=1.0):
        phones.write_all(each, rate=RATE, seed=plan.seed + 1)
        # Well beyond the horizon: whoever guessed would have done it by then.
        time.sleep(min(HORIZON_SECONDS * 1.5, max(2.0, HORIZON_SECONDS * 3 * plan.scale)))
    return wait_until_quiet(town, plan.patience)


def _all_down(town: Town, plan: Plan, phones: Phones, each: int) -> float:
    """Nothing listens at all. The breaker opens; everything waits, and goes when the carrier is back."""
    town.carrier.stop()
    phones.write_all(each, rate=RATE, seed=plan.seed + 2)
    time.sleep(DOWN_SECONDS * plan.scale)
    town.carrier.start()
    return wait_until_quiet(town, plan.patience)
