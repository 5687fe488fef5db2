"""The carrier's SQLite file: its tables, one connection, every access under one lock."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# As Twilio's list asks for it: whom a message went to and whom it came from, whoever wrote it.
RECIPIENT = "CASE author WHEN 'customer' THEN shop ELSE customer END"
SENDER = "CASE author WHEN 'customer' THEN customer ELSE shop END"

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS message (
    position INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
    author TEXT NOT NULL, kind TEXT NOT NULL, customer TEXT NOT NULL, shop TEXT NOT NULL, body TEXT NOT NULL,
    status TEXT NOT NULL, direction TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    sent_at TEXT, shown_at TEXT NOT NULL, segments INTEGER NOT NULL, media_count INTEGER NOT NULL,
    error_code INTEGER, status_callback TEXT NOT NULL, service_sid TEXT NOT NULL, handover TEXT NOT NULL,
    handover_note TEXT NOT NULL, extra TEXT NOT NULL, is_deleted INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS message_by_customer ON message (customer, revision);
CREATE INDEX IF NOT EXISTS message_by_revision ON message (revision);
CREATE INDEX IF NOT EXISTS message_by_recipient ON message ({RECIPIENT}, channel, position);
CREATE INDEX IF NOT EXISTS message_by_sender ON message ({SENDER}, channel, position);
CREATE INDEX IF NOT EXISTS message_by_both ON message ({SENDER}, {RECIPIENT}, channel, position);
CREATE INDEX IF NOT EXISTS message_last_heard ON message (customer, channel, author, shown_at);
CREATE INDEX IF NOT EXISTS message_unread ON message (customer, channel) WHERE status = 'delivered';
CREATE TABLE IF NOT EXISTS media (
    sid TEXT PRIMARY KEY, message_sid TEXT NOT NULL, content_type TEXT NOT NULL, name TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS media_by_message ON media (message_sid);
CREATE TABLE IF NOT EXISTS content (sid TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, sid TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, sid));
CREATE TABLE IF NOT EXISTS opt_out (shop TEXT, customer TEXT, PRIMARY KEY (shop, customer));
CREATE TABLE IF NOT EXISTS person (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT, whatsapp_id TEXT, language TEXT NOT NULL,
    note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), offset REAL NOT NULL);
INSERT OR IGNORE INTO clock VALUES (1, 0);
CREATE TABLE IF NOT EXISTS shop_cart (person TEXT PRIMARY KEY, cart TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shop_order (number INTEGER PRIMARY KEY, cart TEXT UNIQUE);
"""


class Database:
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

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
