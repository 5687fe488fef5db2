"""`hilo keys`: who may call the API, and with which scopes."""

from datetime import UTC, datetime

import click

from bot.api.callers import Scope, hash_of, new_key
from bot.commands.group import InOrder, ReadSettings, as_json, moment, opened, table, tell_json
from context_store.records import ApiKey, ApiKeyId, new_id

LONGEST_NAME = 60


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group(cls=InOrder)
    def keys() -> None:
        """Keys for other systems that call the API.

        Each has a name, and scopes that say what it may do. A key is shown once, when it is made: only
        a hash of it is kept. Keys in API_KEYS have every scope and are not listed here.

        \b
        Example:
          hilo keys create webchat --scope entries:write --scope tokens:write
        """

    _register_create(keys, read_settings)
    _register_list(keys, read_settings)
    _register_revoke(keys, read_settings)


def _register_create(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.argument("name")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        required=True,
        type=click.Choice([scope.value for scope in Scope]),
        help="What it may do; give it several times.",
    )
    def create(name: str, scopes: tuple[str, ...]) -> None:
        """Make a key and show it, this once.

        \b
        Example:
          hilo keys create till-3 --scope tokens:write
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise click.ClickException(f"a name has 1 to {LONGEST_NAME} plain characters")
        key = new_key()
        record = ApiKey(
            id=ApiKeyId(new_id()),
            name=name,
            hash=hash_of(key),
            scopes=tuple(sorted(set(scopes))),
            created_at=datetime.now(UTC),
        )
        with opened(read_settings) as database, database.write() as uow:
            if not uow.api_access.add_key(record):
                raise click.ClickException(
                    f"there is, or was, a key {name!r}: take another name, so that the log tells them apart"
                )
            uow.commit()
        click.echo(key)
        click.echo("Keep it now: it is not shown again, and only its hash is kept.", err=True)


def _register_list(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command(name="list")
    @as_json
    def show(is_json: bool) -> None:
        """Every key with its scopes, and when it was last used.

        \b
        Example:
          hilo keys list
        """
        with opened(read_settings) as database, database.read() as uow:
            found = uow.api_access.all_keys()
        if is_json:
            tell_json([_document(key) for key in found])
            return
        if not found:
            click.echo("No keys yet: `hilo keys create NAME --scope …` makes one.")
            return
        rows = [
            (key.name, _state(key), moment(key.created_at), _last_use(key), " ".join(key.scopes))
            for key in found
        ]
        table(("name", "state", "made", "last used", "scopes"), rows)


def _register_revoke(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.argument("name")
    def revoke(name: str) -> None:
        """End a key for good, at once.

        \b
        Example:
          hilo keys revoke till-3
        """
        with opened(read_settings) as database, database.write() as uow:
            if not uow.api_access.revoke(name, datetime.now(UTC)):
                raise click.ClickException(f"no live key is called {name!r}: `hilo keys list` shows them")
            uow.commit()
        click.echo(f"{name} is revoked.")


def _document(key: ApiKey) -> dict[str, object]:
    return {name: value for name, value in vars(key).items() if name != "hash"}


def _state(key: ApiKey) -> str:
    return "revoked" if key.revoked_at else "live"


def _last_use(key: ApiKey) -> str:
    return moment(key.last_used_at) if key.last_used_at else "never"
