"""Deleting what is old, and what an operator asks, read no more of a table than they must."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import event

from context_store.database import Database
from context_store.records import InputNumber, MessageId, new_id
from context_store.retention import KINDS, MESSAGES, Kind, Stretch, first_id_of
from context_store.unit_of_work import UnitOfWork
from tests.context_store.test_indexes import table_scans

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SOME = [MessageId(new_id())]
NUMBERS = Stretch(after=0, last=1000, is_last=False)
IDS = Stretch(after=UUID(int=0), last=first_id_of(NOW), is_last=False)

Ask = Callable[[UnitOfWork], object]


@contextmanager
def everything_sent(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Deletions as well, unlike `watched`."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            sent.append((statement, parameters))

    event.listen(database._engine, "before_cursor_execute", note)
    yield sent
    event.remove(database._engine, "before_cursor_execute", note)


def choose(kind: Kind, uow: UnitOfWork) -> object:
    return uow.retention.next_stretch(kind, kind.first, NOW)


def delete(kind: Kind, uow: UnitOfWork) -> object:
    return uow.retention.delete(kind, IDS if kind.made_at is None else NUMBERS, NOW)


QUERIES: dict[str, Ask] = {
    **{f"{kind.name}: the next ones": partial(choose, kind) for kind in KINDS},
    **{f"{kind.name}: delete": partial(delete, kind) for kind in KINDS if kind is not MESSAGES},
    "messages: the old ones": lambda uow: uow.retention.old_messages(NUMBERS, NOW),
    "messages: their files": lambda uow: uow.retention.files_of(SOME),
    "messages: all of them": lambda uow: uow.retention.delete_messages(SOME),
    "outbox: counts": lambda uow: uow.outbox.counts(),
    "outbox: stuck": lambda uow: uow.outbox.stuck(),
    "outbox: old": lambda uow: uow.outbox.older_than(2, 100),
    "outbox: expire": lambda uow: uow.outbox.expire(SOME, "too old"),
    "review: the newest": lambda uow: uow.understood.newest(InputNumber(1_000)),
    "parked: messages": lambda uow: uow.parked.messages(),
    "parked: retry a message": lambda uow: uow.parked.retry_messages(SOME),
    "parked: drop a message": lambda uow: uow.parked.drop_messages(SOME),
    "parked: retry an input": lambda uow: uow.parked.retry_inputs([InputNumber(1)]),
}


def test_no_query_of_retention_and_operators_reads_a_whole_table(database: Database) -> None:
    scans: list[tuple[str, str, list[str]]] = []
    for name, query in QUERIES.items():
        with everything_sent(database) as sent, database.write() as uow:
            query(uow)
        assert sent, name
        for statement, parameters in sent:
            found = table_scans(database, statement, parameters)
            scans += [(name, statement, found)] if found else []
    assert scans == []
