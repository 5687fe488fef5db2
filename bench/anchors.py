"""What we compare ourselves with: the same work done plainly, with Flask and the ORM.

*hello* answers a constant; *insert* parses the form and inserts the message in one commit; *turn* does what
any turn must: insert the message, lock its conversation, change 2 KB of state, insert the reply, commit.
"""

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask, Response, request
from sqlalchemy import JSON, Connection, Engine, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

DATABASE = "ANCHOR_DATABASE_URL"
CONVERSATIONS = 64
STATE_BYTES = 2048


class Base(DeclarativeBase):
    pass


class AnchorConversation(Base):
    __tablename__ = "anchor_conversations"

    number: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)


class AnchorMessage(Base):
    __tablename__ = "anchor_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(index=True)
    direction: Mapped[str]
    status: Mapped[str]
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    text: Mapped[str]
    created_at: Mapped[datetime]


class Turns:
    """The anchors' database."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._lock = threading.Lock() if self._engine.dialect.name == "sqlite" else None

    def insert(self, form: dict[str, str]) -> None:
        with self._session() as session:
            session.add(_inbound(form))
            session.commit()

    def turn(self, form: dict[str, str]) -> None:
        with self._session() as session:
            session.add(_inbound(form))
            session.flush()
            conversation = session.scalars(
                select(AnchorConversation)
                .where(AnchorConversation.number == form["From"])
                .with_for_update(key_share=True)
            ).one()
            turns = conversation.state["turns"] + 1
            conversation.state = {"turns": turns, "slots": secrets.token_hex(STATE_BYTES // 2)}
            session.add(_reply(form))
            session.commit()

    def prepare(self, numbers: list[str]) -> None:
        Base.metadata.create_all(self._engine)
        with self._session() as session:
            for number in numbers:
                session.merge(AnchorConversation(number=number, state={"turns": 0, "slots": ""}))
            session.commit()
        self._engine.dispose()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._lock is None:
            with Session(self._engine) as session:
                yield session
            return
        with self._lock, Session(self._engine) as session:
            yield session


def make_app() -> Flask:
    """For gunicorn; the database is named by ANCHOR_DATABASE_URL."""
    app = Flask("anchors", static_folder=None)
    turns = Turns(os.environ[DATABASE])

    @app.route("/hello", methods=["GET", "POST"])
    def hello() -> str:
        return "ok"

    @app.post("/insert")
    def insert() -> Response:
        turns.insert(request.form.to_dict())
        return Response("<Response/>", content_type="text/xml")

    @app.post("/turn")
    def turn() -> Response:
        turns.turn(request.form.to_dict())
        return Response("<Response/>", content_type="text/xml")

    return app


def _inbound(form: dict[str, str]) -> AnchorMessage:
    return AnchorMessage(
        id=uuid7(),
        number=form["From"],
        direction="in",
        status="received",
        provider_id=form["MessageSid"],
        text=form["Body"],
        created_at=datetime.now(UTC).replace(tzinfo=None),
    )


def _reply(form: dict[str, str]) -> AnchorMessage:
    return AnchorMessage(
        id=uuid7(),
        number=form["From"],
        direction="out",
        status="queued",
        provider_id=None,
        text="Hola, ¿en qué te puedo ayudar?",
        created_at=datetime.now(UTC).replace(tzinfo=None),
    )


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=16)
    engine = create_engine(url, pool_size=32, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # As durable as ours: a write that was acknowledged survives a power cut.
        connection.isolation_level = None
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
