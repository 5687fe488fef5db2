"""The faults as values: what may be set, and what one draw of the dice means."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from bot.simulator import Carrier, SimulatedClock, SimulatorSettings
from bot.simulator.faults import (
    CallbackFate,
    Faults,
    FaultsError,
    Trouble,
    fate_of_callback,
    fate_of_send,
    inbound_posts,
    read_faults,
    switched_on,
)
from tests.simulator.conftest import Order

LUCIA, NADIE = "+34600000001", "CO.9Z8Y7X"


def draws(value: float) -> Callable[[], float]:
    return lambda: value


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"slowness": 1}, "there is no fault 'slowness'"),
        ({"slow_rate": 1.01}, "slow_rate must be from 0"),
        ({"slow_rate": -0.1}, "slow_rate must be from 0"),
        ({"slow_rate": "1"}, "slow_rate must be a number"),
        ({"slow_rate": True}, "slow_rate must be a number"),
        ({"slow_rate": float("nan")}, "slow_rate must be a number"),
        ({"slow_seconds": 3601}, "slow_seconds must be from 0 to 3600"),
        ({"retry_after_seconds": 1.5}, "a whole number"),
        ({"refuse_code": 400}, "a code of Twilio"),
        ({"refuse_to": "Lucía"}, "refuse_to must be a number like"),
        ({"fail_to": None}, "fail_to must be a number like"),
        ({"seed": -1}, "seed must not be below 0"),
        ({"too_many_rate": 0.6, "reset_after_rate": 0.5}, "together they are at most 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(asked: dict[str, object], words: str) -> None:
    with pytest.raises(FaultsError, match=words):
        read_faults(asked)


def test_what_is_not_named_is_off() -> None:
    assert read_faults({}) == Faults()
    assert switched_on(Faults()) == []
    assert read_faults({"refuse_to": "whatsapp:+34600000001", "slow_seconds": 3}) == Faults(
        refuse_to=LUCIA, slow_seconds=3.0
    )


def test_every_fault_is_seen_when_it_is_on() -> None:
    assert switched_on(Faults(slow_rate=0.1, fail_code=30003, list_lag_seconds=1)) == [
        "slow_rate",
        "fail_code",
        "list_lag_seconds",
    ]
    rates = {
        field.name: 0.1 for field in fields(Faults) if field.name.endswith("_rate") and not field.default
    }
    assert switched_on(read_faults(rates)) == list(rates)


@pytest.mark.parametrize(
    ("draw", "trouble"),
    [
        (0.0, Trouble.RESET_BEFORE),
        (0.15, Trouble.ERROR_BEFORE),
        (0.25, Trouble.TOO_MANY),
        (0.35, Trouble.ERROR_AFTER),
        (0.45, Trouble.RESET_AFTER),
        (0.5, Trouble.NONE),
    ],
)
def test_a_request_meets_one_trouble_at_most(draw: float, trouble: Trouble) -> None:
    faults = Faults(
        reset_before_rate=0.1,
        error_before_rate=0.1,
        too_many_rate=0.1,
        error_after_rate=0.1,
        reset_after_rate=0.1,
    )
    assert fate_of_send(faults, LUCIA, draws(draw)).trouble is trouble


def test_a_refusal_may_be_for_one_person() -> None:
    faults = Faults(refuse_code=21610, refuse_to=LUCIA, fail_code=30003, fail_to=NADIE, fail_rate=0.5)
    assert fate_of_send(faults, LUCIA, draws(0.9)).trouble is Trouble.REFUSED
    assert fate_of_send(faults, NADIE, draws(0.4)).fails_with == 30003
    assert fate_of_send(faults, NADIE, draws(0.6)).fails_with == 0


def test_each_callback_and_webhook_has_its_own_fate() -> None:
    faults = Faults(
        callback_lost_rate=0.1,
        callback_doubled_rate=0.5,
        callback_late_rate=0.5,
        callback_late_seconds=4,
        callback_disordered_rate=0.5,
        inbound_lost_rate=0.1,
        inbound_doubled_rate=0.5,
    )
    decided = [fate_of_callback(faults, draws(each), has_successor=True) for each in (0.0, 0.2, 0.9)]
    assert decided == [CallbackFate(posts=0), CallbackFate(posts=2, delay=4, is_held=True), CallbackFate()]
    # The last status has nothing to come after.
    assert fate_of_callback(faults, draws(0.2), has_successor=False).is_held is False
    assert [inbound_posts(faults, draws(each)) for each in (0.0, 0.2, 0.9)] == [0, 2, 1]


@pytest.mark.parametrize("faults", [Faults(), Faults(slow_rate=1, refuse_code=21610, fail_code=30003)])
def test_one_fault_does_not_move_the_draws_of_another(faults: Faults) -> None:
    numbers = iter([0.1, 0.2, 0.3, 0.4, 0.5])
    fate_of_send(faults, LUCIA, lambda: next(numbers))
    assert list(numbers) == [0.5]


def test_faults_and_seed_survive_a_restart(settings: SimulatorSettings, tmp_path: object) -> None:
    kept = replace(settings, store_path=f"{tmp_path}/carrier.sqlite")
    clock = SimulatedClock(kept.store_path)
    wanted = Faults(reset_after_rate=0.5, seed=7)
    drawn = []
    for number in range(2):
        carrier = Carrier(kept, clock=clock)
        if number == 0:
            carrier.switches.set(wanted)
        assert carrier.switches.faults() == wanted
        drawn.append([carrier.switches.fate_of_send(LUCIA).trouble for _ in range(20)])
        carrier.stop()
    clock.close()
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {Trouble.NONE, Trouble.RESET_AFTER}


def test_the_page_sets_and_clears_them(order: Order, carrier: Carrier) -> None:
    status, answer = order("faults", slow_rate=0.5, seed=3)
    assert (status, answer["on"], answer["faults"]["slow_rate"]) == (201, ["slow_rate"], 0.5)
    assert carrier.switches.faults() == Faults(slow_rate=0.5, seed=3)

    status, answer = order("faults", slow_rate=2)
    assert (status, answer["error"]) == (400, "slow_rate must be from 0 (never) to 1 (always)")
    assert carrier.switches.faults().slow_rate == 0.5

    assert order("faults")[1]["on"] == []
    assert carrier.switches.faults() == Faults()


def test_the_program_refuses_faults_that_cannot_be() -> None:
    command = [sys.executable, "-m", "bot.simulator", "--webhook-url", "http://127.0.0.1:9/", "--faults"]
    refused = subprocess.run([*command, '{"slow_rate": 2}'], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "slow_rate must be from 0 (never) to 1 (always)" in refused.stderr
