"""`hilo promotions`: bring them in from a file, and codes for customers to be given."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
import yaml
from pydantic import ValidationError

from bot.commands.group import ReadSettings, in_batches, opened, table
from bot.promotions import import_promotions
from context_store.records import CodeSource, PromotionRecord
from flows import promotions as offers
from flows.code_lists import read_codes


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group()
    def promotions() -> None:
        """What is on offer, and bringing it in from files.

        \b
        Example:
          hilo promotions list
        """

    _register_list(promotions, read_settings)
    _register_import(promotions, read_settings)
    _register_codes(promotions, read_settings)


def _register_list(promotions: click.Group, read_settings: ReadSettings) -> None:
    @promotions.command("list")
    def list_them() -> None:
        """Every promotion with its state, until when it is on, for whom, and how many orders used it.

        \b
        Example:
          hilo promotions list
        """
        with opened(read_settings) as database, database.read() as uow:
            found = uow.promotions.all()
        if not found:
            click.echo("There is no promotion yet. Make one on the staff pages, or `hilo promotions import`.")
            return
        table(("CODE", "STATE", "UNTIL", "FOR", "USED"), [_row(each) for each in found])


def _register_import(promotions: click.Group, read_settings: ReadSettings) -> None:
    @promotions.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--approved", is_flag=True, help="They go live at once, without a second pair of eyes.")
    def import_file(file: Path, approved: bool) -> None:
        """Bring in promotions from a YAML file; a code that is known already is left alone.

        \b
        Example:
          hilo promotions import flows/promotions.yml --approved
        """
        try:
            told = offers.load(file)
        except (ValidationError, ValueError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{file}: {error}") from error
        with opened(read_settings) as database, database.write() as uow:
            count = import_promotions(uow, told, datetime.now(UTC), is_approved=approved)
            uow.commit()
        click.echo(
            f"{count} of {len(told)} brought in, {'live' if approved else 'as drafts to be approved'}."
        )


def _register_codes(promotions: click.Group, read_settings: ReadSettings) -> None:
    @promotions.command("codes")
    @click.argument("code")
    @click.argument("file", type=click.File(encoding="utf-8-sig"))
    def fill_pool(code: str, file: TextIO) -> None:
        """Fill a promotion's pool: the first column of a CSV file, a code a line.

        \b
        Example:
          hilo promotions codes WELCOME codes.csv
        """
        try:
            good, bad = read_codes(file)
        except ValueError as error:
            raise click.ClickException(f"{file.name}: {error}") from error
        with opened(read_settings) as database:
            with database.read() as uow:
                record = uow.promotions.by_code(code.upper())
            if record is None or record.code_source is not CodeSource.POOL:
                raise click.ClickException(f"{code} is no promotion whose codes come from a list")
            new = 0
            for batch in in_batches(good, "Reading"):
                with database.write() as uow:
                    new += uow.promotions.fill_pool(record.id, batch)
                    uow.commit()
        click.echo(f"{new} new codes; {len(good) - new} were known.")
        for line, text in bad[:10]:
            click.echo(f"line {line}: {text[:50]!a} is no code: 3 to 40 of A-Z, 0-9, _ and -", err=True)
        if len(bad) > 10:
            click.echo(f"… and {len(bad) - 10} lines more", err=True)


def _row(record: PromotionRecord) -> tuple[str, ...]:
    most = f" of {record.most_uses}" if record.most_uses else ""
    return (
        record.code,
        record.status.value,
        str(record.ends or "-"),
        record.audience,
        f"{record.uses}{most}",
    )
