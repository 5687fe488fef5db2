"""Marked words and numbers go down every road, good and bad; none of them leaves by a side door.

Side doors: logs in both formats, Sentry, metrics, the addresses that we call, Redis.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
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
from bot.logs import JsonLines, TextLines
from bot.media import fetch_waiting
from bot.queue import make_queue
from bot.send_rates import SendRates
from bot.sentry import set_up_sentry
from bot.settings import Settings
from bot.tasks import QueueBell
from console import staff
from console.forms import session_token
from context_store.records import Channel, CustomerId
from tests.bot.helpers import add_order, break_flows, execute, forget_delays, let_leases_run_out, look
from tests.bot.test_events import added, post
from tests.bot.test_handoff import hire
from tests.doubles import ACCOUNT, FakeBell, FakeChannel, FakeClock, make_settings
from tests.fixtures.database import sqlite_file_url
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


def test_a_canary_is_found_however_it_is_written() -> None:
    assert hits(f"to {PHONE}") == ["611987654", "6119876"]
    assert hits("?To=%2B34611987654&n=Canaria%20Testigo") == ["611987654", "6119876", "canari", "Testigo"]
    assert hits("to …54, 1042 and 01a20149-b836-71f6-8239-fb95dadb33be") == []


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
    patches.setattr(PooledHttpClient, "request", lambda self, *given, **named: carrier.request(*given, **named))
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


@pytest.fixture(scope="module")
def told(
    migrated_sqlite_file: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    file = tmp_path_factory.mktemp("secrecy") / "hilo.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    postbox, carrier, ear, root = Postbox(), Carrier(), Ear(), logging.getLogger()
    postbox.kept = []
    with pytest.MonkeyPatch.context() as patches, redis.Redis.from_url(redis_server) as client:
        client.flushall()
        init = sentry_sdk.init
        patches.setattr(sentry_sdk, "init", lambda **options: init(**options, transport=postbox))
        patches.setattr(logging.getLogger("hilo"), "level", logging.DEBUG)
        patches.setattr(root, "level", logging.INFO)
        root.addHandler(ear)
        world = build_world(sqlite_file_url(file), redis_server, carrier, patches)
        go_all_roads(world, carrier, patches)
        metrics = world.client.get("/metrics", headers={"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"})
        kept = all_of(client)
        root.removeHandler(ear)
        world.house.close()
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    yield Told(
        logs=ear.heard,
        sentry=postbox.kept,
        metrics=metrics.get_data(as_text=True),
        addresses=carrier.called,
        redis=kept,
    )


def all_of(client: "redis.Redis[bytes]") -> bytes:
    """Names and content, whatever their kind."""
    found: list[bytes] = []
    for key in client.scan_iter("*"):
        found.append(bytes(key))
        found.append(bytes(client.dump(key) or b""))
        if client.type(key) == b"zset":
            found += [bytes(member) for member in client.zrange(key, 0, -1)]
    return b"\n".join(found)


def go_all_roads(world: World, carrier: Carrier, patches: pytest.MonkeyPatch) -> None:
    customers_write(world)
    the_shop_tells(world, patches)
    staff_answer(world, patches)
    the_carrier_fails(world, carrier)
    the_carrier_reports(world)
    others_ask(world, patches)
    everything_breaks(world, patches)
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


def raise_it(error: Exception) -> Any:
    raise error


def the_shop_tells(world: World, patches: pytest.MonkeyPatch) -> None:
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
        fault.setattr("bot.webhooks.events.resolve_person", lambda *given: raise_it(ValueError(f"{traits}")))
        assert post(world, "identify", {**told, "messageId": "m6"}, key=key).status_code == 500


def staff_answer(world: World, patches: pytest.MonkeyPatch) -> None:
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
        fault.setattr("context_store.customers.Customers.get", lambda *given: raise_it(KeyError(WORDS, PHONE)))
        client.get(f"/customers/{world.customer_id(PHONE)}?q={EMAIL}", base_url=base)
        client.get(f"{thread}?name={NAME}", base_url=base)
    world.work()
    execute(world, "UPDATE conversations SET controller = 'bot'")


def the_carrier_fails(world: World, carrier: Carrier) -> None:
    for fault in FAULTS:
        carrier.answers = [fault]
        world.clock.forward(minutes=6)
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
        ours = [message.id for message in uow.messages.newest(world.customer_id(PHONE), limit=9) if message.purpose]
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


def others_ask(world: World, patches: pytest.MonkeyPatch) -> None:
    """The API names a customer in its address, by number or e-mail."""
    for key in (SECRETS["API_KEYS"], WRONG):
        headers = {"Authorization": f"Bearer {key}"}
        for name in (f"phone:{PHONE}", f"email:{EMAIL}", f"user_id:{USER}"):
            world.client.get(f"/v1/customers/{name}/context?n={NAME}", headers=headers)
            with pytest.MonkeyPatch.context() as fault:
                fault.setattr("bot.api.Facts", lambda *given: raise_it(ValueError(WORDS)))
                world.client.get(f"/v1/customers/{name}/context?n={NAME}", headers=headers)


def everything_breaks(world: World, patches: pytest.MonkeyPatch) -> None:
    """Flows, understanding, the database and a worker's thread, each with words of the customer."""
    with pytest.MonkeyPatch.context() as fault:
        break_flows(fault, world, word=WORDS)
        world.clock.forward(minutes=6)
        world.says(ON_WHATSAPP, WORDS)
        for _ in range(6):
            forget_delays(world)
            world.tick()
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(world.house.parts.interpreter, "parse", lambda text, language: raise_it(ValueError(text)))
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


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()], ids=["text", "json"])
def test_no_line_of_a_log_tells(told: Told, formatter: logging.Formatter) -> None:
    lines = [formatter.format(record) for record in told.logs]
    assert len(lines) > 150
    # All roads were gone: each of these lines stands for one.
    actions = {str(vars(record).get("action")) for record in told.logs}
    assert actions >= {"message_stored", "turn_taken", "turn_failed", "input_parked", "understanding_failed"}
    assert actions >= {"send_fault", "send_alarm", "bad_signature", "request_failed", "events_rejected"}
    assert actions >= {"bell_failed", "rates_alone", "status_reported", "media_not_written"}
    assert [line for line in lines if hits(line)] == []


def test_no_event_at_sentry_tells(told: Told) -> None:
    assert len(told.sentry) > 10
    assert any("RuntimeError" in event for event in told.sentry)
    assert {canary for event in told.sentry for canary in hits(event)} == set()


def test_no_metric_tells(told: Told) -> None:
    assert "hilo_messages_sent_total" in told.metrics
    assert hits(told.metrics) == []


def test_no_address_that_we_call_tells(told: Told) -> None:
    """But one: the carrier's list can be asked for one recipient's messages only by their number."""
    assert {address.partition(" ")[0] for address in told.addresses} == {"GET", "POST"}
    lists = [address for address in told.addresses if address.startswith("GET") and "/Messages.json?To=" in address]
    assert lists, "nobody looked for a message of unknown fate"
    without_recipient = [address.replace(PHONE, "").replace(ON_WHATSAPP, "") for address in lists]
    others = [address for address in told.addresses if address not in lists]
    assert [address for address in (*others, *without_recipient) if hits(address)] == []


def test_redis_knows_ids_only(told: Told) -> None:
    assert told.redis.count(b"take_turns") > 20
    assert hits(told.redis.decode("latin-1")) == []


def test_a_stranger_cannot_write_a_line_of_the_log(sqlite_world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What stands in an address or a field may hold a line end, and a line that looks like ours after it."""
    caplog.set_level(logging.INFO)
    path = webhook_paths(sqlite_world, sqlite_world.client.application)[-1].rpartition("/")[0]
    for forged in ("x%0A12:00:00.000 INFO hilo.turn all is well", "x%0D%0Ax", "x%1B[2Jx", "x%E2%80%A8x"):
        sqlite_world.client.post(f"{path}/{forged}", data={"Body": "x"}, headers={"X-Twilio-Signature": "x"})
    lines = [TextLines().format(record) for record in caplog.records]
    assert len(lines) >= 4
    assert [line for line in lines if len(line.splitlines()) > 1 or "\x1b" in line or "all is well" in line] == []


def test_a_field_with_a_line_end_is_one_line_all_the_same() -> None:
    record = logging.LogRecord("hilo.turn", logging.INFO, __file__, 1, "said %s", ("a\nb\x1b[2J",), None)
    record.path = "c\r\nd\u2028e"
    assert TextLines().format(record).count("\n") == 0
    assert len(TextLines().format(record).splitlines()) == 1
    assert "\x1b" not in TextLines().format(record)


def test_settings_do_not_tell_their_secrets_in_a_fault() -> None:
    environment = {**SECRETS, "TWILIO_ACCOUNT_SID": WRONG, "SENTRY_DSN": WRONG, "PORT": "x"}
    with pytest.raises(Exception) as caught:
        Settings.from_env(environment)
    assert "TWILIO_ACCOUNT_SID" in str(caught.value)
    assert hits(str(caught.value)) == []


def test_nothing_was_left_undone(told: Told) -> None:
    """Or the roads above would have ended at the first fault."""
    assert len([record for record in told.logs if record.levelno >= logging.ERROR]) > 10
