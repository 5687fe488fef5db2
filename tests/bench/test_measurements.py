"""Each measurement, in the smallest run that goes through all of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.scale import Run, figures_of
from tests.fixtures.redis import HOW_TO_GET_ONE, find_server

pytestmark = [
    pytest.mark.skipif(find_server() is None, reason=HOW_TO_GET_ONE),
    # The PostgreSQL wheel looks at the environment once more.
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR"),
]


def measured(tmp_path: Path, *arguments: str) -> Any:
    file = tmp_path / "figures.json"
    assert main([*arguments, "--json", str(file)]) == 0
    return json.loads(file.read_text("utf-8"))


def test_road(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(tmp_path, "road", "--times", "2")
    assert set(found) == {"embedded", "PostgreSQL"}
    steps = found["PostgreSQL"]
    assert list(steps)[:4] == ["webhook", "turn", "send", "callback"]
    assert all(len(step["seconds"]) == 2 and min(step["statements"]) > 0 for step in steps.values())
    assert min(steps["bulk: send"]["commits"]) > 0
    assert "medians of 2 walks" in capsys.readouterr().out


def test_identity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--sizes", "40", "80", "--rounds", "1", "--times", "3"]
    found = measured(tmp_path, "identity", *small)["figures"]
    acts = {"writes", "is told of", "signs in", "writes, joined"}
    assert {(one["act"], one["customers"]) for one in found} == {
        (act, size) for act in acts for size in (40, 80)
    }
    assert all(one["microseconds"] > 0 for one in found)
    assert "goal 1.3 x" in capsys.readouterr().out


def test_scale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--sizes", "60", "--rounds", "1", "--seconds", "0.5", "--clients", "1"]
    found = measured(tmp_path, "scale", *small)
    (figures,) = found["figures"]
    assert (figures["customers"], figures["lost"], figures["ratio"]) == (60, 0, 1.0)
    walked = [plan for plan in found["plans"] if plan["pages"] is not None]
    assert {"webhook", "turn", "send", "callback", "bulk: send"} <= {plan["step"] for plan in walked}
    assert "built in s" in capsys.readouterr().out


def test_a_size_is_compared_with_the_first_round_by_round() -> None:
    # The machine was half as fast in the second round: the ratio is the same.
    seconds = {(1_000, 0): 0.1, (1_000_000, 0): 0.12, (1_000, 1): 0.2, (1_000_000, 1): 0.24}
    runs = [
        Run(
            customers=customers,
            round=number,
            result={"times": [took], "p50": took, "target_cpu": took, "lost": 0, "failed": 0},
        )
        for (customers, number), took in seconds.items()
    ]
    found = figures_of(runs, 1_000_000, 1_000)
    assert round(found["ratio"], 2) == 1.2
    assert (found["turns"], found["p95"]) == (2, 0.24)


def test_blast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--messages", "20", "--seconds", "1", "--customers", "10", "--bulk", "10", "--workers", "1"]
    found = measured(tmp_path, "blast", *small, "--ceiling-seconds", "1", "--steady-seconds", "1")
    blast = found["parts"]["blast"]
    assert (blast["messages"], blast["refused"], blast["unanswered"], blast["out_of_order"]) == (20, 0, 0, 0)
    assert 0 < blast["answers"] <= 20
    assert "campaign/s" in capsys.readouterr().out


def test_footprint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(tmp_path, "footprint", "--starts", "1", "--turns", "1", "--seconds", "0.5")
    goals = {figure["goal"]: figure["value"] for figure in found if figure["goal"]}
    assert set(goals) == {"seconds to /health", "worker, MB", "idle, % of a core"}
    assert all(value is None or value > 0 for value in goals.values())
    assert "goal: at most" in capsys.readouterr().out
