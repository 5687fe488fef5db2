"""The measurement itself, in the smallest run that goes through all of it."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.processes import cpu_seconds
from bench.turn import Run, Runs, reached


def test_a_tiny_run_measures_every_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    small = ["--embedded-only", "--rounds", "1", "--seconds", "0.2", "--clients", "2", "--json", str(file)]
    assert main(["turn", *small]) == 0
    runs = json.loads(file.read_text("utf-8"))["runs"]
    assert [run["target"] for run in runs] == ["hello", "locked ORM turn", "our webhook", "our full turn"]
    for run in runs:
        result = run["result"]
        assert (result["failed"], result["lost"]) == (0, 0)
        assert result["done"] > 0
        assert result["target_cpu"] is None or result["target_cpu"] > 0
    assert "our full turn" in capsys.readouterr().out


def test_without_a_name_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "turn" in capsys.readouterr().out
    assert main(["nothing"]) == 2


def run(target: str, rate: float, number: int, cpu: float = 1.0) -> Run:
    result = {"rate": rate, "done": 100, "target_cpu": cpu, "p95": 0.1}
    return Run(place="embedded", target=target, clients=8, round=number, result=result)


def test_a_ratio_compares_within_each_round() -> None:
    # The machine was half as fast in the second round: the ratio is the same.
    made = [
        run("hello", 1000, 0),
        run("hello", 500, 1),
        run("our webhook", 200, 0),
        run("our webhook", 100, 1),
    ]
    assert Runs(made).ratio("embedded", "our webhook", "hello", 8) == 0.2


def test_goals_are_read_at_eight_clients() -> None:
    runs = Runs([run("locked ORM turn", 100, 0), run("our full turn", 70, 0)])
    (goal,) = reached(runs, {"embedded": ["locked ORM turn", "our full turn"]}, [8, 32])
    assert (goal["value"], goal["goal"]) == (0.7, 0.7)


def test_cpu_a_message_is_in_milliseconds() -> None:
    assert run("hello", 10, 0, cpu=0.5).cpu_ms == 5.0


def test_cpu_of_a_process_that_is_gone_is_nothing() -> None:
    assert not cpu_seconds([2**22 + 1])
