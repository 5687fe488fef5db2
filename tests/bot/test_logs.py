"""What leaves the house by logs and by Sentry: what happened and where, never who, never what they wrote."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from bot.channels.base import Fate, SendFault
from bot.logs import JsonLines, TextLines, masked, set_up_logs
from bot.sentry import set_up_sentry, without_people
from flows.sprint import FlowFault
from nlu.interpreter import EmbeddedInterpreter
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, add_order, break_flows, forget_delays
from tests.doubles import make_settings
from tests.world import World

NAME, ADDRESS, SECRET = "Lucía Valdivieso", "Calle del Olvido 77, Cuenca", "se lo digo en confianza"
# The last digits may be shown, not the number.
PRIVATE = ("Valdivieso", "Olvido 77", "en confianza", LUCIA, LUCIA[1:], "600000001")


def assert_private(text: str) -> None:
    assert [words for words in PRIVATE if words in text] == []


def hold_a_conversation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that may go well or wrong in one thread."""
    world.says(LUCIA_ON_WHATSAPP, "hola", ProfileName=NAME)
    add_order(world)
    world.says(LUCIA_ON_WHATSAPP, "quiero cambiar la dirección de entrega")
    world.says(LUCIA, ADDRESS)
    world.says(LUCIA, "por la tarde")
    world.says(LUCIA_ON_WHATSAPP, SECRET)
    fates = [Fate.RETRYABLE, Fate.UNKNOWN, Fate.FINAL, Fate.UNREACHABLE, Fate.OPTED_OUT]
    for fate in fates:
        world.channel.faults = [SendFault(fate, "Twilio 20500")]
        world.says(LUCIA, f"horario {SECRET}")
        forget_delays(world)
        world.tick()
    world.status(world.channel.sent[0], "failed", ErrorCode="30003")
    world.receive(LUCIA, SECRET, AccountSid="AC" + "b" * 32)
    world.post("/twilio/messages", {"From": LUCIA, "Body": SECRET}, signature="wrong")
    world.says(LUCIA_ON_WHATSAPP, f"baja {SECRET}")


def break_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults whose own words quote the customer, as pydantic's and many a library's do."""
    break_flows(monkeypatch, world, word=SECRET)
    world.says(LUCIA_ON_WHATSAPP, SECRET)
    for _ in range(6):
        forget_delays(world)
        world.tick()

    def broken(self: EmbeddedInterpreter, text: str, language: str | None) -> Any:
        raise ValueError(f"cannot read {text!r} of {LUCIA}")

    monkeypatch.setattr(EmbeddedInterpreter, "parse", broken)
    world.says(LUCIA_ON_WHATSAPP, ADDRESS)


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()], ids=["text", "json"])
@pytest.mark.parametrize("play", [hold_a_conversation, break_everything])
def test_no_line_tells_who_wrote_or_what(
    sqlite_world: World,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    formatter: logging.Formatter,
    play: Any,
) -> None:
    caplog.set_level(logging.INFO)
    play(sqlite_world, monkeypatch)
    lines = [formatter.format(record) for record in caplog.records]
    assert len(lines) > 10
    assert_private("\n".join(lines))


def test_a_fault_is_told_with_its_kind_its_place_and_its_cause(
    sqlite_world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_everything(sqlite_world, monkeypatch)
    (first, *_) = [record for record in caplog.records if record.exc_info]
    text = TextLines().format(first)
    assert "builtins.RuntimeError" in text
    assert "in brittle_run" in text
    assert "action=turn_failed" in text


def logged(error: BaseException) -> logging.LogRecord:
    try:
        raise error
    except type(error) as caught:
        info = (type(caught), caught, caught.__traceback__)
    return logging.LogRecord("hilo.turn", logging.ERROR, __file__, 1, "turn failed", None, info)


def test_a_fault_of_a_developer_keeps_its_words() -> None:
    text = TextLines().format(logged(FlowFault("no slot 'colour' (add it to flows/slots.py)")))
    assert text.endswith("flows.sprint.FlowFault: no slot 'colour' (add it to flows/slots.py)")


def test_causes_are_told_too_without_their_words() -> None:
    error = RuntimeError(SECRET)
    error.__cause__ = KeyError(ADDRESS)
    text = TextLines().format(logged(error))
    assert_private(text)
    assert text.index("builtins.KeyError") < text.index("builtins.RuntimeError")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to +34600000001 now", "to …01 now"),
        ("34600000001", "…01"),
        ("whatsapp:+593990000001", "whatsapp:…01"),
        ("('+34600000001',)", "('…01',)"),
        ("?To=%2B34600000001&From=%2B34910000001", "?To=%2B…01&From=%2B…01"),
        ("order 1042", "order 1042"),
        ("took 12345678 ns", "took 12345678 ns"),
        ("01a2008f-0f10-7157-bd7a-9809232f0e26", "01a2008f-0f10-7157-bd7a-9809232f0e26"),
        ("SM3558804311501f712c1b4772546a80e0", "SM3558804311501f712c1b4772546a80e0"),
    ],
)
def test_a_number_keeps_its_last_two_digits_and_ids_are_left_alone(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_line_carries_its_fields_for_machines() -> None:
    record = logging.LogRecord("hilo.turn", logging.INFO, __file__, 1, "turn %s", ("taken",), None)
    record.action, record.input = "turn_taken", 7
    assert TextLines().format(record).endswith("INFO    hilo.turn turn taken action=turn_taken input=7")
    line = json.loads(JsonLines().format(record))
    assert (line["message"], line["action"], line["input"], line["level"]) == (
        "turn taken",
        "turn_taken",
        "7",
        "info",
    )
    assert line["time"].endswith("+00:00")


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    noisy = {name: logging.getLogger(name).level for name in ("huey", "urllib3", "twilio.http_client")}
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in noisy.items():
        logging.getLogger(name).setLevel(was)


@pytest.mark.parametrize(("log_format", "formatter"), [("text", TextLines), ("json", JsonLines)])
def test_the_format_is_a_setting_and_noisy_libraries_are_hushed(
    root_logger: logging.Logger, log_format: str, formatter: type
) -> None:
    set_up_logs(make_settings(log_format=log_format))
    (handler,) = root_logger.handlers
    assert isinstance(handler.formatter, formatter)
    assert not logging.getLogger("twilio.http_client").isEnabledFor(logging.INFO)


def test_an_event_for_sentry_carries_nothing_of_a_request_and_no_words_of_people() -> None:
    event = {
        "request": {
            "url": "https://bot.example/twilio/messages",
            "method": "POST",
            "data": {"Body": SECRET, "From": LUCIA},
            "cookies": {"session": "x"},
            "headers": {"X-Twilio-Signature": "x"},
            "query_string": f"name={NAME}",
            "env": {"REMOTE_ADDR": "10.0.0.7"},
        },
        "exception": {"values": [{"type": "ValueError", "value": f"cannot read {SECRET!r} of {LUCIA}"}]},
        "logentry": {"message": "to %s", "formatted": f"to {LUCIA}", "params": [NAME]},
    }
    clean = without_people(event, {})
    assert_private(json.dumps(clean, ensure_ascii=False))
    assert clean["request"] == {"url": "https://bot.example/twilio/messages", "method": "POST"}
    assert clean["exception"]["values"] == [{"type": "ValueError"}]


class Postbox(Transport):
    """Keeps what would be sent."""

    kept: list[str]

    def capture_envelope(self, envelope: Envelope) -> None:
        self.kept.append(envelope.serialize().decode())


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    made = Postbox()
    made.kept = []
    init = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: init(**options, transport=made))
    yield made
    monkeypatch.undo()
    sentry_sdk.get_client().close()
    sentry_sdk.init()


def test_what_sentry_really_gets_is_clean(
    postbox: Postbox, sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set_up_sentry(make_settings(sentry_dsn="http://key@127.0.0.1:1/1"))
    break_everything(sqlite_world, monkeypatch)
    monkeypatch.setattr("bot.webhooks.twilio.store", lambda *arguments: [][1])
    sqlite_world.receive(LUCIA, SECRET, ProfileName=NAME)
    told = "\n".join(postbox.kept)
    assert "RuntimeError" in told
    assert "IndexError" in told
    assert_private(told)


def test_without_a_dsn_there_is_no_sentry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: pytest.fail("Sentry was set up"))
    assert not set_up_sentry(make_settings())
