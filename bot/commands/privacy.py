"""`hilo requests`, `export` and `erase`: what people may ask of whoever keeps their data."""

import sys
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

import click

from bot.commands.group import (
    InOrder,
    ReadSettings,
    as_json,
    checked,
    is_watched,
    moment,
    opened,
    table,
    tell_json,
    without_asking,
)
from bot.erasure import erase
from bot.exporting import pieces
from bot.media import folder_of
from bot.phone_numbers import e164
from bot.settings import Settings
from context_store.database import Database
from context_store.records import CustomerId, Identifier, IdentifierKind, PrivacyRequestKind

whom = click.argument("customer", metavar="ID")
AT_ONCE = 200
HOW_TO = {
    PrivacyRequestKind.EXPORT: "hilo export customer {customer} -o FILE",
    PrivacyRequestKind.ERASE_SHOP: "hilo erase shop {source}",
}


def register(group: click.Group, read_settings: ReadSettings) -> None:
    _register_requests(group, read_settings)

    @group.group(cls=InOrder)
    def export() -> None:
        """Give out what is kept.

        \b
        Example:
          hilo export customer phone:+34600111222 -o ana.json
        """

    _register_export(export, read_settings)

    @group.group("erase", cls=InOrder)
    def erase_group() -> None:
        """Remove people for good; what was counted stays counted.

        \b
        Example:
          hilo erase customer phone:+34600111222
        """

    _register_erase(erase_group, read_settings)
    _register_erase_shop(erase_group, read_settings)


def _register_requests(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @as_json
    def requests(is_json: bool) -> None:
        """Who waits for their data, or to be erased. Longest waiting first.

        They asked in chat, or a shop passed it on (Shopify's customers/data_request and shop/redact;
        its customers/redact is done at once). The law gives you a month; the last column says how.

        \b
        Example:
          hilo requests
        """
        with opened(read_settings) as database, database.read() as uow:
            rows = [
                (moment(asked_at), str(customer_id), "chat", f"hilo erase customer {customer_id}")
                for customer_id, asked_at in uow.privacy_requests.erasures_waiting()
            ]
            rows += [
                (
                    moment(request.requested_at),
                    str(request.customer_id or "everybody"),
                    request.source,
                    HOW_TO[request.kind].format(customer=request.customer_id, source=request.source),
                )
                for request in uow.privacy_requests.waiting()
            ]
        if is_json:
            tell_json(
                [dict(zip(("since", "customer", "source", "answer"), row, strict=True)) for row in rows]
            )
        elif rows:
            table(("SINCE (UTC)", "CUSTOMER", "FROM", "ANSWER WITH"), sorted(rows))
        else:
            click.echo("Nobody waits.")


def _register_export(export: click.Group, read_settings: ReadSettings) -> None:
    @export.command("customer")
    @whom
    @click.option(
        "-o", "--output", type=click.File("w", encoding="utf-8", atomic=True), help="Default: here."
    )
    def export_customer(customer: str, output: IO[str] | None) -> None:
        """Everything that is kept about a person, as JSON (docs/data.md tells its shape).

        ID is a customer's id, or an identifier: phone:+34600111222, email:ana@example.com,
        user_id:u1. Whoever was merged with them is in it. Answers a shop's request for it.

        \b
        Examples:
          hilo export customer phone:+34600111222 -o ana.json
          hilo export customer email:ana@example.com | jq '.tables.messages | length'
        """
        now = datetime.now(UTC)
        settings = checked(read_settings)
        with opened(read_settings) as database:
            customer_id = _found(database, settings, customer)
            with database.snapshot() as uow:
                ids = uow.relatives.of(customer_id)
                target = output or sys.stdout
                for piece in pieces(uow, ids, folder_of(settings), now):
                    target.write(piece)
            with database.write() as uow:
                uow.privacy_requests.answer_exports(ids, now)
                uow.commit()


def _register_erase(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command("customer")
    @whom
    @without_asking
    def erase_customer(customer: str, is_sure: bool) -> None:
        """Remove a person: name, addresses, words, files, traits, and whatever else is theirs.

        Messages, orders and the like stay as empty shells, so that counts stay right. Keyed hashes of
        their identifiers stay too: late events, imports and webhooks do not bring them back, and a STOP
        stays a STOP. If they write to you again they are a new customer. There is no way back: take a
        backup out of use within your own terms as well.

        \b
        Examples:
          hilo erase customer phone:+34600111222
          hilo erase customer 01990d2c-6a7e-7cc1-8f0e-2f1f6c0f4b11 --yes
        """
        settings = checked(read_settings)
        with opened(read_settings) as database:
            customer_id = _found(database, settings, customer)
            with database.read() as uow:
                family = uow.relatives.of(customer_id)
            merged = f", with {len(family) - 1} merged into them" if len(family) > 1 else ""
            if not is_sure:
                click.confirm(f"Erase customer {customer_id}{merged}, for good?", abort=True)
            erased = erase(database, settings, customer_id, datetime.now(UTC))
        assert erased is not None
        rows = sum(erased.rows.values())
        click.echo(f"Erased: {rows} rows of {len(erased.rows)} tables, {erased.files} files.")


def _register_erase_shop(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command("shop")
    @click.argument("shop", type=click.Choice(["shopify", "woocommerce"]))
    @without_asking
    def erase_shop(shop: str, is_sure: bool) -> None:
        """Remove everybody of whom that shop has told us.

        You want it when a shop has left (Shopify sends shop/redact two days after your app was removed)
        and its people are nobody else's. One person at a time: it may be stopped and started again.

        \b
        Example:
          hilo erase shop shopify
        """
        settings = checked(read_settings)
        with opened(read_settings) as database:
            with database.read() as uow:
                first = uow.relatives.told_by(shop, None, 1)
            if first and not is_sure:
                click.confirm(f"Erase everybody of whom {shop} has told, for good?", abort=True)
            count = _erase_all(database, settings, shop)
            _finish_requests(database, shop)
        click.echo(f"Erased: {count} people." if count else f"{shop} has told of nobody who is still here.")


def _erase_all(database: Database, settings: Settings, shop: str) -> int:
    count, after = 0, None
    with click.progressbar(length=0, label="Erasing", hidden=not is_watched(), show_pos=True) as bar:
        while True:
            with database.read() as uow:
                ids = uow.relatives.told_by(shop, after, AT_ONCE)
            if not ids:
                return count
            for customer_id in ids:
                erase(database, settings, customer_id, datetime.now(UTC))
                count += 1
                bar.update(1)
            after = ids[-1]


def _finish_requests(database: Database, shop: str) -> None:
    now = datetime.now(UTC)
    with database.write() as uow:
        for request in uow.privacy_requests.waiting():
            if request.kind is PrivacyRequestKind.ERASE_SHOP and request.source == shop:
                uow.privacy_requests.finish(request.id, now)
        uow.commit()


def _found(database: Database, settings: Settings, named: str) -> CustomerId:
    """By id, or by an identifier as kind:value. Raises a `ClickException` in words."""
    with database.read() as uow:
        try:
            by_id = CustomerId(UUID(named))
        except ValueError:
            found = uow.customers.find_by(_identifier(settings, named))
        else:
            found = by_id if uow.relatives.of(by_id) else None
    if found is None:
        raise click.ClickException("nobody is known by that; erased people are not, either")
    return found


def _identifier(settings: Settings, named: str) -> Identifier:
    kind, _, value = named.partition(":")
    if kind not in tuple(IdentifierKind) or not value:
        kinds = ", ".join(IdentifierKind)
        raise click.UsageError(f"say who: a customer's id, or kind:value with one of {kinds}")
    known = IdentifierKind(kind)
    if known is IdentifierKind.PHONE:
        return Identifier(kind=known, value=e164(value, settings.default_country) or value)
    return Identifier(kind=known, value=value.casefold() if known is IdentifierKind.EMAIL else value)
