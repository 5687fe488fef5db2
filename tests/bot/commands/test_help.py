"""`hilo --help` and every help below it: in order, in one line each, with an example."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

import app


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


def test_commands_are_listed_in_the_order_of_their_use() -> None:
    lines = CliRunner().invoke(app.hilo, ["--help"]).output.partition("Commands:\n")[2].splitlines()
    names = [line.split()[0] for line in lines if line.strip()]
    assert names[:4] == ["run", "worker", "clock", "doctor"]
    assert names.index("hold") < names.index("release") < names.index("parked")
    assert [line for line in lines if line.endswith("...")] == []


# Explained in docs/operations.md so far.
BRIEF = ("twilio",)


@pytest.mark.parametrize(
    "path", [path for path, _ in commands(app.hilo) if path[0] not in BRIEF], ids=" ".join
)
def test_each_help_says_what_it_does_and_gives_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app.hilo, [*path, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    # The example stands on a line of its own, as it is to be typed.
    assert any("hilo " in line and line.startswith("    ") for line in result.output.splitlines())
