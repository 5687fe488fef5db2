"""`hilo import`: customers, orders, products and consents from CSV files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

import click

from bot.commands.group import InOrder, ReadSettings, checked, is_watched, opened
from bot.importing.csv_files import FileFault
from bot.importing.kinds import Frame
from bot.importing.run import KINDS, AlreadyImported, Order, Report, run
from bot.settings import Settings

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
COMMON = """
        The first line names the columns; `docs/data.md` lists them. Comma, semicolon or tab, UTF-8 or
        what --encoding says. Lines that cannot be taken go to FILE.errors.csv with their number and the
        reason; correct them there and import that file. Twice does no more than once, and what was
        stopped goes on where it stopped.
"""
HELP = {
    "customers": """Customers: who they are, and how they can be reached.

        Columns: user_id, phone, email (one of them), name or first_name and last_name, language, country,
        timezone, loyalty_points. A number is no consent: import those too. What customers told us
        themselves stays as it is.
""",
    "orders": """Orders with their customer, who is made if new.

        Columns: number, total, placed_at and one of user_id, phone, email; status, currency, changed_at,
        items ("2 x Vela @ 12.50 | Taza @ 9.90"), carrier, tracking_number, tracking_url, invoice_url. The
        newest changed_at wins. No journey starts: these are old news.
""",
    "products": """The catalogue: what the bot can find and sell.

        Columns: product_id, name, price; currency, url, image_url, category, stock, changed_at.
""",
    "consents": """Who agreed to what, and who refused.

        Columns: one of user_id, phone, email; channel, topic, status, wording, proof, date; until (for
        paused), per_week (for limited). Import the customers first. An agreement needs its wording and
        its proof, and never undoes a refusal that is newer.
""",
}


class Given(TypedDict):
    """The options, as click hands them over."""

    is_dry: bool
    country: str | None
    encoding: str | None
    separator: str | None
    source: str
    is_again: bool


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group("import", cls=InOrder)
    def import_group() -> None:
        """Read customers, orders, products or consents from a CSV file.

        \b
        Example:
          hilo import customers clientes.csv --country ES --dry-run
        """

    for kind in KINDS:
        _register(import_group, read_settings, kind)


def _register(group: click.Group, read_settings: ReadSettings, kind: str) -> None:
    example = f"\n        \b\n        Examples:\n          hilo import {kind} {kind}.csv --dry-run\n"
    more = f"          hilo import {kind} {kind}.csv --country MX --encoding latin-1\n"

    @group.command(kind, help=HELP[kind] + COMMON + example + more)
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", "is_dry", is_flag=True, help="Check every line, change nothing.")
    @click.option("--country", help="Of numbers without a +. Default: DEFAULT_COUNTRY.")
    @click.option("--encoding", help="Where the file is not UTF-8: latin-1, cp1252 …")
    @click.option("--separator", type=click.Choice(list(SEPARATORS)), help="Where it is not seen by itself.")
    @click.option("--source", default="import", help="The name under which it is noted who told us.")
    @click.option("--again", "is_again", is_flag=True, help="From the start, though it was read before.")
    def read_file(file: Path, **given: Unpack[Given]) -> None:
        settings = checked(read_settings)
        order = Order(
            kind=KINDS[kind],
            path=file,
            frame=_frame(settings, given["country"], given["source"]),
            encoding=given["encoding"],
            separator=SEPARATORS[given["separator"]] if given["separator"] else None,
            is_dry=given["is_dry"],
            is_again=given["is_again"],
        )
        with opened(read_settings) as database, _watched(file) as watch:
            try:
                report = run(database, order, lambda: datetime.now(UTC), watch)
            except FileFault as fault:
                raise click.ClickException(str(fault)) from fault
            except AlreadyImported as done:
                raise click.ClickException(_told_before(done)) from done
        _tell(report, given["is_dry"])


@contextmanager
def _watched(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the file, where somebody watches."""
    seen = 0
    with click.progressbar(length=file.stat().st_size, label="Reading", hidden=not is_watched()) as bar:

        def watch(position: int) -> None:
            nonlocal seen
            bar.update(position - seen)
            seen = position

        yield watch


def _frame(settings: Settings, country: str | None, source: str) -> Frame:
    chosen = (country or settings.default_country).upper()
    if len(chosen) != len("ES") or not chosen.isalpha():
        raise click.UsageError(f"--country {chosen}: two letters, e.g. ES")
    return Frame(
        country=chosen,
        currency=settings.currency,
        timezone=ZoneInfo(settings.default_timezone),
        source=source[:64],
        secret_key=settings.secret_key,
    )


def _told_before(done: AlreadyImported) -> str:
    progress = done.progress
    when = f"{progress.finished_at:%Y-%m-%d %H:%M} UTC" if progress.finished_at else "before"
    return f"this very file was imported on {when} ({progress.kept} lines kept); say --again to read it anew"


def _tell(report: Report, is_dry: bool) -> None:
    progress = report.progress
    if report.resumed_at:
        click.echo(f"Went on behind line {report.resumed_at}.")
    if report.unknown_columns:
        click.echo(f"Columns that were passed over: {', '.join(report.unknown_columns)}.")
    did = "would be kept" if is_dry else "kept"
    click.echo(
        f"{progress.kept} lines {did}, {progress.unchanged} known already, {progress.refused} refused."
    )
    if progress.refused and report.errors:
        click.echo(f"The refused ones, with the reasons: {report.errors}")
