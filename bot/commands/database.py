"""`hilo migrate` and `hilo password`: what an operator does to the database."""

from collections.abc import Callable

import click

from bot.settings import Settings, SettingsFault
from context_store.database import Database

# A new password for that e-mail; None when nobody has it.
NewPassword = Callable[[Database, str], str | None]


def register(group: click.Group, read_settings: Callable[[], Settings], new_password: NewPassword) -> None:
    @group.command()
    def migrate() -> None:
        """Bring the database to the newest schema; safe to repeat."""
        database = _open(read_settings)
        database.migrate()
        database.dispose()
        click.echo("The database is up to date.")

    @group.command()
    @click.argument("email")
    def password(email: str) -> None:
        """Make a new password for a member of staff; their sessions end."""
        database = _open(read_settings)
        made = new_password(database, email)
        database.dispose()
        if made is None:
            raise click.ClickException(f"no active member of staff has the e-mail {email}")
        click.echo(f"The new password of {email}: {made}")


def _open(read_settings: Callable[[], Settings]) -> Database:
    try:
        settings = read_settings()
    except SettingsFault as fault:
        raise click.ClickException(f"the settings are not complete:\n{fault}") from fault
    return Database.connect(settings.database_url)
