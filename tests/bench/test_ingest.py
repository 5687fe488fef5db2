"""The measurement of the tracking API, in the smallest run that goes through all of it."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main


def test_a_tiny_run_measures_every_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    small = ["--embedded-only", "--rounds", "1", "--batches", "1", "--size", "3", "--seen", "1"]
    # Whether the goal is reached is no matter of so small a run.
    assert main(["ingest", *small, "--json", str(file)]) in (0, 1)
    told = json.loads(file.read_text("utf-8"))
    assert {figure["target"] for figure in told["figures"]} == {
        "ORM anchor",
        "Core anchor",
        "ours",
        "ours, one a request",
    }
    assert all(figure["events"] > 0 and figure["cpu"] > 0 for figure in told["figures"])
    assert len(told["seen"]) == 1
    assert "cart in chat" in capsys.readouterr().out
