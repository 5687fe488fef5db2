"""`hilo webhooks`: where other systems listen, what they want, and what became of what they were told."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from bot.commands.group import ReadSettings, as_json, checked, moment, opened, table, tell_json
from bot.notifier import rules_of
from bot.webhook_call import fault_of
from bot.webhook_signing import new_secret
from context_store.records import (
    DisabledBy,
    Endpoint,
    EndpointId,
    NoticeDelivery,
    NoticeKind,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from context_store.webhooks import OVERLAP_SECONDS

KINDS = ", ".join(kind.value for kind in NoticeKind)


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group()
    def webhooks() -> None:
        """Tell other systems what happens (docs/webhooks.md).

        \b
        Example:
          hilo webhooks add https://crm.example/hilo --events message.received
        """

    _register_add(webhooks, read_settings)
    _register_list(webhooks, read_settings)
    _register_switches(webhooks, read_settings)
    _register_rotate(webhooks, read_settings)
    _register_deliveries(webhooks, read_settings)
    _register_replay(webhooks, read_settings)


def _register_add(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command()
    @click.argument("url")
    @click.option("--events", default="all", help="Kinds, separated by commas; handoff.* for a family.")
    @click.option("--with-body", is_flag=True, help="Also what customers write, and what is written to them.")
    def add(url: str, events: str, with_body: bool) -> None:
        """Tell an endpoint from now on, and show its secret this once.

        \b
        Example:
          hilo webhooks add https://crm.example/hilo --events message.received,handoff.*
        """
        kinds = kinds_named(events)
        fault = fault_of(url, rules_of(checked(read_settings)))
        if fault:
            raise click.UsageError(f"{url} cannot be called: {fault}")
        secret = new_secret()
        endpoint = Endpoint(
            id=EndpointId(new_id()),
            url=url,
            kinds=kinds,
            with_body=with_body,
            secret=secret,
            created_at=datetime.now(UTC),
        )
        with opened(read_settings) as database, database.write() as uow:
            if any(each.url == url for each in uow.webhooks.all()):
                raise click.UsageError("that address is there already: see `hilo webhooks list`")
            uow.webhooks.add(endpoint)
            uow.commit()
        click.echo(f"Added {endpoint.id}. It is told from the next seconds on.")
        click.echo(f"Its secret, shown this once: {secret}")


def _register_list(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command("list")
    @as_json
    def list_them(is_json: bool) -> None:
        """The endpoints, what each wants, and whether it answers.

        \b
        Example:
          hilo webhooks list
        """
        with opened(read_settings) as database, database.read() as uow:
            known = uow.webhooks.all()
        if is_json:
            tell_json([_shown(each) for each in known])
            return
        if not known:
            click.echo("There is no endpoint yet. Add one: hilo webhooks add URL")
            return
        head = ("ID", "STATE", "EVENTS", "ADDRESS")
        table(head, [(each.id, _state(each), len(each.kinds), each.url) for each in known])


def _register_switches(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command()
    @click.argument("endpoint")
    def disable(endpoint: str) -> None:
        """Tell it nothing more. What happens meanwhile can be replayed later.

        \b
        Example:
          hilo webhooks disable https://crm.example/hilo
        """
        with opened(read_settings) as database, database.write() as uow:
            is_new = uow.webhooks.disable(_named(uow, endpoint).id, DisabledBy.STAFF)
            uow.commit()
        click.echo("Disabled." if is_new else "It was disabled already.")

    @webhooks.command()
    @click.argument("endpoint")
    def enable(endpoint: str) -> None:
        """Tell it again; what waited for it goes at once.

        \b
        Example:
          hilo webhooks enable https://crm.example/hilo
        """
        with opened(read_settings) as database, database.write() as uow:
            is_new = uow.webhooks.enable(_named(uow, endpoint).id)
            uow.commit()
        click.echo("Enabled." if is_new else "It was enabled already.")


def _register_rotate(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command()
    @click.argument("endpoint")
    def rotate(endpoint: str) -> None:
        """A new secret. For a day the old one signs too, so that the receiver can change over.

        \b
        Example:
          hilo webhooks rotate https://crm.example/hilo
        """
        secret = new_secret()
        with opened(read_settings) as database, database.write() as uow:
            uow.webhooks.rotate(_named(uow, endpoint).id, secret, OVERLAP_SECONDS)
            uow.commit()
        click.echo(f"Its new secret, shown this once: {secret}")


def _register_deliveries(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command()
    @click.argument("endpoint")
    @click.option("--last", default=20, show_default=True, type=click.IntRange(1, 500))
    @as_json
    def deliveries(endpoint: str, last: int, is_json: bool) -> None:
        """What it was told, newest first, and what it answered.

        \b
        Example:
          hilo webhooks deliveries https://crm.example/hilo
        """
        with opened(read_settings) as database, database.read() as uow:
            found = uow.webhook_deliveries.newest(_named(uow, endpoint).id, last)
        if is_json:
            tell_json([_told(each) for each in found])
            return
        head = ("DELIVERY", "WHEN", "EVENT", "STATE", "TRIES", "ANSWER")
        table(head, [(*_told(each).values(), _answer(each)) for each in found])


def _register_replay(webhooks: click.Group, read_settings: ReadSettings) -> None:
    @webhooks.command()
    @click.argument("endpoint")
    @click.argument("delivery", type=int, required=False)
    @click.option("--since", type=click.DateTime(), help="All since then, in UTC: 2026-11-23T10:00:00")
    def replay(endpoint: str, delivery: int | None, since: datetime | None) -> None:
        """Tell it again: one delivery by its number, or all since a time, with what it missed.

        \b
        Example:
          hilo webhooks replay https://crm.example/hilo --since 2026-11-23T10:00:00
        """
        if (delivery is None) is (since is None):
            raise click.UsageError("name one delivery, or --since a time")
        with opened(read_settings) as database, database.write() as uow:
            found = _named(uow, endpoint)
            if since is not None:
                count = uow.webhook_deliveries.replay_since(found.id, since.replace(tzinfo=UTC))
            else:
                count = int(uow.webhook_deliveries.replay(found.id, delivery or 0))
            uow.commit()
        click.echo(f"{count} to be told again." if count else "Nothing to be told again.")


def kinds_named(events: str) -> tuple[NoticeKind, ...]:
    """`all`, kinds by name, or a family as `handoff.*`. Raises click's error for what is neither."""
    found: list[NoticeKind] = []
    for name in filter(None, (part.strip() for part in events.split(","))):
        matching = [kind for kind in NoticeKind if _is_named(kind, name)]
        if not matching:
            raise click.UsageError(f"{name} is no event. There are: {KINDS}")
        found += matching
    if not found:
        raise click.UsageError(f"name some events. There are: {KINDS}")
    return tuple(dict.fromkeys(found))


def _is_named(kind: NoticeKind, name: str) -> bool:
    is_family = name.endswith(".*") and kind.value.startswith(name[:-1])
    return name == "all" or name == kind.value or is_family


def _named(uow: UnitOfWork, name: str) -> Endpoint:
    """By its address, or by its id or the end of it. Raises click's error when it is none, or several."""
    found = [each for each in uow.webhooks.all() if each.url == name or str(each.id).endswith(name)]
    if len(found) != 1:
        what = "no endpoint" if not found else "more than one endpoint"
        raise click.UsageError(f"{what} is called {name}: see `hilo webhooks list`")
    return found[0]


def _state(endpoint: Endpoint) -> str:
    if endpoint.disabled_by is not None:
        return f"disabled ({endpoint.disabled_by.value})"
    return f"failing since {moment(endpoint.failing_since)}" if endpoint.failing_since else "enabled"


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "state": _state(endpoint),
        "events": [kind.value for kind in endpoint.kinds],
        "with_body": endpoint.with_body,
    }


def _told(delivery: NoticeDelivery) -> dict[str, Any]:
    return {
        "delivery": delivery.position,
        "when": moment(delivery.notice.created_at),
        "event": delivery.notice.kind.value,
        "state": delivery.status.value,
        "tries": delivery.attempt,
    }


def _answer(delivery: NoticeDelivery) -> str:
    """The last of its tries in a few words; theirs are escaped."""
    if not delivery.tries:
        return "not tried yet"
    last = delivery.tries[-1]
    words: Iterable[str] = (
        last.fault or f"HTTP {last.http_status}",
        f"{last.milliseconds} ms",
        ascii(last.answer[:80]) if last.answer else "",
    )
    return "  ".join(filter(None, words))
