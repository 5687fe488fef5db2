"""`hilo migrate`: bring the database to this version."""

import click

from bot.settings import Settings, SettingsFault
from context_store.database import Database


def register(group: click.Group) -> None:
    group.add_command(migrate)


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe to repeat."""
    try:
        settings = Settings.from_env()
    except SettingsFault as fault:
        raise click.ClickException(f"the settings are not complete:\n{fault}") from fault
    database = Database.connect(settings.database_url)
    database.migrate()
    database.dispose()
    click.echo("The database is up to date.")
