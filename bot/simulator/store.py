"""The carrier's memory of messages: made to hold hundreds of thousands of them.

Knows nothing of HTTP. Writes are single statements or one short transaction.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from bot.simulator.database import RECIPIENT, SENDER
from bot.simulator.records import Author, Channel, Handover, Kind, Media, Message
from bot.simulator.shelf import Shelf

COLUMNS = tuple(column.name for column in fields(Message))
TIMES = ("created_at", "updated_at", "sent_at", "shown_at")
TRUTH = (
    "position, sid, channel, customer, author, direction, body, status, error_code, status_callback, "
    "created_at, handover"
)
NEXT_REVISION = "(SELECT COALESCE(MAX(revision), 0) + 1 FROM message)"


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """What a list of messages was asked for; None asks nothing."""

    sender: str | None = None
    recipient: str | None = None
    sent_from: datetime | None = None
    sent_before: datetime | None = None
    accepted_before: datetime | None = None
    older_than: str | None = None  # the sid of a message: only what came before it


class Store(Shelf):
    def add(self, message: Message, media: Iterable[Media] = ()) -> Message:
        row = _row(message) | {"revision": None}
        names = ", ".join(row)
        values = ", ".join(NEXT_REVISION if name == "revision" else f":{name}" for name in row)
        with self.transaction() as connection:
            connection.execute(f"INSERT INTO message ({names}) VALUES ({values})", row)
            self._add_media(connection, message.sid, media)
        return message

    def change(self, sid: str, *, only_from: tuple[str, ...] = (), **changes: Any) -> Message | None:
        """Change some fields; None when there is no such message or its status is not one of `only_from`."""
        marks = ", ".join("?" for _ in only_from)
        with self.transaction() as connection:
            found = connection.execute(
                "SELECT * FROM message WHERE sid = ? AND NOT is_deleted"
                + (f" AND status IN ({marks})" if only_from else ""),
                (sid, *only_from),
            ).fetchone()
            if found is None:
                return None
            changes["updated_at"] = datetime.now(UTC)
            message = replace(_message(found), **changes)
            row = _row(message)
            # Only what changed, so that the indexes on the rest stay as they are.
            assignments = ", ".join(f"{name} = :{name}" for name in changes)
            connection.execute(
                f"UPDATE message SET {assignments}, revision = {NEXT_REVISION} WHERE sid = :sid", row
            )
        return message

    def message(self, sid: str) -> Message | None:
        rows = self.rows("SELECT * FROM message WHERE sid = ? AND NOT is_deleted", (sid,))
        return _message(rows[0]) if rows else None

    def newest(self, wanted: MessageFilter, limit: int, offset: int = 0) -> list[Message]:
        """Newest first, as Twilio lists them; the carrier's own answers are not among them."""
        conditions, values = _conditions(wanted)
        rows = self.rows(
            f"SELECT * FROM message WHERE {' AND '.join(conditions)} ORDER BY position DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [_message(row) for row in rows]

    def truth(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Everything that was ever accepted, in the order it was, whatever any list shows of it."""
        rows = self.rows(
            f"SELECT {TRUTH} FROM message WHERE position > ? ORDER BY position LIMIT ?", (after, limit)
        )
        return [dict(row) for row in rows]

    def since(self, revision: int, customers: Iterable[str], limit: int = 400) -> list[Message]:
        """What changed after `revision` on these phones, oldest message first; at most the newest `limit`."""
        addresses = tuple(customers)
        marks = ", ".join("?" for _ in addresses)
        rows = self.rows(
            f"SELECT * FROM message WHERE customer IN ({marks}) AND revision > ?"
            " ORDER BY position DESC LIMIT ?",
            (*addresses, revision, limit),
        )
        return [_message(row) for row in reversed(rows)]

    def revision(self) -> int:
        return int(self.rows("SELECT COALESCE(MAX(revision), 0) FROM message")[0][0])

    def last_heard_at(self, customer: str, channel: Channel) -> datetime | None:
        """Business time of the customer's last message on this channel."""
        rows = self.rows(
            "SELECT MAX(shown_at) FROM message WHERE customer = ? AND channel = ? AND author = 'customer'",
            (customer, channel.value),
        )
        return datetime.fromisoformat(rows[0][0]) if rows[0][0] else None

    def arrived(self, customer: str, channel: Channel) -> list[Message]:
        """The shop's messages that lie on this phone and have not been read, oldest first."""
        rows = self.rows(
            "SELECT * FROM message WHERE customer = ? AND channel = ? AND author != 'customer'"
            " AND status = 'delivered' AND NOT is_deleted ORDER BY position",
            (customer, channel.value),
        )
        return [_message(row) for row in rows]

    def unfinished(self) -> list[Message]:
        """Messages whose delivery a stopped process left undone, oldest first."""
        rows = self.rows(
            "SELECT * FROM message WHERE NOT is_deleted AND (handover = 'waiting'"
            " OR (author != 'customer' AND status IN ('accepted', 'queued', 'sent'))) ORDER BY position"
        )
        return [_message(row) for row in rows]

    # Media

    def add_media(self, message_sid: str, media: Iterable[Media]) -> None:
        with self.transaction() as connection:
            self._add_media(connection, message_sid, media)

    def media(self, message_sid: str, media_sid: str | None = None) -> list[Media]:
        rows = self.rows(
            "SELECT * FROM media WHERE message_sid = ? AND ? IN (sid, '') ORDER BY rowid",
            (message_sid, media_sid or ""),
        )
        return [_media(row) for row in rows]

    @staticmethod
    def _add_media(connection: sqlite3.Connection, message_sid: str, media: Iterable[Media]) -> None:
        connection.executemany(
            "INSERT INTO media VALUES (?, ?, ?, ?, ?)",
            [(each.sid, message_sid, each.content_type, each.name, each.content) for each in media],
        )


def _conditions(wanted: MessageFilter) -> tuple[list[str], list[object]]:
    conditions, values = ["NOT is_deleted", "author != 'carrier'"], list[object]()
    for address, column in ((wanted.sender, SENDER), (wanted.recipient, RECIPIENT)):
        if address is not None:
            is_whatsapp = address.startswith("whatsapp:")
            conditions += ["channel = ?", f"{column} = ?"]
            values += [
                Channel.WHATSAPP if is_whatsapp else Channel.SMS,
                address.removeprefix("whatsapp:"),
            ]
    for limit, condition in (
        (wanted.sent_from, "sent_at >= ?"),
        (wanted.sent_before, "sent_at < ?"),
        (wanted.accepted_before, "created_at < ?"),
    ):
        if limit is not None:
            conditions.append(condition)
            values.append(_moment(limit))
    if wanted.older_than is not None:
        conditions.append("position < (SELECT position FROM message WHERE sid = ?)")
        values.append(wanted.older_than)
    return conditions, values


def _moment(moment: datetime) -> str:
    # Of one length always: they are compared as text.
    return moment.isoformat(timespec="microseconds")


def _row(message: Message) -> dict[str, Any]:
    row = {name: getattr(message, name) for name in COLUMNS}
    for name in TIMES:
        row[name] = _moment(row[name]) if row[name] else None
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
