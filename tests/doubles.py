"""The doubles, in one place: a bell that the test answers, a channel that records, a clock that obeys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot.channels.base import Listed, SendFault
from bot.channels.twilio import TwilioChannel
from bot.settings import Settings
from context_store.records import Address, CustomerId, MessageId
from flows.planner import Content, Form
from tests.fixtures.quiet import assert_quiet

ACCOUNT = "AC" + "a" * 32
TOKEN = "test-auth-token"
PUBLIC_URL = "https://bot.example"
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # a Monday, 12:00 in Madrid


def make_settings(database_url: str = "sqlite://", **changes: object) -> Settings:
    environment = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PUBLIC_URL": PUBLIC_URL,
        "SMS_FROM": "+34910000001",
        "WHATSAPP_FROM": "+34910000002",
        "EVENT_WRITE_KEYS": "web:test-write-key",
        "API_KEYS": "test-api-key",
        # Tests are quicker than any number may send.
        "SMS_PER_SECOND": "100000",
        "WHATSAPP_PER_SECOND": "100000",
        **{name.upper(): str(value) for name, value in changes.items()},
    }
    return Settings.from_env(environment)


class FakeClock:
    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, **amount: float) -> None:
        self.moment += timedelta(**amount)


@dataclass
class FakeBell:
    """Keeps rings until the test answers them."""

    turns: list[CustomerId] = field(default_factory=list)
    sends: list[CustomerId] = field(default_factory=list)

    def ring_turns(self, customer_id: CustomerId, delay: float = 0.0, *, is_bulk: bool = False) -> None:
        assert_quiet("a bell")
        self.turns.append(customer_id)

    def ring_sender(self, customer_id: CustomerId, delay: float = 0.0) -> None:
        assert_quiet("a bell")
        self.sends.append(customer_id)

    def problem(self) -> str | None:
        return None

    def answer(
        self, take_turns: Callable[[CustomerId], None], send_waiting: Callable[[CustomerId], None]
    ) -> None:
        """Do what was rung for, until it is quiet."""
        while self.turns or self.sends:
            turns, self.turns = self.turns, []
            for customer_id in dict.fromkeys(turns):
                take_turns(customer_id)
            sends, self.sends = self.sends, []
            for customer_id in dict.fromkeys(sends):
                send_waiting(customer_id)


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    id: MessageId
    to: str
    body: str
    provider_id: str
    content_sid: str | None = None
    variables: tuple[str, ...] = ()


class FakeChannel(TwilioChannel):
    """Verifies and parses for real; records what would be sent. `faults` are raised in turn first."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent: list[SentMessage] = []
        self.faults: list[SendFault | Callable[[MessageId], None] | None] = []
        self.contents: list[Content] = []
        # What the carrier's list shows, newest first; a fault is raised instead.
        self.listed: list[Listed] | SendFault = []
        self._sids = _sids()

    def create_content(self, content: Content) -> str:
        assert_quiet("the carrier")
        self.contents.append(content)
        return f"HX{UUID(int=len(self.contents)).hex}"

    def list_sent(self, address: Address) -> list[Listed]:
        assert_quiet("the carrier")
        if isinstance(self.listed, SendFault):
            raise self.listed
        return self.listed

    def send(
        self, message_id: MessageId, address: Address, form: Form, content_sid: str | None = None
    ) -> str:
        assert_quiet("the carrier")
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, SendFault):
            raise fault
        provider_id = next(self._sids)
        self.sent.append(
            SentMessage(
                id=message_id,
                to=f"{address.channel.value}:{address.value}",
                body=form.body,
                content_sid=content_sid,
                variables=form.variables,
                provider_id=provider_id,
            )
        )
        if fault is not None:
            fault(message_id)
        return provider_id


def _sids() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"SM{UUID(int=number).hex}"
