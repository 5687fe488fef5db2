"""Marked words and numbers go down every road, good and bad; what leaves by a side door is kept."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote

import pytest
import redis
import sentry_sdk
import urllib3
from sentry_sdk.transport import Transport
from twilio.http.response import Response

import app
from bot.channels.http import PooledHttpClient, TooManyRequests
from bot.channels.twilio import TwilioChannel
from bot.logs import NOISY
from bot.media import fetch_waiting
from bot.queue import make_queue
from bot.send_rates import SendRates
from bot.sentry import set_up_sentry
from bot.tasks import QueueBell
from console import staff
from console.forms import session_token
from context_store.records import Channel, CustomerId
from tests.bot.helpers import add_order, break_flows, execute, forget_delays, let_leases_run_out, look
from tests.bot.test_events import added, post
from tests.bot.test_handoff import hire
from tests.doubles import ACCOUNT, FakeBell, FakeChannel, FakeClock, make_settings
from tests.security.looks import webhook_paths
from tests.world import World, load_interpreter

PHONE = "+34611987654"
ON_WHATSAPP = f"whatsapp:{PHONE}"
NAME, WORDS, STREET = "Canaria Testigo", "el canario canta de noche", "Calle del Canario 77, Cuenca"
EMAIL, USER = "canary.mail@example.com", "canary-user-1"
PICTURE = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{'1' * 32}/Media/ME{'cafe' * 8}"
# By names only: Sentry is told the lines of code around a fault, and these are some of them here.
WRONG, PASSWORD = "canary-wrong", "canary-password"
SECRETS = {
    "TWILIO_AUTH_TOKEN": "canary-auth-token",
    "API_KEYS": "canary-api-key",
    "EVENT_WRITE_KEYS": "web:canary-write-key",
    "SECRET_KEY": "canary-secret-key-canary-secret-key",
    "METRICS_TOKEN": "canary-metrics-token",
    "ADMIN_PASSWORD": "canary-admin-password",
    "SENTRY_DSN": "http://canarydsn@127.0.0.1:1/1",
}
# The last two digits of a number may be shown.
CANARIES = (
    ("611987654", "6119876", "611 98", "canari", "Testigo", "canta de noche", "Calle del", "77, Cuenca")
    + ("canary.mail", "canary-user", "cafecafe", "canary-auth", "canary-api", "canary-write", "canary-secret")
    + ("canary-metrics", "canary-admin", "canary-password", "canary-agent", "canary-wrong", "hilo_session=")
)


def hits(text: str) -> list[str]:
    """The canaries in it, plain or escaped as in an address."""
    searched = f"{text}\n{unquote(text)}".casefold()
    return [canary for canary in CANARIES if canary.casefold() in searched]


class Postbox(Transport):
    """Keeps what would go to Sentry."""

    kept: list[str]

    def capture_envelope(self, envelope: Any) -> None:
        self.kept.append(envelope.serialize().decode())


@dataclass
class Carrier:
    """In place of the network: answers as Twilio does, errors included, which quote the number."""

    called: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]] | Exception] = field(default_factory=list)
    count: int = 0

    def request(self, method: str, url: str, params: Any = None, **options: Any) -> Response:
        query = "&".join(f"{name}={value}" for name, value in (params or {}).items() if value is not None)
        self.called.append(f"{method} {url}?{query}")
        if method == "GET":
            return Response(200, json.dumps({"messages": [], "meta": {"key": "messages"}}))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        self.count += 1
        code, body = answer or (201, {"sid": f"SM{self.count:032x}", "status": "queued"})
        return Response(code, json.dumps(body))


FAULTS: list[tuple[int, dict[str, Any]] | Exception] = [
    (400, {"code": 21211, "message": f"The 'To' number {PHONE} is not a valid phone number.", "status": 400}),
    (400, {"code": 21610, "message": f"Attempt to send to unsubscribed recipient {PHONE}", "status": 400}),
    (401, {"code": 20003, "message": f"Authenticate: {SECRETS['TWILIO_AUTH_TOKEN']}", "status": 401}),
    (500, {"code": 20500, "message": f"while sending {WORDS!r}", "status": 500}),
    urllib3.exceptions.ReadTimeoutError(cast(Any, None), f"/Messages.json?To={PHONE}", f"Body={WORDS}"),
    urllib3.exceptions.ProtocolError(f"reset while sending {WORDS} to {PHONE}"),
    RuntimeError(f"a fault of our own with {WORDS} to {PHONE}"),
    TooManyRequests(1.0),
]


@dataclass(kw_only=True)
class BothBells(FakeBell):
    """The test answers one; the other really rings, and its rings stay in Redis."""

    real: QueueBell

    def ring_turns(self, customer_id: CustomerId, delay: float = 0.0, *, is_bulk: bool = False) -> None:
        super().ring_turns(customer_id)
        self.real.ring_turns(customer_id, is_bulk=is_bulk)

    def ring_sender(self, customer_id: CustomerId, delay: float = 0.0) -> None:
        super().ring_sender(customer_id)
        self.real.ring_sender(customer_id)


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that left by a side door."""

    logs: list[logging.LogRecord]
    sentry: list[str]
    metrics: str
    addresses: list[str]
    redis: bytes


class Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record)


def build_world(url: str, redis_url: str, carrier: Carrier, patches: pytest.MonkeyPatch) -> World:
    settings = make_settings(url, redis_url=redis_url, **SECRETS)
    patches.setattr(
        PooledHttpClient, "request", lambda self, *given, **named: carrier.request(*given, **named)
    )
    patches.setattr("tests.world.TOKEN", SECRETS["TWILIO_AUTH_TOKEN"])
    clock = FakeClock()
    bell = BothBells(real=QueueBell(make_queue(redis_url)))
    channel = cast(FakeChannel, TwilioChannel(settings))
    # What tests count of a recorder; this one really calls.
    channel.sent = []
    assert set_up_sentry(settings)
    house = app.build(settings, channel=channel, bell=bell, now=clock.now, interpreter=load_interpreter())
    client = app.create_app(house=house).test_client()
    return World(house=house, client=client, channel=channel, bell=bell, clock=clock)


def go(url: str, redis_url: str) -> Told:
    """Down all roads, on an empty database, with an empty Redis."""
    carrier = Carrier()
    with listening() as (ear, postbox, patches), redis.Redis.from_url(redis_url) as client:
        client.flushall()
        world = build_world(url, redis_url, carrier, patches)
        go_all_roads(world, carrier)
        key = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
        metrics = world.client.get("/metrics", headers=key).get_data(as_text=True)
        kept = all_of(client)
        world.house.close()
    return Told(logs=ear.heard, sentry=postbox.kept, metrics=metrics, addresses=carrier.called, redis=kept)


@contextmanager
def listening() -> Iterator[tuple[Ear, Postbox, pytest.MonkeyPatch]]:
    """To every line, ours from DEBUG on, and to what Sentry's own client would send."""
    ear, postbox = Ear(), Postbox()
    postbox.kept = []
    # The noisy ones too, which an earlier test may have silenced as the program does.
    loggers = [logging.getLogger(name) for name in (None, "hilo", *NOISY)]
    wanted = [logging.INFO, logging.DEBUG, *[logging.NOTSET] * len(NOISY)]
    levels = [logger.level for logger in loggers]
    init = sentry_sdk.init
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(sentry_sdk, "init", lambda **options: init(**options, transport=postbox))
        for logger, level in zip(loggers, wanted, strict=True):
            logger.setLevel(level)
        loggers[0].addHandler(ear)
        try:
            yield ear, postbox, patches
        finally:
            loggers[0].removeHandler(ear)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            sentry_sdk.get_client().close()
            init()


def all_of(client: Any) -> bytes:
    """Names and content, whatever their kind."""
    found: list[bytes] = []
    for key in client.scan_iter("*"):
        found.append(bytes(key))
        found.append(bytes(client.dump(key) or b""))
        if client.type(key) == b"zset":
            found += [bytes(member) for member in client.zrange(key, 0, -1)]
    return b"\n".join(found)


def go_all_roads(world: World, carrier: Carrier) -> None:
    customers_write(world)
    the_shop_tells(world)
    staff_answer(world)
    the_carrier_fails(world, carrier)
    the_carrier_reports(world)
    others_ask(world)
    everything_breaks(world)
    redis_is_away(world)


def customers_write(world: World) -> None:
    world.says(ON_WHATSAPP, "hola", ProfileName=NAME)
    add_order(world, PHONE)
    world.says(ON_WHATSAPP, "quiero cambiar la dirección de entrega")
    world.says(PHONE, STREET)
    world.says(ON_WHATSAPP, "por la tarde")
    world.says(ON_WHATSAPP, WORDS, ButtonPayload=f'/inform{{"x": "{WORDS}"}}')
    world.says(ON_WHATSAPP, f"mi correo es {EMAIL} y mi número {PHONE}")
    place = {"Latitude": "1.5", "Longitude": "2.5", "Label": NAME, "Address": STREET}
    world.says(ON_WHATSAPP, "", **place)
    world.says(ON_WHATSAPP, WORDS, NumMedia="1", MediaUrl0=PICTURE, MediaContentType0="image/png")
    for fault in (OSError(28, "No space left", PICTURE), ConnectionError(PICTURE)):
        execute(world, "UPDATE media_files SET not_before = '2020-01-01 00:00:00.000000'")
        fetch_waiting(world.house.parts, lambda settings, url, fault=fault: raise_it(fault))  # type: ignore[misc]
    world.receive(PHONE, WORDS, AccountSid="AC" + "b" * 32)
    for path in webhook_paths(world, world.client.application):
        fields = {"From": PHONE, "Body": WORDS, "ProfileName": NAME}
        world.post(path, fields, signature=WRONG)
        world.post(f"{path}?name={NAME}", fields, signature=WRONG)
    world.clock.forward(minutes=6)


def raise_it(error: BaseException) -> Any:
    raise error


def the_shop_tells(world: World) -> None:
    traits = {"name": NAME, "phone": PHONE, "email": EMAIL}
    key = SECRETS["EVENT_WRITE_KEYS"].partition(":")[2]
    told = {"type": "identify", "userId": USER, "traits": traits}
    assert post(world, "identify", {**told, "messageId": "m1"}, key=key).status_code == 200
    post(world, "track", added("m2", userId=USER), key=key)
    post(world, "track", added("m3", userId=USER), key=WRONG)
    post(world, "identify", {"userId": USER, "traits": WORDS}, key=key)
    post(world, "batch", {"batch": [{**told, "messageId": 5}, {"type": WORDS}]}, key=key)
    world.work()
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr("bot.ingest.resolve_person", lambda *given: raise_it(ValueError(f"{traits}")))
        assert post(world, "identify", {**told, "messageId": "m6"}, key=key).status_code == 500


def staff_answer(world: World) -> None:
    """A person reads the thread, answers, makes mistakes; pages break."""
    world.says(ON_WHATSAPP, "quiero hablar con una persona")
    agent = hire(world, "Canary-Agent")
    parts = app.console_parts(world.house)
    token = staff.open_session(parts, agent, None)
    client = world.client.application.test_client()
    client.set_cookie("hilo_session", token, domain="bot.example", secure=True)
    form = {"form_token": session_token(parts.secret_key, token), "text": f"{WORDS} {PHONE}"}
    with world.database.read() as uow:
        (request,) = uow.handoffs.of(world.customer_id(PHONE))
    thread, base = f"/desk/thread/{request.id}", "https://bot.example"
    for path in ("/desk", thread, f"/customers?q={NAME}", f"/customers/{world.customer_id(PHONE)}"):
        assert client.get(path, base_url=base).status_code == 200, path
    for act in ("take", "reply", "note", "give-back"):
        client.post(f"{thread}/{act}", data=form, base_url=base)
        client.post(f"{thread}/{act}", data={**form, "form_token": WRONG}, base_url=base)
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}, base_url=base)
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(
            "context_store.customers.Customers.get", lambda *given: raise_it(KeyError(WORDS, PHONE))
        )
        client.get(f"/customers/{world.customer_id(PHONE)}?q={EMAIL}", base_url=base)
        client.get(f"{thread}?name={NAME}", base_url=base)
    world.work()
    execute(world, "UPDATE conversations SET controller = 'bot'")


def the_carrier_fails(world: World, carrier: Carrier) -> None:
    for fault in FAULTS:
        carrier.answers = [fault]
        world.clock.forward(minutes=6)
        # Words that nobody understands call a person in the end: here the bot goes on.
        execute(world, "UPDATE conversations SET controller = 'bot'")
        with suppress(RuntimeError):
            world.says(PHONE, f"horario {WORDS}")
        execute(world, "UPDATE addresses SET status = 'reachable'")
        execute(world, "DELETE FROM consents")
        world.house.parts.breaker.succeeded()
        assert carrier.answers == [], fault
        let_leases_run_out(world)
        look(world)
        # The next one is not to wait for this one's fate.
        execute(world, "UPDATE messages SET status = 'failed' WHERE direction = 'out'")


def the_carrier_reports(world: World) -> None:
    with world.database.read() as uow:
        ours = [
            message.id
            for message in uow.messages.newest(world.customer_id(PHONE), limit=9)
            if message.purpose
        ]
    codes = ("30003", "21610", "63016", "63024", "20003", "30007", "99999", WORDS)
    for code, message_id in zip(codes, (ours * 9)[: len(codes)], strict=True):
        path = f"/twilio/status/{message_id}/{world.channel.status_proof(message_id)}"
        report = {
            "MessageSid": f"SM{'e' * 32}",
            "AccountSid": ACCOUNT,
            "MessageStatus": "failed",
            "ErrorCode": code,
            "To": ON_WHATSAPP,
            "ChannelStatusMessage": f"{PHONE} has blocked {NAME}: {WORDS}",
        }
        execute(world, "UPDATE messages SET status = 'sent' WHERE direction = 'out'")
        world.post(path, report)
        world.post(path, report, signature=WRONG)
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr("bot.webhooks.twilio.report_status", lambda *given: raise_it(ValueError(WORDS)))
        assert world.post(path, report).status_code == 500
    forget_delays(world)
    world.tick()


def others_ask(world: World) -> None:
    """The API names a customer in its address, by number or e-mail."""
    for key in (SECRETS["API_KEYS"], WRONG):
        headers = {"Authorization": f"Bearer {key}"}
        for name in (f"phone:{PHONE}", f"email:{EMAIL}", f"user_id:{USER}"):
            world.client.get(f"/v1/customers/{name}/context?n={NAME}", headers=headers)
            with pytest.MonkeyPatch.context() as fault:
                fault.setattr("bot.api.customers.Facts", lambda *given: raise_it(ValueError(WORDS)))
                world.client.get(f"/v1/customers/{name}/context?n={NAME}", headers=headers)


def everything_breaks(world: World) -> None:
    """Flows, understanding, the database and a worker's thread, each with words of the customer."""
    with pytest.MonkeyPatch.context() as fault:
        execute(world, "UPDATE conversations SET controller = 'bot'")
        break_flows(fault, world, word=WORDS)
        world.clock.forward(minutes=6)
        world.says(ON_WHATSAPP, WORDS)
        for _ in range(6):
            forget_delays(world)
            world.tick()
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(
            world.house.parts.interpreter, "parse", lambda text, *others: raise_it(ValueError(text))
        )
        world.says(ON_WHATSAPP, STREET)
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr("bot.turn.take_turn", lambda *given: raise_it(SystemExit(f"{WORDS} {PHONE}")))
        world.receive(ON_WHATSAPP, WORDS)
        crash_in_a_worker(world)
    execute(world, "ALTER TABLE messages RENAME TO gone")
    assert world.receive(PHONE, WORDS, ProfileName=NAME).status_code == 500
    execute(world, "ALTER TABLE gone RENAME TO messages")
    world.work()


def crash_in_a_worker(world: World) -> None:
    """As a thread of the consumer meets it."""
    queue = make_queue(None)
    queue.storage.read_timeout = 0.05
    bell = QueueBell(queue)
    bell.answer_with(lambda who: raise_it(RuntimeError(WORDS, PHONE)), world.house.sender.send_waiting)
    bell.ring_turns(world.customer_id(PHONE))
    queue.execute(queue.dequeue())
    with pytest.raises(SystemExit):
        world.house.turns.take(world.customer_id(PHONE))


def redis_is_away(world: World) -> None:
    nowhere = f"redis://hilo:{PASSWORD}@127.0.0.1:1/0"
    bell = QueueBell(make_queue(nowhere))
    bell.answer_with(lambda who: None, lambda who: None)
    bell.ring_turns(world.customer_id(PHONE))
    bell.problem()
    SendRates(nowhere, {Channel.SMS: 10}).allows(Channel.SMS, is_bulk=False)
