"""docs/operations.md names every setting as it is, every command, and every number of /metrics."""

import re
from pathlib import Path

import pytest

import app
from bot.metrics import Metrics
from bot.settings import Settings
from context_store.gauges import Readings
from context_store.records import HandoffStatus, MessageStatus
from tests.doubles import NOON

PAGE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text("utf-8")


def row_of(name: str) -> str:
    """A line of the table of settings: the hint that a fault shows, and the default."""
    field = Settings.model_fields[name]
    return f"| `{name.upper()}` | {field.description} | {shown(field.get_default())} |"


def shown(value: object) -> str:
    if value is None or value == "" or value == () or repr(value) == "PydanticUndefined":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_in_the_table_as_it_is() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `[A-Z0-9_]+` \|", line)]
    wanted = [row_of(name) for name in Settings.model_fields]
    assert rows == wanted, "\n" + "\n".join(wanted)


@pytest.mark.parametrize("command", list(app.hilo.commands))
def test_every_command_is_named(command: str) -> None:
    assert f"hilo {command}" in PAGE


def test_every_number_of_the_metrics_is_explained() -> None:
    readings = Readings(
        waiting_inputs=0,
        oldest_waiting_at=None,
        messages=dict.fromkeys(MessageStatus, 0),
        handoffs=dict.fromkeys(HandoffStatus, 0),
    )
    text = Metrics().exposition(readings, NOON).decode()
    names = {
        line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE")
    }
    names = {name for name in names if not name.endswith("_created")}
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
