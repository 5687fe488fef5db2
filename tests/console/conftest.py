"""A desk to test: the console's blueprint alone in a Flask application, on a database of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from console import ConsoleParts, blueprint, staff
from context_store.database import Database
from context_store.records import (
    Address,
    AddressId,
    Agent,
    AgentId,
    Author,
    Channel,
    Customer,
    CustomerId,
    Direction,
    Handoff,
    Identifier,
    IdentifierKind,
    IdentityLink,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    Role,
    new_id,
)
from handoff import desk
from tests.doubles import FakeBell, FakeClock

PASSWORD = "a long enough password"
SECRET = "s" * 32
HOST = "bot.example"


@dataclass
class Desk:
    database: Database
    app: Flask
    clock: FakeClock = field(default_factory=FakeClock)
    bell: FakeBell = field(default_factory=FakeBell)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def staff(self, email: str, role: Role = Role.AGENT, name: str = "Ana") -> Agent:
        agent = Agent(id=AgentId(new_id()), email=email, name=name, role=role, created_at=self.now)
        with self.database.write() as uow:
            uow.agents.add(agent, staff.HASHER.hash(PASSWORD))
            uow.commit()
        return agent

    def visitor(self) -> FlaskClient:
        client: FlaskClient = self.app.test_client()
        return client

    def browser(self, agent: Agent) -> "Browser":
        """Signed in without the form, for what is not about signing in."""
        parts: ConsoleParts = self.app.config["parts"]
        token = staff.open_session(parts, agent, None)
        client = self.visitor()
        client.set_cookie("hilo_session", token, domain=HOST, secure=True)
        return Browser(client=client, token=token)

    def customer(
        self, name: str | None = "Lucía", phone: str = "+34600111222", **more: Any
    ) -> tuple[CustomerId, Address]:
        customer = Customer(id=CustomerId(new_id()), name=name, created_at=self.now, **more)
        address = Address(
            id=AddressId(new_id()),
            customer_id=customer.id,
            channel=Channel.WHATSAPP,
            value=phone,
            last_inbound_at=self.now,
        )
        link = IdentityLink(
            identifier=Identifier(kind=IdentifierKind.PHONE, value=phone),
            customer_id=customer.id,
            method="channel",
            confidence=1.0,
            source="twilio",
            created_at=self.now,
        )
        with self.database.write() as uow:
            uow.customers.add(customer)
            uow.customers.add_address(address)
            uow.customers.link(link)
            uow.commit()
        return customer.id, address

    def says(self, address: Address, text: str = "hola", **more: Any) -> Message:
        return self._add(address, text, Author.CUSTOMER, MessageStatus.RECEIVED, more)

    def hears(self, address: Address, text: str = "hola", **more: Any) -> Message:
        status = more.pop("status", MessageStatus.DELIVERED)
        return self._add(address, text, more.pop("author", Author.BOT), status, more)

    def _add(
        self, address: Address, text: str, author: Author, status: MessageStatus, more: dict[str, Any]
    ) -> Message:
        is_out = author is not Author.CUSTOMER
        message = Message(
            id=MessageId(new_id()),
            customer_id=address.customer_id,
            address_id=address.id,
            channel=address.channel,
            direction=Direction.OUT if is_out else Direction.IN,
            author=author,
            purpose=Purpose.REPLY if is_out else None,
            status=status,
            text=text,
            **{"created_at": self.now, **more},
        )
        with self.database.write() as uow:
            uow.messages.add(message)
            uow.commit()
            stored = uow.messages.get(message.id)
        assert stored is not None
        return stored

    def asks_for_person(self, customer_id: CustomerId, reason: str = "asked") -> Handoff:
        with self.database.write() as uow:
            assert desk.ask_for_person(uow, customer_id, reason, self.now)
            uow.commit()
        return self.handoff_of(customer_id)

    def handoff_of(self, customer_id: CustomerId) -> Handoff:
        with self.database.read() as uow:
            return uow.handoffs.of(customer_id)[0]


@dataclass
class Browser:
    client: FlaskClient
    token: str

    @property
    def form_token(self) -> str:
        from console.forms import session_token

        return session_token(SECRET, self.token)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, base_url=f"https://{HOST}", **more)

    def post(self, path: str, **fields: str) -> TestResponse:
        data = {"form_token": self.form_token, **fields}
        return self.client.post(path, data=data, base_url=f"https://{HOST}")

    def page(self, path: str, **more: Any) -> str:
        response = self.get(path, **more)
        assert response.status_code == 200, response.status_code
        return response.get_data(as_text=True)


def make_desk(database: Database, media_folder: Path = Path("no-such-folder")) -> Desk:
    clock, bell = FakeClock(), FakeBell()
    parts = ConsoleParts(
        database=database,
        now=clock.now,
        real_now=clock.now,
        secret_key=SECRET,
        public_url=f"https://{HOST}",
        ring_turns=bell.ring_turns,
        ring_sender=bell.ring_sender,
        shop={"name": "Casa Luna"},
        media_folder=media_folder,
    )
    app = Flask("desk", static_folder=None)
    app.config["parts"] = parts
    app.register_blueprint(blueprint(parts))
    return Desk(database=database, app=app, clock=clock, bell=bell)


@pytest.fixture(autouse=True)
def quick_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash at a fraction of the work."""
    monkeypatch.setattr(staff, "HASHER", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))


@pytest.fixture
def any_desk(database: Database) -> Desk:
    """On SQLite and on PostgreSQL."""
    return make_desk(database)


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Desk]:
    """For what the database cannot change: quicker."""
    database = Database.connect(sqlite_url)
    yield make_desk(database)
    database.dispose()


@pytest.fixture
def agent(office: Desk) -> Agent:
    return office.staff("ana@casaluna.example")


@pytest.fixture
def browser_of(office: Desk) -> Callable[[Role], Browser]:
    return lambda role: office.browser(office.staff(f"{uuid4()}@casaluna.example", role))


def later(moment: datetime, **amount: float) -> datetime:
    return moment + timedelta(**amount)
