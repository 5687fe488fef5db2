"""The carrier's memory: one SQLite file of its own, every access under one lock.

Knows nothing of HTTP. Writes are single statements or one short transaction.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from bot.simulator.records import Author, Channel, Handover, Kind, Media, Message
from bot.simulator.settings import Person

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
    author TEXT NOT NULL, kind TEXT NOT NULL, customer TEXT NOT NULL, shop TEXT NOT NULL, body TEXT NOT NULL,
    status TEXT NOT NULL, direction TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    sent_at TEXT, shown_at TEXT NOT NULL, segments INTEGER NOT NULL, media_count INTEGER NOT NULL,
    error_code INTEGER, status_callback TEXT NOT NULL, service_sid TEXT NOT NULL, handover TEXT NOT NULL,
    handover_note TEXT NOT NULL, extra TEXT NOT NULL, is_deleted INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS message_by_customer ON message (customer, revision);
CREATE INDEX IF NOT EXISTS message_by_revision ON message (revision);
CREATE TABLE IF NOT EXISTS media (
    sid TEXT PRIMARY KEY, message_sid TEXT NOT NULL, content_type TEXT NOT NULL, name TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS media_by_message ON media (message_sid);
CREATE TABLE IF NOT EXISTS content (sid TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS opt_out (shop TEXT, customer TEXT, PRIMARY KEY (shop, customer));
CREATE TABLE IF NOT EXISTS person (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT, whatsapp_id TEXT, language TEXT NOT NULL,
    note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), offset REAL NOT NULL);
INSERT OR IGNORE INTO clock VALUES (1, 0);
CREATE TABLE IF NOT EXISTS shop_cart (person TEXT PRIMARY KEY, cart TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shop_order (number INTEGER PRIMARY KEY, cart TEXT UNIQUE);
"""

COLUMNS = tuple(column.name for column in fields(Message))
TIMES = ("created_at", "updated_at", "sent_at", "shown_at")
FIRST_ORDER = 2001  # the number of the web shop's first order
NEXT_REVISION = "(SELECT COALESCE(MAX(revision), 0) + 1 FROM message)"


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """What a list of messages was asked for; None asks nothing."""

    sender: str | None = None
    recipient: str | None = None
    sent_from: datetime | None = None
    sent_before: datetime | None = None


class Store:
    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        # No implicit transactions: a single statement is its own, the rest says BEGIN.
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # Messages

    def add(self, message: Message, media: Iterable[Media] = ()) -> Message:
        row = _row(message) | {"revision": None}
        names = ", ".join(row)
        values = ", ".join(NEXT_REVISION if name == "revision" else f":{name}" for name in row)
        with self._transaction() as connection:
            connection.execute(f"INSERT INTO message ({names}) VALUES ({values})", row)
            self._add_media(connection, message.sid, media)
        return message

    def change(self, sid: str, *, only_from: tuple[str, ...] = (), **changes: Any) -> Message | None:
        """Change some fields; None when there is no such message or its status is not one of `only_from`."""
        marks = ", ".join("?" for _ in only_from)
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT * FROM message WHERE sid = ? AND NOT is_deleted"
                + (f" AND status IN ({marks})" if only_from else ""),
                (sid, *only_from),
            ).fetchone()
            if found is None:
                return None
            message = replace(_message(found), updated_at=datetime.now(UTC), **changes)
            row = _row(message)
            assignments = ", ".join(
                f"revision = {NEXT_REVISION}" if name == "revision" else f"{name} = :{name}" for name in row
            )
            connection.execute(f"UPDATE message SET {assignments} WHERE sid = :sid", row)
        return message

    def message(self, sid: str) -> Message | None:
        rows = self._rows("SELECT * FROM message WHERE sid = ? AND NOT is_deleted", (sid,))
        return _message(rows[0]) if rows else None

    def newest(self, wanted: MessageFilter, limit: int, offset: int) -> list[Message]:
        """Newest first, as Twilio lists them; the carrier's own answers are not among them."""
        conditions, values = ["NOT is_deleted", "author != 'carrier'"], []
        for address, inbound, outbound in (
            (wanted.sender, "customer", "shop"),
            (wanted.recipient, "shop", "customer"),
        ):
            if address is not None:
                channel = Channel.WHATSAPP if address.startswith("whatsapp:") else Channel.SMS
                conditions.append("channel = ?")
                conditions.append(f"CASE author WHEN 'customer' THEN {inbound} ELSE {outbound} END = ?")
                values += [channel.value, address.removeprefix("whatsapp:")]
        for limit_at, sign in ((wanted.sent_from, ">="), (wanted.sent_before, "<")):
            if limit_at is not None:
                conditions.append(f"sent_at {sign} ?")
                values.append(limit_at.isoformat())
        rows = self._rows(
            f"SELECT * FROM message WHERE {' AND '.join(conditions)} ORDER BY position DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [_message(row) for row in rows]

    def since(self, revision: int, customers: Iterable[str], limit: int = 400) -> list[Message]:
        """What changed after `revision` on these phones, oldest message first; at most the newest `limit`."""
        addresses = tuple(customers)
        marks = ", ".join("?" for _ in addresses)
        rows = self._rows(
            f"SELECT * FROM message WHERE customer IN ({marks}) AND revision > ?"
            " ORDER BY position DESC LIMIT ?",
            (*addresses, revision, limit),
        )
        return [_message(row) for row in reversed(rows)]

    def revision(self) -> int:
        return int(self._rows("SELECT COALESCE(MAX(revision), 0) FROM message")[0][0])

    def last_heard_at(self, customer: str, channel: Channel) -> datetime | None:
        """Business time of the customer's last message on this channel."""
        rows = self._rows(
            "SELECT MAX(shown_at) FROM message WHERE customer = ? AND channel = ? AND author = 'customer'",
            (customer, channel.value),
        )
        return datetime.fromisoformat(rows[0][0]) if rows[0][0] else None

    def arrived(self, customer: str, channel: Channel) -> list[Message]:
        """The shop's messages that lie on this phone and have not been read, oldest first."""
        rows = self._rows(
            "SELECT * FROM message WHERE customer = ? AND channel = ? AND author != 'customer'"
            " AND status = 'delivered' AND NOT is_deleted ORDER BY position",
            (customer, channel.value),
        )
        return [_message(row) for row in rows]

    def unfinished(self) -> list[Message]:
        """Messages whose delivery a stopped process left undone, oldest first."""
        rows = self._rows(
            "SELECT * FROM message WHERE NOT is_deleted AND (handover = 'waiting'"
            " OR (author != 'customer' AND status IN ('accepted', 'queued', 'sent'))) ORDER BY position"
        )
        return [_message(row) for row in rows]

    # Media

    def add_media(self, message_sid: str, media: Iterable[Media]) -> None:
        with self._transaction() as connection:
            self._add_media(connection, message_sid, media)

    def media(self, message_sid: str, media_sid: str | None = None) -> list[Media]:
        rows = self._rows(
            "SELECT * FROM media WHERE message_sid = ? AND ? IN (sid, '') ORDER BY rowid",
            (message_sid, media_sid or ""),
        )
        return [_media(row) for row in rows]

    # Contents (templates and buttons), opt-outs, people, clock

    def save_content(self, sid: str, content: dict[str, Any]) -> None:
        self._rows("INSERT OR REPLACE INTO content VALUES (?, ?)", (sid, json.dumps(content)))

    def content(self, sid: str) -> dict[str, Any] | None:
        rows = self._rows("SELECT content FROM content WHERE sid = ?", (sid,))
        found: dict[str, Any] | None = json.loads(rows[0][0]) if rows else None
        return found

    def contents(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in self._rows("SELECT content FROM content ORDER BY rowid")]

    def delete_content(self, sid: str) -> None:
        self._rows("DELETE FROM content WHERE sid = ?", (sid,))

    def is_blocked(self, shop: str, customer: str) -> bool:
        return bool(self._rows("SELECT 1 FROM opt_out WHERE shop = ? AND customer = ?", (shop, customer)))

    def set_blocked(self, shop: str, customer: str, is_blocked: bool) -> None:
        statement = (
            "INSERT OR IGNORE INTO opt_out VALUES (?, ?)"
            if is_blocked
            else "DELETE FROM opt_out WHERE shop = ? AND customer = ?"
        )
        self._rows(statement, (shop, customer))

    def add_person(self, person: Person) -> None:
        self._rows(
            "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?)",
            (person.key, person.name, person.phone, person.whatsapp_id, person.language, person.note),
        )

    def people(self) -> list[Person]:
        return [Person(**dict(row)) for row in self._rows("SELECT * FROM person ORDER BY rowid")]

    def clock_offset(self) -> float:
        return float(self._rows("SELECT offset FROM clock")[0][0])

    def move_clock(self, seconds: float) -> None:
        self._rows("UPDATE clock SET offset = offset + ?", (seconds,))

    # The little web shop

    def shop_cart(self, person: str, fresh: str) -> str:
        """The id of this person's cart on the web; `fresh` becomes it when there is none."""
        self._rows("INSERT OR IGNORE INTO shop_cart VALUES (?, ?)", (person, fresh))
        return str(self._rows("SELECT cart FROM shop_cart WHERE person = ?", (person,))[0][0])

    def shop_order(self, cart: str) -> int:
        """The number of the order that this cart becomes, the same each time it is asked."""
        self._rows(
            "INSERT OR IGNORE INTO shop_order SELECT COALESCE(MAX(number) + 1, ?), ? FROM shop_order",
            (FIRST_ORDER, cart),
        )
        return int(self._rows("SELECT number FROM shop_order WHERE cart = ?", (cart,))[0][0])

    def close_shop_cart(self, person: str, cart: str) -> None:
        """It has become an order: the next cart of this name or person is another one."""
        self._rows("UPDATE shop_order SET cart = NULL WHERE cart = ?", (cart,))
        self._rows("DELETE FROM shop_cart WHERE person = ?", (person,))

    def _rows(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @staticmethod
    def _add_media(connection: sqlite3.Connection, message_sid: str, media: Iterable[Media]) -> None:
        connection.executemany(
            "INSERT INTO media VALUES (?, ?, ?, ?, ?)",
            [(each.sid, message_sid, each.content_type, each.name, each.content) for each in media],
        )


def _row(message: Message) -> dict[str, Any]:
    row = {name: getattr(message, name) for name in COLUMNS}
    for name in TIMES:
        row[name] = row[name].isoformat(timespec="microseconds") if row[name] else None
    row["extra"] = json.dumps(row["extra"])
    return row


def _message(row: sqlite3.Row) -> Message:
    values = {name: row[name] for name in COLUMNS}
    for name in TIMES:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    values["channel"] = Channel(values["channel"])
    values["author"] = Author(values["author"])
    values["kind"] = Kind(values["kind"])
    values["handover"] = Handover(values["handover"])
    values["extra"] = json.loads(values["extra"])
    values["is_deleted"] = bool(values["is_deleted"])
    return Message(**values)


def _media(row: sqlite3.Row) -> Media:
    return Media(sid=row["sid"], content_type=row["content_type"], name=row["name"], content=row["content"])
