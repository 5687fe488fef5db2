"""Customers in bulk, with the history that customers have, straight into PostgreSQL's tables.

What one customer did is spread over the tables as in
life: everybody's first message comes before anybody's second.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.copying import Kind, add, fill
from bench.outside import is_on_whatsapp, number_of
from context_store.records import (
    AddressStatus,
    Author,
    CartItem,
    CartStatus,
    Channel,
    ConsentStatus,
    Controller,
    ConversationState,
    CustomerStatus,
    Direction,
    EnrollmentStatus,
    IdentifierKind,
    InputKind,
    InputStatus,
    LinkStatus,
    MessageStatus,
    OrderItem,
    OrderStatus,
    Purpose,
    RuleAnswer,
    TimerKind,
    TimerStatus,
    Topic,
    Verdict,
)

MESSAGES_EACH = 10


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """Messages of a journey that are to go out now."""

    first: int
    count: int
    now: datetime


def build(url: str, count: int, *, now: datetime, timezone: str | None = None, country: str = "ES") -> None:
    """That many customers into an empty database."""
    fill(url, _kinds(count, now, timezone, country), count, f"{count:,} customers")


def build_identities(url: str, count: int, *, now: datetime) -> None:
    """That many customers with their addresses and links, and nothing that they did."""
    since, last = now - timedelta(days=60), now - timedelta(days=2)
    kinds = [*_customers(since, last, None, "ES"), *_addresses(since, last)]
    fill(url, kinds, count, f"{count:,} customers")


def build_audience(url: str, count: int, *, now: datetime) -> None:
    """The same without their threads: what conditions ask for, in less time."""
    long_ago, last = now - timedelta(days=60), now - timedelta(days=2)
    kinds = [
        *_customers(long_ago, last, None, "ES"),
        *_addresses(long_ago, last),
        *_consents(long_ago),
        *_shop(long_ago),
    ]
    fill(url, kinds, count, f"{count:,} customers")


def add_bulk(url: str, bulk: Bulk) -> None:
    """One message of a journey for each of these customers, ready to go out."""
    kind = Kind(
        table="messages",
        same={
            **_message(Direction.OUT, bulk.now),
            "author": Author.JOURNEY,
            "purpose": Purpose.MARKETING,
            "status": MessageStatus.QUEUED,
            "text": "Casa Luna: tu carrito te espera. https://casaluna.example/carrito",
            "is_bulk": True,
        },
        made=("id", "customer_id", "address_id", "channel", "dedupe_key"),
        # The address that they agreed to be written to at: the SMS.
        make=lambda person, _: (
            _id(0xB, person),
            _id(1, person),
            _id(3, person),
            Channel.SMS.value,
            f"bulk:{person}",
        ),
    )
    add(url, kind, range(bulk.first, bulk.first + bulk.count))


def waking_zone(now: datetime) -> str:
    """A time zone in which it is about noon, so that the policy lets anything go."""
    ahead = 12 - now.astimezone(UTC).hour
    # The names' signs are the other way round.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def customer_id_of(person: int) -> str:
    return _id(1, person)


def _id(kind: int, number: int) -> str:
    """As near in order to one another as ids made one after the other are."""
    return f"019a0000-000{kind:x}-7000-8000-{number:012x}"


def _channel(person: int) -> str:
    return "whatsapp" if is_on_whatsapp(person) else "sms"


def _message(direction: Direction, at: datetime) -> dict[str, Any]:
    return {"direction": direction, "options": (), "media": (), "created_at": at, "stored_at": at}


def _kinds(count: int, now: datetime, timezone: str | None, country: str) -> list[Kind]:
    long_ago, last = now - timedelta(days=60), now - timedelta(days=2)
    return [
        *_customers(long_ago, last, timezone, country),
        *_addresses(long_ago, last),
        *_consents(long_ago),
        *_journeys(long_ago),
        *_threads(count, long_ago),
        *_work(count, long_ago),
        *_shop(long_ago),
    ]


def _customers(since: datetime, last: datetime, timezone: str | None, country: str) -> list[Kind]:
    return [
        Kind(
            table="customers",
            same={
                "status": CustomerStatus.ACTIVE,
                "language": "es",
                "is_language_chosen": False,
                "timezone": timezone,
                "country": country,
                "created_at": since,
            },
            made=("id", "name"),
            make=lambda person, _: (_id(1, person), f"Persona {person}"),
        ),
        Kind(
            table="conversations",
            same={
                "state": ConversationState(slots={"order_number": "A-1041", "topic": "delivery"}),
                "controller": Controller.BOT,
                "version": 5,
                "updated_at": last,
            },
            made=("customer_id", "last_address_id"),
            make=lambda person, _: (_id(1, person), _address(person)),
        ),
    ]


def _addresses(since: datetime, last: datetime) -> list[Kind]:
    """Everybody has an SMS address, every other one WhatsApp as well; the shop knows every other one."""
    address = {"status": AddressStatus.REACHABLE, "last_inbound_at": last}
    link = {"status": LinkStatus.LINKED, "confidence": 1.0, "created_at": since}
    return [
        Kind(
            table="addresses",
            same={**address, "channel": Channel.SMS},
            made=("id", "customer_id", "value"),
            make=lambda person, _: (_id(3, person), _id(1, person), number_of(person)),
        ),
        Kind(
            table="addresses",
            same={**address, "channel": Channel.WHATSAPP},
            made=("id", "customer_id", "value"),
            make=lambda person, _: (
                (_id(2, person), _id(1, person), number_of(person)) if is_on_whatsapp(person) else None
            ),
        ),
        Kind(
            table="identity_links",
            same={**link, "kind": IdentifierKind.PHONE, "method": "carrier", "source": "twilio"},
            made=("id", "customer_id", "value"),
            make=lambda person, _: (_id(4, person), _id(1, person), number_of(person)),
        ),
        Kind(
            table="identity_links",
            same={**link, "kind": IdentifierKind.USER_ID, "method": "identify", "source": "web"},
            made=("id", "customer_id", "value"),
            make=lambda person, _: (_id(5, person), _id(1, person), f"user-{person}") if person % 2 else None,
        ),
    ]


def _consents(since: datetime) -> list[Kind]:
    """All agreed to marketing, wherever they can be reached."""
    agreed = {
        "topic": Topic.MARKETING,
        "status": ConsentStatus.OPTED_IN,
        "method": "form",
        "wording": "Sí, quiero recibir ofertas",
        "created_at": since,
    }
    return [
        Kind(
            table="consents",
            same={**agreed, "channel": Channel.SMS},
            made=("customer_id",),
            make=lambda person, _: (_id(1, person),),
        ),
        Kind(
            table="consents",
            same={**agreed, "channel": Channel.WHATSAPP},
            made=("customer_id",),
            make=lambda person, _: (_id(1, person),) if is_on_whatsapp(person) else None,
        ),
    ]


def _address(person: int) -> str:
    return _id(2 if is_on_whatsapp(person) else 3, person)


def _threads(count: int, since: datetime) -> list[Kind]:
    """Five times a message and its answer; every tenth got a reminder after that."""
    return [
        *(_asked_or_answered(count, since, number) for number in range(MESSAGES_EACH)),
        Kind(
            table="messages",
            same={
                **_message(Direction.OUT, since),
                "author": Author.JOURNEY,
                "purpose": Purpose.MARKETING,
                "status": MessageStatus.DELIVERED,
                "text": "Casa Luna: tu carrito te espera.",
                "sent_at": since,
                "is_bulk": True,
            },
            made=("id", "customer_id", "address_id", "channel", "provider_id", "enrollment_id"),
            make=lambda person, _: (
                (
                    _message_id(count, person, MESSAGES_EACH),
                    _id(1, person),
                    _address(person),
                    _channel(person),
                    f"SM{MESSAGES_EACH * count + person:032x}",
                    _id(9, person),
                )
                if person % 10 == 0
                else None
            ),
        ),
    ]


def _work(count: int, since: datetime) -> list[Kind]:
    """What the engine did with it, and is done with."""
    return [
        Kind(
            table="inputs",
            same={
                "kind": InputKind.MESSAGE,
                "payload": {},
                "parsed": {"with": [1], "parsed": {"text": "Hola", "intent": "greet", "confidence": 0.93}},
                "status": InputStatus.DONE,
                "started_count": 1,
                "created_at": since,
                "retry_at": since,
                "done_at": since,
            },
            made=("customer_id", "message_id"),
            make=lambda person, number: (_id(1, person), _message_id(count, person, number * 2)),
            rounds=MESSAGES_EACH // 2,
        ),
        Kind(
            table="timers",
            same={
                "kind": TimerKind.FORM_TIMEOUT,
                "key": "form",
                "due_at": since,
                "payload": {},
                "status": TimerStatus.FIRED,
            },
            made=("id", "customer_id"),
            make=lambda person, _: (_id(7, person), _id(1, person)),
        ),
    ]


def _asked_or_answered(count: int, since: datetime, number: int) -> Kind:
    """One message of everybody's thread: theirs, or the bot's."""
    is_theirs = number % 2 == 0
    same = {
        **_message(Direction.IN if is_theirs else Direction.OUT, since),
        "author": Author.CUSTOMER if is_theirs else Author.BOT,
        "purpose": None if is_theirs else Purpose.REPLY,
        "status": MessageStatus.RECEIVED if is_theirs else MessageStatus.DELIVERED,
        "text": "¿Dónde está mi pedido? Lo espero desde el lunes, gracias.",
        "sent_at": None if is_theirs else since + timedelta(days=number),
    }
    first_input = (number // 2) * count + 1
    return Kind(
        table="messages",
        same=same,
        made=("id", "customer_id", "address_id", "channel", "provider_id", "dedupe_key"),
        make=lambda person, _: (
            _message_id(count, person, number),
            _id(1, person),
            _address(person),
            _channel(person),
            f"SM{number * count + person:032x}",
            r"\N" if is_theirs else f"{first_input + person}:0",
        ),
    )


def _message_id(count: int, person: int, number: int) -> str:
    return _id(6, number * count + person)


def _shop(since: datetime) -> list[Kind]:
    """Half have bought something; every fifth has a cart, and the event that made it."""
    name, price = "Lámpara Luna", 4990
    return [
        Kind(
            table="orders",
            same={
                "status": OrderStatus.SHIPPED,
                "total": price,
                "currency": "EUR",
                "items": (OrderItem(name=name, quantity=1, unit_price=price),),
                "placed_at": since,
                "expected_at": since + timedelta(days=70),
            },
            made=("id", "customer_id", "number"),
            make=lambda person, _: (_id(8, person), _id(1, person), f"B-{person}") if person % 2 else None,
        ),
        Kind(
            table="carts",
            same={
                "status": CartStatus.ABANDONED,
                "currency": "EUR",
                "items": (CartItem(product_id="lamp", name=name, quantity=1, unit_price=price),),
                "changed_at": since,
            },
            made=("id", "customer_id", "key"),
            make=lambda person, _: (
                (_id(0xA, person), _id(1, person), f"cart-{person}") if person % 5 == 0 else None
            ),
        ),
        Kind(
            table="events",
            same={
                "source": "web",
                "name": "Product Added",
                "properties": {"product_id": "lamp", "name": name, "price": "49.90", "quantity": 1},
                "occurred_at": since,
                "received_at": since,
            },
            made=("id", "customer_id", "message_id", "cart_key"),
            make=lambda person, _: (
                (_id(0xC, person), _id(1, person), f"added-{person}", f"cart-{person}")
                if person % 5 == 0
                else None
            ),
        ),
    ]


def _journeys(since: datetime) -> list[Kind]:
    """Every tenth has been reminded of a cart once, and the policy said why it might be."""
    answers = tuple(RuleAnswer(rule=rule, verdict=Verdict.SEND) for rule in ("consent", "decent_hour"))
    return [
        Kind(
            table="enrollments",
            same={
                "journey": "cart_reminder",
                "version": 1,
                "status": EnrollmentStatus.COMPLETED,
                "step": 2,
                "entered_at": since,
                "updated_at": since,
            },
            made=("id", "customer_id", "entry_key"),
            make=lambda person, _: (
                (_id(9, person), _id(1, person), f"cart-{person}") if person % 10 == 0 else None
            ),
        ),
        Kind(
            table="decisions",
            same={"verdict": Verdict.SEND, "answers": answers, "decided_at": since},
            made=("customer_id",),
            make=lambda person, _: (_id(1, person),) if person % 10 == 0 else None,
        ),
    ]
