"""`hilo parked`: what Hilo gave up on and a person decides. Never shows what a customer wrote."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from bot.aftermath import tell_journey
from bot.commands.group import (
    InOrder,
    ReadSettings,
    as_json,
    in_batches,
    masked,
    moment,
    opened,
    table,
    tell_json,
    without_asking,
)
from context_store.database import Database
from context_store.parked import DROPPED, ParkedThing
from context_store.records import InputNumber, MessageId, ShopDelivery
from context_store.unit_of_work import UnitOfWork

all_of_them = click.option("--all", "is_all", is_flag=True, help="Everything that is parked.")
some_ids = click.argument("ids", nargs=-1, metavar="[ID]...")

OF_SHOPS = "shop:"

# Returns the ids that were parked until now.
Change = Callable[[UnitOfWork, Sequence[Any]], Iterable[object]]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    inputs: Sequence[InputNumber]
    messages: Sequence[MessageId]
    deliveries: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.inputs) + len(self.messages) + len(self.deliveries)


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group(cls=InOrder)
    def parked() -> None:
        """See, retry or drop what was given up on.

        Three sorts of things are parked. An input (its id is a number) is something that no turn could
        handle: five tries failed, or three ended the process. An outgoing message (its id is a long
        one) is one that may or may not have reached the customer: Twilio never said. A shop's webhook
        (shop:12) is one that we could not make sense of in three tries; until then its payload is kept.

        \b
        Examples:
          hilo parked list
          hilo parked retry 4711
          hilo parked drop --all
        """

    _register_list(parked, read_settings)
    _register_retry(parked, read_settings)
    _register_drop(parked, read_settings)


def _register_list(parked: click.Group, read_settings: ReadSettings) -> None:
    @parked.command("list")
    @as_json
    def list_them(is_json: bool) -> None:
        """Id, since when, whose, what, and why. Oldest first.

        Of the customer's number only the last two digits are shown, of the text nothing: staff see
        both at the desk.

        \b
        Example:
          hilo parked list --json | jq '.messages[].id'
        """
        with opened(read_settings) as database, database.read() as uow:
            shown = {
                "inputs": [*map(_shown, uow.parked.inputs())],
                "messages": [*map(_shown, uow.parked.messages())],
                "deliveries": [*map(_shown_delivery, uow.shop_deliveries.parked())],
            }
        everything = [tuple(thing.values()) for things in shown.values() for thing in things]
        if is_json:
            tell_json(shown)
        elif everything:
            table(("ID", "SINCE (UTC)", "CUSTOMER", "WHAT", "WHY"), everything)
        else:
            click.echo("Nothing is parked.")


def _register_retry(parked: click.Group, read_settings: ReadSettings) -> None:
    @parked.command()
    @some_ids
    @all_of_them
    @without_asking
    def retry(ids: tuple[str, ...], is_all: bool, is_sure: bool) -> None:
        """Try it again, as if it were new.

        You want it after the cause is gone: a new version, Twilio is back. An input waits again with
        its counts at zero. A message is queued again, and asks before: it may have arrived the first
        time. Nothing is rung for; the sweep of the running processes finds it within seconds.

        \b
        Examples:
          hilo parked retry 4711 4712
          hilo parked retry --all --yes
        """
        with opened(read_settings) as database:
            chosen = _chosen(database, ids, is_all)
            if chosen.messages and not is_sure:
                number = len(chosen.messages)
                click.confirm(
                    f"{_so_many(number, 'message')} may reach the customer a second time. Go on?", abort=True
                )
            count = _change(
                database,
                chosen,
                "Trying again",
                lambda uow, ids: uow.parked.retry_inputs(ids),
                lambda uow, ids: uow.parked.retry_messages(ids),
                lambda uow, ids: uow.shop_deliveries.retry(ids),
            )
        click.echo(f"{_so_many(count, 'thing')} waiting again; the sweep finds them within seconds.")
        _tell_missing(len(chosen) - count)


def _register_drop(parked: click.Group, read_settings: ReadSettings) -> None:
    @parked.command()
    @some_ids
    @all_of_them
    @without_asking
    def drop(ids: tuple[str, ...], is_all: bool, is_sure: bool) -> None:
        """Give it up for good; it stays in the thread, with that reason.

        You want it when trying again would do harm or comes too late. An input counts as done, a
        message as failed; the journey that it belongs to ends.

        \b
        Example:
          hilo parked drop 01990d2c-6a7e-7cc1-8f0e-2f1f6c0f4b11
        """
        now = datetime.now(UTC)
        with opened(read_settings) as database:
            chosen = _chosen(database, ids, is_all)
            if not is_sure:
                click.confirm(f"Drop {_so_many(len(chosen), 'thing')} for good?", abort=True)
            count = _change(
                database,
                chosen,
                "Dropping",
                lambda uow, ids: uow.parked.drop_inputs(ids, now),
                lambda uow, ids: drop_messages(uow, ids, now),
                lambda uow, ids: uow.shop_deliveries.drop(ids, now, DROPPED),
            )
        click.echo(f"{_so_many(count, 'thing')} dropped.")
        _tell_missing(len(chosen) - count)


def drop_messages(uow: UnitOfWork, ids: Sequence[MessageId], now: datetime) -> Sequence[object]:
    dropped = uow.parked.drop_messages(ids)
    for message in dropped:
        tell_journey(uow, message, now, skipped=DROPPED)
    return dropped


def _change(database: Database, chosen: Chosen, label: str, *changes: Change) -> int:
    """A hundred in a transaction: of inputs, messages, deliveries. How many were parked until now."""
    count = 0
    kinds: tuple[Sequence[object], ...] = (chosen.inputs, chosen.messages, chosen.deliveries)
    for ids, change in zip(kinds, changes, strict=True):
        for batch in in_batches(ids, label) if ids else ():
            with database.write() as uow:
                count += len(list(change(uow, batch)))
                uow.commit()
    return count


def _chosen(database: Database, ids: tuple[str, ...], is_all: bool) -> Chosen:
    if bool(ids) is is_all:
        raise click.UsageError("name some ids, as `hilo parked list` shows them, or say --all")
    if not is_all:
        return _parsed(ids)
    with database.read() as uow:
        return Chosen(
            inputs=[InputNumber(int(str(thing.id))) for thing in uow.parked.inputs()],
            messages=[MessageId(UUID(str(thing.id))) for thing in uow.parked.messages()],
            deliveries=[thing.number for thing in uow.shop_deliveries.parked() if thing.number is not None],
        )


def _parsed(ids: Sequence[str]) -> Chosen:
    inputs, messages, deliveries = [], [], []
    for text in ids:
        try:
            if text.startswith(OF_SHOPS):
                deliveries.append(int(text.removeprefix(OF_SHOPS)))
            elif text.isascii() and text.isdigit() and len(text) < 19:
                inputs.append(InputNumber(int(text)))
            else:
                messages.append(MessageId(UUID(text)))
        except ValueError as error:
            hint = "is neither an input's number, nor a message's id, nor shop:… of a webhook"
            raise click.UsageError(f"{text} {hint}") from error
    return Chosen(inputs=inputs, messages=messages, deliveries=deliveries)


def _shown(thing: ParkedThing) -> dict[str, str]:
    return {
        "id": str(thing.id),
        "since": moment(thing.since),
        "customer": masked(thing.who),
        "what": thing.what,
        "why": thing.reason or "",
    }


def _shown_delivery(delivery: ShopDelivery) -> dict[str, str]:
    return {
        "id": f"{OF_SHOPS}{delivery.number}",
        "since": moment(delivery.received_at),
        "customer": masked(None),
        "what": f"{delivery.shop} {delivery.topic}",
        "why": delivery.error or "",
    }


def _so_many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _tell_missing(number: int) -> None:
    if number:
        click.echo(f"Of {number} nothing is parked, or not any more.")
