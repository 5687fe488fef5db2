"""`hilo migrate`, `seed`, `password` and `tidy`: what an operator does to the database."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import click

from bot.commands.group import ReadSettings, checked, is_watched, opened
from bot.commands.serve import Making
from bot.house import House
from bot.retention import steps
from bot.settings import Settings
from context_store.database import Database

# A new password for that e-mail; None when nobody has it.
NewPassword = Callable[[Database, str], str | None]


def register(
    group: click.Group, read_settings: ReadSettings, new_password: NewPassword, making: Making
) -> None:
    _register_schema(group, read_settings, making)

    @group.command()
    @click.argument("email")
    def password(email: str) -> None:
        """Make a new password for a member of staff.

        It is shown once, and ends every place where they are signed in. For when nobody who could
        do it at the desk remembers theirs.

        \b
        Example:
          hilo password ana@example.com
        """
        with opened(read_settings) as database:
            made = new_password(database, email)
        if made is None:
            raise click.ClickException(f"no active member of staff has the e-mail {email}")
        click.echo(f"The new password of {email}: {made}")

    @group.command()
    def tidy() -> None:
        """Delete what has been kept long enough, now.

        The processes do it by themselves every hour, for as long as the settings KEEP_…_DAYS say. You
        want it by hand after you have shortened one of them, or before a backup. Small pieces: nobody
        waits for it, and it may be stopped and started again.

        \b
        Example:
          KEEP_MESSAGES_DAYS=365 hilo tidy
        """
        settings = checked(read_settings)
        with opened(read_settings):
            house = making.build(settings)
        try:
            _tidy(house)
        finally:
            house.close()


def _register_schema(group: click.Group, read_settings: ReadSettings, making: Making) -> None:
    @group.command()
    def migrate() -> None:
        """Bring the database to the schema of this version.

        Run it once for each new version, before the processes of that version start; those of the
        version before go on working meanwhile. Safe to repeat.

        \b
        Example:
          hilo migrate
        """
        database = Database.connect(checked(read_settings).database_url)
        try:
            before, after = _migrate(database)
        finally:
            database.dispose()
        if before == after:
            click.echo(f"The database was at {after} already: nothing to do.")
        else:
            click.echo(f"The database was {f'at {before}' if before else 'empty'}, and is now at {after}.")

    @group.command()
    def seed() -> None:
        """Put the demo shop into an empty database.

        A few people with orders and consents, to try things on: what `hilo run` does at its
        first start. Where there are customers already it changes nothing and says so.

        \b
        Example:
          DATABASE_URL=postgresql+psycopg://localhost/trial hilo seed
        """
        settings = checked(read_settings)
        with opened(read_settings) as database:
            _seed(database, settings, making)


def _migrate(database: Database) -> tuple[str | None, str | None]:
    with database.read() as uow:
        before = uow.server.revision()
    database.migrate()
    with database.read() as uow:
        return before, uow.server.revision()


def _seed(database: Database, settings: Settings, making: Making) -> None:
    with database.read() as uow:
        is_empty = not uow.server.has_customers()
    if not is_empty or not making.seed(database, settings, datetime.now(UTC)):
        raise click.ClickException("this database has customers already: nothing was changed")
    click.echo("The demo shop is in: its people, products, orders and consents.")


def _tidy(house: House) -> None:
    gone: Counter[str] = Counter()
    pieces_of_work = steps(house.parts, house.parts.now())
    with click.progressbar(pieces_of_work, label="Deleting what is old", hidden=not is_watched()) as pieces:
        for name, count in pieces:
            gone[name] += count
    told = ", ".join(f"{count} {name}" for name, count in gone.items() if count)
    click.echo(f"Deleted: {told or 'nothing, there was nothing old enough'}.")
