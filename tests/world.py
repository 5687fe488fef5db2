"""The whole bot without its wire and its threads: signed webhooks in, recorded messages out."""

from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from uuid import UUID

from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

import app
from bot.clock import tick
from bot.house import House
from bot.settings import Settings
from context_store.database import Database
from context_store.records import Customer, CustomerId, Identifier, IdentifierKind, Message
from flows.runner import Runner
from nlu.interpreter import EmbeddedInterpreter
from tests.doubles import ACCOUNT, TOKEN, FakeBell, FakeChannel, FakeClock, SentMessage, make_settings

SHOP_SMS = "+34910000001"
SHOP_WHATSAPP = "whatsapp:+34910000002"

# Read once: texts and phrases take longer to load than most tests to run, and nothing changes them.
load_runner = cache(Runner.load)
load_interpreter = cache(EmbeddedInterpreter.load)


@dataclass
class World:
    house: House
    client: FlaskClient
    channel: FakeChannel
    bell: FakeBell
    clock: FakeClock
    numbers: Any = field(default_factory=lambda: count(1_000_000))

    @property
    def database(self) -> Any:
        return self.house.parts.database

    def post(self, path: str, fields: dict[str, str], *, signature: str | None = None) -> TestResponse:
        """A request as Twilio sends it, signed unless another signature is given."""
        base = self.house.parts.settings.public_url
        if signature is None:
            signature = RequestValidator(TOKEN).compute_signature(f"{base}{path}", fields)
        return self.client.post(
            path,
            data=urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )

    def receive(self, origin: str, body: str = "", **extra: str) -> TestResponse:
        """A message reaches the webhook; nobody has looked at it yet."""
        is_whatsapp = origin.startswith("whatsapp:")
        fields = {
            "MessageSid": f"SM{UUID(int=next(self.numbers)).hex}",
            "AccountSid": ACCOUNT,
            "From": origin,
            "To": SHOP_WHATSAPP if is_whatsapp else SHOP_SMS,
            "Body": body,
            "NumMedia": "0",
            **extra,
        }
        return self.post("/twilio/messages", fields)

    def work(self) -> list[SentMessage]:
        """Answer the bell until it is quiet; what was sent meanwhile."""
        before = len(self.channel.sent)
        self.bell.answer(self.house.turns.take, self.house.sender.send_waiting)
        return self.channel.sent[before:]

    def says(self, origin: str, body: str = "", **extra: str) -> list[str]:
        """They write and are answered; the answers' texts."""
        assert self.receive(origin, body, **extra).status_code == 200
        return [message.body for message in self.work()]

    def tick(self) -> list[SentMessage]:
        tick(self.house.parts)
        return self.work()

    def status(self, sent: SentMessage, status: str, **extra: str) -> TestResponse:
        """Twilio's callback about a message of ours."""
        proof = self.channel.status_proof(sent.id)
        fields = {
            "MessageSid": sent.provider_id,
            "AccountSid": ACCOUNT,
            "MessageStatus": status,
            **extra,
        }
        return self.post(f"/twilio/status/{sent.id}/{proof}", fields)

    def customer_id(self, phone: str) -> CustomerId:
        with self.database.read() as uow:
            found = uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value=phone))
        assert found is not None, f"nobody has the number {phone}"
        return CustomerId(found)

    def customer(self, phone: str) -> Customer:
        with self.database.read() as uow:
            customer: Customer = uow.customers.get(self.customer_id(phone))
        return customer

    def thread(self, phone: str) -> list[Message]:
        with self.database.read() as uow:
            messages: list[Message] = uow.messages.newest(self.customer_id(phone), limit=200)
        return messages


def make_world(database_url: str, *, database: Database | None = None, **changes: object) -> World:
    """A bot on a migrated database, or on one that is connected already. `changes` are settings."""
    settings: Settings = make_settings(database_url, **changes)
    clock, bell, channel = FakeClock(), FakeBell(), FakeChannel(settings)
    connected = database or Database.connect(database_url)
    with patch.object(Runner, "load", load_runner), patch.object(Database, "connect", return_value=connected):
        house = app.build(settings, channel=channel, bell=bell, now=clock.now, interpreter=load_interpreter())
    client = app.create_app(house=house).test_client()
    return World(house=house, client=client, channel=channel, bell=bell, clock=clock)
