"""What the operator's commands share: their order, their way to the database, how they show things."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click

from bot.settings import Settings, SettingsFault
from context_store.database import Database

ReadSettings = Callable[[], Settings]
Thing = TypeVar("Thing")

as_json = click.option("--json", "is_json", is_flag=True, help="One JSON document, for programs.")
without_asking = click.option("--yes", "is_sure", is_flag=True, help="Do it without asking.")

AT_ONCE = 100
MINUTE, HOUR, DAY = 60, 3600, 86400


class InOrder(click.Group):
    """Lists its commands in the order in which they were added, which is the order of their use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def checked(read: ReadSettings) -> Settings:
    try:
        return read()
    except SettingsFault as fault:
        raise click.ClickException(f"the settings are not complete:\n{fault}") from fault


@contextmanager
def opened(read: ReadSettings) -> Iterator[Database]:
    """The database, its schema current: an older one would only give errors that nobody understands."""
    database = Database.connect(checked(read).database_url)
    try:
        problem = database.schema_problem()
        if problem:
            raise click.ClickException(problem)
        database.learn_wanted()
        yield database
    finally:
        database.dispose()


def masked(address: str | None) -> str:
    """The last two digits: enough to tell two customers apart, too little to write to one."""
    digits = [sign for sign in address or "" if sign.isdigit()]
    return f"…{''.join(digits[-2:])}" if digits else "…"


def age(span: timedelta) -> str:
    """Two figures at most: 40 s, 12 min, 3 h, 5 days."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 2 * MINUTE:
        return f"{seconds} s"
    if seconds < 2 * HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h" if seconds < 2 * DAY else f"{seconds // DAY} days"


def moment(when: datetime | None) -> str:
    return when.strftime("%Y-%m-%d %H:%M:%S") if when else "?"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their longest word; the last one as long as it likes."""
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        *cells, last = row
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        click.echo("  ".join([*padded, last]).rstrip())


def tell_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def is_watched() -> bool:
    return sys.stdout.isatty()


def in_batches(things: Sequence[Thing], label: str) -> Iterator[Sequence[Thing]]:
    """A hundred at a time, each for a transaction of its own, with a bar where somebody watches."""
    with click.progressbar(length=len(things), label=label, hidden=not is_watched()) as bar:
        for start in range(0, len(things), AT_ONCE):
            batch = things[start : start + AT_ONCE]
            yield batch
            bar.update(len(batch))
