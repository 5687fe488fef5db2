"""What several tests of the engine do: a raw request, things done at once, an order, a fault in a flow."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bot.reconcile import look_for_unknown
from bot.sender import claim_or_keep_back
from context_store.records import (
    Author,
    Channel,
    CustomerId,
    Direction,
    Identifier,
    IdentifierKind,
    Input,
    InputStatus,
    Message,
    MessageId,
    MessageStatus,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    OutgoingClaim,
    Purpose,
    new_id,
)
from flows.effects import Outcome
from flows.situation import Situation
from tests.doubles import PUBLIC_URL, TOKEN
from tests.payloads import Payload
from tests.world import World

FORM = "application/x-www-form-urlencoded"
LONG_AGO = "2020-01-01 00:00:00.000000"
LUCIA = "+34600000001"
LUCIA_ON_WHATSAPP = f"whatsapp:{LUCIA}"

Result = TypeVar("Result")


def post_raw(world: World, payload: Payload, path: str = "/twilio/messages") -> TestResponse:
    """The bytes of a payload file, signed as Twilio signs them."""
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}{path}", payload.fields)
    # A client of its own: several threads may do this at once.
    return world.client.application.test_client().post(
        path, data=payload.body, content_type=FORM, headers={"X-Twilio-Signature": signature}
    )


def at_once(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do all of them at the same moment, each in a thread of its own. Raises what one of them raised."""
    start = threading.Barrier(len(jobs))
    results: dict[int, Result] = {}
    faults: list[BaseException] = []

    def run(index: int, job: Callable[[], Result]) -> None:
        try:
            start.wait(timeout=10)
            results[index] = job()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(index, job)) for index, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    if faults:
        raise faults[0]
    return [results[index] for index in range(len(jobs))]


def whose(world: World, kind: IdentifierKind, value: str) -> CustomerId | None:
    with world.database.read() as uow:
        found: CustomerId | None = uow.customers.find_by(Identifier(kind=kind, value=value))
    return found


def count_customers(world: World) -> int:
    return count_rows(world, "customers")


def count_rows(world: World, table: str) -> int:
    with world.database.read() as uow:
        found = uow._connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    return int(found)


def inputs(world: World) -> list[tuple[int, InputStatus]]:
    with world.database.read() as uow:
        rows = uow._connection.exec_driver_sql("SELECT number, status FROM inputs ORDER BY number")
        return [(number, InputStatus(status)) for number, status in rows]


def waiting(world: World, phone: str = LUCIA) -> list[Input]:
    with world.database.read() as uow:
        found: list[Input] = uow.inputs.waiting(world.customer_id(phone))
    return found


def execute(world: World, statement: str, *values: Any) -> None:
    """Change rows behind the bot's back; `?` stands for a value on both databases."""
    placeholder = "?" if world.database.is_sqlite else "%s"
    with world.database.write() as uow:
        uow._connection.exec_driver_sql(statement.replace("?", placeholder), values)
        uow.commit()


def forget_delays(world: World) -> None:
    """As if what was put off were due: it is by the database's clock, which nobody can move."""
    execute(world, "UPDATE inputs SET retry_at = ?", LONG_AGO)
    execute(world, "UPDATE messages SET stored_at = ?", LONG_AGO)
    execute(world, "UPDATE messages SET not_before = ? WHERE not_before IS NOT NULL", LONG_AGO)


def outgoing(world: World, phone: str = LUCIA) -> list[tuple[MessageStatus, str | None]]:
    """State and reason of what was to be sent, oldest first."""
    return [
        (message.status, message.reason)
        for message in world.thread(phone)
        if message.direction.value == "out"
    ]


def statuses(world: World, phone: str = LUCIA) -> list[MessageStatus]:
    return [status for status, _ in outgoing(world, phone)]


def add_order(
    world: World, phone: str = LUCIA, *, number: str = "1042", status: OrderStatus = OrderStatus.SHIPPED
) -> None:
    """The person must have written before."""
    now = world.clock.now()
    order = Order(
        id=OrderId(new_id()),
        customer_id=world.customer_id(phone),
        number=number,
        status=status,
        total=7400,
        currency="EUR",
        items=(OrderItem(name="Lámpara Alba", quantity=1, unit_price=7400),),
        placed_at=now - timedelta(days=2),
        expected_at=now + timedelta(days=2),
    )
    with world.database.write() as uow:
        uow.orders.add(order)
        uow.commit()


def break_flows(monkeypatch: pytest.MonkeyPatch, world: World, word: str = "revienta") -> list[str]:
    """From now on the flows raise on any text with that word. Returns the texts that they get to see."""
    runner = world.house.parts.runner
    run, hand_off = runner.run, runner.hand_off
    seen: list[str] = []

    def brittle_run(situation: Situation) -> Outcome:
        seen.append(situation.parsed.text)
        if word in situation.parsed.text:
            raise RuntimeError(f"a fault in a flow, on {word!r}")
        return run(situation)

    def brittle_hand_off(situation: Situation, reason: str) -> Outcome:
        if word in situation.parsed.text:
            raise RuntimeError(f"a fault in a flow, on {word!r}")
        return hand_off(situation, reason)

    monkeypatch.setattr(runner, "run", brittle_run)
    monkeypatch.setattr(runner, "hand_off", brittle_hand_off)
    return seen


def queue(world: World, text: str, channel: Channel = Channel.SMS, phone: str = LUCIA) -> MessageId:
    """Something to say, not yet sent and not rung for. The person must have written on that channel."""
    message_id = MessageId(new_id())
    with world.database.write() as uow:
        address = uow.customers.find_address(channel, phone)
        uow.messages.add(
            Message(
                id=message_id,
                customer_id=address.customer_id,
                address_id=address.id,
                channel=channel,
                direction=Direction.OUT,
                author=Author.BOT,
                purpose=Purpose.REPLY,
                status=MessageStatus.QUEUED,
                text=text,
                created_at=world.clock.now(),
            )
        )
        uow.commit()
    return message_id


def message_of(world: World, message_id: MessageId) -> Message:
    with world.database.read() as uow:
        found: Message = uow.messages.get(message_id)
    return found


def send(world: World, phone: str = LUCIA) -> list[str]:
    """Ring for the sender; the texts that went out."""
    before = len(world.channel.sent)
    world.house.sender.send_waiting(world.customer_id(phone))
    return [sent.body for sent in world.channel.sent[before:]]


def claim_next(world: World, owner: str = "another process", phone: str = LUCIA) -> OutgoingClaim | None:
    """Take the head of a lane as a sender does that then vanishes."""
    parts = world.house.parts
    with parts.database.read() as uow:
        found = uow.outgoing.next_in_lane(world.customer_id(phone))
    if found is None:
        return None
    claim = claim_or_keep_back(parts, found, owner)
    return claim if isinstance(claim, OutgoingClaim) else None


def meet(world: World, *origins: str) -> None:
    """They have written and were answered, long ago."""
    for origin in origins:
        world.says(origin, "hola")
    world.channel.sent.clear()


def let_leases_run_out(world: World) -> None:
    execute(world, "UPDATE messages SET lease_until = ? WHERE lease_until IS NOT NULL", LONG_AGO)


def let_horizon_pass(world: World) -> None:
    execute(world, "UPDATE messages SET claimed_at = ? WHERE claimed_at IS NOT NULL", LONG_AGO)


def look(world: World, times: int = 1) -> int:
    """Look for what is unknown, as if it were time to; how many were settled."""
    settled = 0
    for _ in range(times):
        execute(world, "UPDATE messages SET look_at = ? WHERE look_at IS NOT NULL", LONG_AGO)
        settled += look_for_unknown(world.house.parts)
    return settled
