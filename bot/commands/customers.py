"""`hilo customers`: who is one person with whom, joined and parted from a shell."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import click

from bot.commands.group import (
    InOrder,
    ReadSettings,
    as_json,
    masked,
    moment,
    opened,
    table,
    tell_json,
    without_asking,
)
from context_store.identity import join, part
from context_store.identity_faults import CannotMerge, again_if_moved
from context_store.records import Conflict, CustomerId, Identifier, IdentifierKind, Method, Why
from context_store.unit_of_work import UnitOfWork

MOST = 1000
why_option = click.option("--reason", default="command", help="Kept in the record.", metavar="TEXT")
Result = TypeVar("Result")


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group("customers", cls=InOrder)
    def customers_group() -> None:
        """See who may be one person, join two, part them again.

        A customer is named by id, or by what they are known by: `phone:+34600000001`,
        `email:ana@example.com`, `user_id:42`, `anonymous_id:…`, `store_card:…`.

        \b
        Examples:
          hilo customers conflicts
          hilo customers merge user_id:42 phone:+34600000001
          hilo customers unmerge 0199b1c0-…
        """

    _register_conflicts(customers_group, read_settings)
    _register_merge(customers_group, read_settings)
    _register_unmerge(customers_group, read_settings)


def _register_conflicts(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @as_json
    def conflicts(is_json: bool) -> None:
        """What says that two customers may be one, and waits for a decision. Oldest first.

        Of a number or an e-mail only the end is shown: staff see all of it, and decide, on the page
        "Who is who".

        \b
        Example:
          hilo customers conflicts --json | jq '.conflicts[].first'
        """
        with opened(read_settings) as database, database.read() as uow:
            found = uow.customers.merges.record.waiting(MOST)
        if is_json:
            tell_json({"conflicts": [_shown(conflict) for conflict in found]})
        elif found:
            rows = [tuple(_shown(conflict).values()) for conflict in found]
            table(("SINCE (UTC)", "ONE", "OTHER", "BY", "WHOSE WORD", "WHY"), rows)
        else:
            click.echo("Nothing to decide.")


def _register_merge(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.argument("survivor", metavar="A")
    @click.argument("other", metavar="B")
    @why_option
    @without_asking
    def merge(survivor: str, other: str, reason: str, is_sure: bool) -> None:
        """A and B are one person, with the thread of A.

        Nothing is copied or deleted: B points to A, and all that either has is read together. `unmerge`
        takes it back. The running processes notice within seconds.

        \b
        Example:
          hilo customers merge user_id:42 phone:+34600000001 --reason "called us from both"
        """

        def act(uow: UnitOfWork) -> bool:
            two = _named(uow, survivor), _named(uow, other)
            why = Why(method=Method.COMMAND, actor="command", reason=reason)
            return join(uow.customers, *two, why, datetime.now(UTC))

        if not is_sure:
            click.confirm(f"{survivor} and {other} are one person from now on. Go on?", abort=True)
        is_new = _changed(read_settings, act)
        click.echo("They are one person now." if is_new else "They are one person already.")


def _register_unmerge(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.argument("merged", metavar="ID")
    @why_option
    def unmerge(merged: str, reason: str) -> None:
        """The profile with that id is a person of its own again.

        Each has what came from its own addresses and shops, before the merge and since. The same
        evidence does not join them again; `merge` does. The customer's page shows the ids.

        \b
        Example:
          hilo customers unmerge 0199b1c0-7a4e-7d3a-9c55-0a3f1f2d4e5b
        """

        def act(uow: UnitOfWork) -> CustomerId | None:
            why = Why(method=Method.COMMAND, actor="command", reason=reason)
            return part(uow.customers, _profile(uow, merged), why, datetime.now(UTC))

        survivor_id = _changed(read_settings, act)
        if survivor_id is None:
            raise click.ClickException("that profile is not joined to anybody")
        click.echo(f"Parted from {survivor_id}.")


def _changed(read_settings: ReadSettings, act: Callable[[UnitOfWork], Result]) -> Result:
    with opened(read_settings) as database:

        def once() -> Result:
            with database.write() as uow:
                result = act(uow)
                uow.commit()
            return result

        try:
            return again_if_moved(once)
        except CannotMerge as fault:
            raise click.ClickException(str(fault)) from fault


def _named(uow: UnitOfWork, name: str) -> CustomerId:
    kind, colon, value = name.partition(":")
    if not colon:
        return _profile(uow, name)
    if kind not in IdentifierKind.__members__.values():
        known = ", ".join(IdentifierKind)
        raise click.ClickException(f"{kind!r} is no kind of identifier: one of {known}")
    found = uow.customers.find_by(Identifier(kind=IdentifierKind(kind), value=value))
    if found is None:
        raise click.ClickException(f"nobody is known by {name}")
    return found


def _profile(uow: UnitOfWork, name: str) -> CustomerId:
    try:
        customer = uow.customers.get(CustomerId(UUID(name)))
    except ValueError:
        customer = None
    if customer is None:
        raise click.ClickException(f"no customer has the id {name}")
    return customer.id


def _shown(conflict: Conflict) -> dict[str, Any]:
    named = conflict.identifier
    return {
        "since": moment(conflict.opened_at),
        "first": str(conflict.first_id),
        "second": str(conflict.second_id),
        "by": f"{named.kind.value} {_hidden(named)}" if named else "?",
        "source": f"{conflict.source} ({conflict.method.value})",
        "reason": conflict.reason,
    }


def _hidden(named: Identifier) -> str:
    if named.kind is IdentifierKind.EMAIL:
        return f"…@{named.value.rpartition('@')[2]}"
    return masked(named.value) if named.kind is IdentifierKind.PHONE else named.value[:40]
