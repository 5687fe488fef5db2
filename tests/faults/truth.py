"""The judge: what the phones sent and the carrier accepted, against what the bot's database says of it.

The carrier's store and the phones' own list are the truth; the database is the witness.
"""

import re
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, create_engine, func, select

from context_store.models.people import AddressRow
from context_store.models.thread import ConversationRow, InputRow, MessageRow
from context_store.records import Author, Direction, InputKind, InputStatus, MessageStatus
from context_store.rows import table_of
from tests.faults.phones import Sent
from tests.faults.town import Town

messages, inputs = table_of(MessageRow), table_of(InputRow)
addresses, conversations = table_of(AddressRow), table_of(ConversationRow)

NAMED = re.compile(r"/twilio/status/([0-9a-f-]{36})/")
OPEN = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.HELD)
WENT_OUT = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)
POLL_SECONDS = 0.1


@dataclass
class Verdict:
    """Each list holds sentences for people; its length is the count."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    # Other promises that were not kept.
    broken: list[str] = field(default_factory=list)
    inbound: int = 0
    accepted: int = 0
    parked_inputs: int = 0
    parked: int = 0
    resent: int = 0
    failed: int = 0

    @property
    def told_apart(self) -> str:
        """What is no fault, but no ordinary end either."""
        counts = {
            "inputs parked": self.parked_inputs,
            "parked": self.parked,
            "resent": self.resent,
            "failed": self.failed,
        }
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count)

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.out_of_order]


@dataclass(frozen=True, kw_only=True)
class Accepted:
    position: int
    sid: str
    # To whom: channel and number.
    recipient: str
    # Which of our messages its status callback names.
    names: UUID | None


@contextmanager
def opened(town: Town) -> Iterator[Engine]:
    engine = create_engine(town.url)
    try:
        yield engine
    finally:
        engine.dispose()


def accepted_by_carrier(town: Town) -> list[Accepted]:
    """Everything that the carrier took from the shop, in the order in which it did."""
    with closing(sqlite3.connect(f"file:{town.carrier.store}?mode=ro", uri=True, timeout=10)) as store:
        rows = store.execute(
            "SELECT position, sid, channel, customer, status_callback FROM message"
            " WHERE author = 'shop' ORDER BY position"
        ).fetchall()
    found = []
    for position, sid, channel, customer, callback in rows:
        named = NAMED.search(callback)
        names = UUID(named[1]) if named else None
        found.append(Accepted(position=position, sid=sid, recipient=f"{channel}:{customer}", names=names))
    return found


def wait_until_quiet(town: Town, patience: float = 60.0, *, with_held: bool = True) -> float:
    """Until nothing waits to be handled or sent; the seconds that it took. Raises `NotQuiet`."""
    started = time.monotonic()
    with opened(town) as engine:
        while time.monotonic() - started < patience:
            waiting, unsent = open_work(engine, with_held=with_held)
            if not waiting and not unsent:
                return time.monotonic() - started
            time.sleep(POLL_SECONDS)
    raise NotQuiet(f"after {patience:.0f} s {waiting} inputs and {unsent} messages still wait")


class NotQuiet(Exception):
    """Something is stuck."""


def open_work(engine: Engine, *, with_held: bool = True) -> tuple[int, int]:
    """Inputs that wait, messages that have not ended."""
    states = [status for status in OPEN if with_held or status is not MessageStatus.HELD]
    with engine.connect() as connection:
        waiting = select(func.count()).select_from(inputs).where(inputs.c.status == InputStatus.WAITING)
        unsent = (
            select(func.count())
            .select_from(messages)
            .where(messages.c.direction == Direction.OUT, messages.c.status.in_(states))
        )
        return connection.execute(waiting).scalar_one(), connection.execute(unsent).scalar_one()


def judge(town: Town, sent: Iterable[Sent]) -> Verdict:
    """Everything is judged that the database holds; `sent` says what it must hold."""
    verdict = Verdict()
    with opened(town) as engine:
        rows = _rows(engine, messages)
        entries = _rows(engine, inputs)
        threads = _rows(engine, conversations)
        homes = {row["id"]: f"{row['channel'].value}:{row['value']}" for row in _rows(engine, addresses)}
    accepted = accepted_by_carrier(town)
    _judge_inbound(verdict, list(sent), rows, entries)
    _judge_turns(verdict, rows, entries, threads)
    _judge_outgoing(verdict, rows, accepted)
    _judge_order(verdict, rows, homes, accepted)
    return verdict


def _rows(engine: Engine, table: Any) -> list[dict[str, Any]]:
    key = table.primary_key.columns.values()[0]
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(key))]


def _judge_inbound(
    verdict: Verdict, sent: list[Sent], rows: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    """What was acknowledged is kept once, has one input, and that one is done or parked."""
    kept = _grouped((row for row in rows if row["direction"] is Direction.IN), "provider_id")
    of_message = _grouped((entry for entry in entries if entry["message_id"] is not None), "message_id")
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in sent:
        if one.acknowledged_at is None:
            continue
        verdict.inbound += 1
        found = kept[one.sid]
        work = [entry for row in found for entry in of_message[row["id"]]]
        if not found or not work or any(entry["status"] is InputStatus.WAITING for entry in work):
            verdict.lost.append(f"{one.sid} was acknowledged: {len(found)} rows, {len(work)} inputs")
        elif len(found) > 1 or len(work) > 1:
            verdict.doubled.append(f"{one.sid} is there {len(found)} times, with {len(work)} inputs")
        else:
            numbers[one.customer].append(work[0]["number"])
    answered = _answers(rows)
    for customer, row_of_numbers in numbers.items():
        if row_of_numbers != sorted(row_of_numbers):
            verdict.out_of_order.append(f"the inputs of {customer} are not numbered as they were sent")
        places = [answered[number] for number in row_of_numbers if number in answered]
        if places != sorted(places):
            verdict.out_of_order.append(f"the inputs of {customer} were not handled as they were sent")


def _answers(rows: list[dict[str, Any]]) -> dict[int, int]:
    """From an input's number to the place of its first answer: drawn under the conversation's lock."""
    found: dict[int, int] = {}
    for row in rows:
        number = str(row["dedupe_key"]).partition(":")[0]
        if row["author"] is Author.BOT and number.isdecimal():
            found.setdefault(int(number), row["position"])
    return found


def _grouped(rows: Iterable[dict[str, Any]], name: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _judge_turns(
    verdict: Verdict,
    rows: list[dict[str, Any]],
    entries: list[dict[str, Any]],
    threads: list[dict[str, Any]],
) -> None:
    """Each input was handled in one turn, and each turn of a message had its answer."""
    answers = _answers(rows)
    turns: Counter[UUID] = Counter()
    handled: Counter[int] = Counter()
    covered: set[int] = set()
    for entry in entries:
        number, customer = entry["number"], entry["customer_id"]
        if entry["status"] is InputStatus.PARKED:
            verdict.parked_inputs += 1
        if entry["status"] is not InputStatus.DONE:
            continue
        if number in covered:
            continue
        together = (entry["parsed"] or {}).get("with") or [number]
        covered.update(together)
        handled.update(together)
        turns[customer] += 1
        if entry["kind"] is InputKind.MESSAGE and number not in answers:
            verdict.lost.append(f"input {number} was done without an answer")
    verdict.doubled += [
        f"input {number} was handled {times} times" for number, times in handled.items() if times > 1
    ]
    for thread in threads:
        extra = thread["version"] - turns[thread["customer_id"]]
        if extra > 0:
            verdict.doubled.append(f"{extra} turns too many of {thread['customer_id']}")
        elif extra < 0:
            verdict.lost.append(f"{-extra} turns of {thread['customer_id']} left no trace in its state")


def _judge_outgoing(verdict: Verdict, rows: list[dict[str, Any]], accepted: list[Accepted]) -> None:
    """Every message ended; what ended as sent was accepted, under its own id, and once."""
    times = Counter(one.names for one in accepted)
    verdict.accepted = len(accepted)
    sids = {one.sid: one.names for one in accepted}
    for row in rows:
        if row["direction"] is not Direction.OUT:
            continue
        status, message = row["status"], row["id"]
        verdict.parked += status is MessageStatus.PARKED
        verdict.failed += status is MessageStatus.FAILED
        verdict.resent += bool(row["is_resent"])
        if status in OPEN:
            verdict.lost.append(f"message {message} is still {status.value}")
        elif status in WENT_OUT and not times[message]:
            verdict.lost.append(f"message {message} is {status.value}, and the carrier never got it")
        elif status in WENT_OUT and sids.get(row["provider_id"]) != message:
            verdict.lost.append(f"message {message} took another message's id for its own")
    verdict.doubled += [
        f"message {message} was accepted {count} times" for message, count in times.items() if count > 1
    ]


def _judge_order(
    verdict: Verdict, rows: list[dict[str, Any]], homes: dict[UUID, str], accepted: list[Accepted]
) -> None:
    """Each recipient got their messages as they were written. What was said again later is told apart."""
    first: dict[UUID | None, int] = {}
    for one in accepted:
        first.setdefault(one.names, one.position)
    lanes: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["direction"] is Direction.OUT and row["id"] in first and not row["is_resent"]:
            lanes[homes.get(row["address_id"], "?")].append(first[row["id"]])
    for recipient, positions in lanes.items():
        wrong = sum(later < before for before, later in pairwise(positions))
        verdict.out_of_order += [f"{recipient} got a message before an earlier one"] * wrong
