"""Conversations and visits on other channels, put on the thread."""

from datetime import datetime, timedelta
from functools import partial

from bot import elsewhere
from bot.api.answers import EntryTold
from bot.api.bodies import EntryBody
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import KIB, Done, Given, Operation
from bot.api.problems import Problem
from context_store.records import CustomerId, Entry, EntryId, EntryLine, InputKind, new_id

AHEAD = timedelta(minutes=5)


def add(given: Given) -> EntryTold | Done:
    """Once for each `id` of a key; the second time it answers 200 with what is there."""
    body: EntryBody = given.body
    customer = customer_named(given, given.path["customer"])
    if not (body.text.strip() or body.lines or body.outcome or body.slots):
        raise Problem(422, "invalid", "an entry says something: `text`, `lines`, `outcome` or `slots`")
    entry = _entry(given, customer.id, body)
    if not given.uow.entries.add(entry):
        return _told_before(given, customer.id, entry)
    if elsewhere.means_something(entry):
        payload = {"command": elsewhere.TAKE_ENTRY, "entry_id": str(entry.id)}
        given.uow.inputs.add(customer.id, InputKind.COMMAND, now=given.now, payload=payload)
        given.afterwards.append(partial(given.parts.bell.ring_turns, customer.id, is_bulk=True))
    return EntryTold.model_validate(entry)


def _told_before(given: Given, customer_id: CustomerId, entry: Entry) -> Done:
    known = given.uow.entries.told(entry.source, str(entry.external_id))
    if known is None or known.customer_id != customer_id:
        raise Problem(409, "id-taken", "another customer's entry has this id")
    return Done(answer=EntryTold.model_validate(known), status=200)


def _entry(given: Given, customer_id: CustomerId, body: EntryBody) -> Entry:
    return Entry(
        id=EntryId(new_id()),
        customer_id=customer_id,
        source=given.caller.name,
        external_id=body.id,
        channel=body.channel,
        subject=body.subject,
        text=body.text,
        lines=tuple(EntryLine(**line.model_dump()) for line in body.lines),
        outcome=body.outcome,
        mood=body.mood,
        flow=body.flow,
        slots=dict(body.slots),
        occurred_at=_ended_at(body, given.now),
        received_at=given.now,
    )


def _ended_at(body: EntryBody, now: datetime) -> datetime:
    """What lies ahead is a clock that is wrong: then it is now."""
    told = [line.at for line in body.lines if line.at is not None]
    ended = body.occurred_at or max(told, default=now)
    return ended if ended <= now + AHEAD else now


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/customers/{customer}/entries",
        name="addEntry",
        summary="Put a web chat, an e-mail, a call or a visit on the thread, to be gone on from",
        scope=Scope.ENTRIES_WRITE,
        body=EntryBody,
        answer=EntryTold,
        status=201,
        also={200: "It was told before.", 404: "Nobody is known by that name.", 409: "The id is taken."},
        largest=240 * KIB,
        do=add,
    ),
)
