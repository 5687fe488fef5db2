"""The real client against a stand-in for Twilio: what goes over the wire, how answers are sorted."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from bot.channels.base import Fate, SendFault
from bot.channels.twilio import TwilioChannel
from context_store.records import Address, AddressId, Channel, CustomerId, MessageId, Option, new_id
from flows.planner import Content, ContentKind, Form
from tests.doubles import ACCOUNT, PUBLIC_URL, make_settings

SID = "SM" + "7" * 32
MESSAGE = MessageId(new_id())
SMS = Address(
    id=AddressId(new_id()), customer_id=CustomerId(new_id()), channel=Channel.SMS, value="+34600000001"
)
WHATSAPP = Address(
    id=AddressId(new_id()), customer_id=SMS.customer_id, channel=Channel.WHATSAPP, value="ES.1A2B"
)
Answer = Callable[[], ResponseReturnValue]


def accepted() -> ResponseReturnValue:
    return {"sid": SID, "status": "queued"}, 201


@dataclass
class Twilio:
    """A stand-in: keeps what it was sent, gives the answers in turn."""

    url: str = ""
    forms: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


def stand_in(twilio: Twilio) -> Flask:
    app = Flask("twilio")

    @app.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    def create() -> ResponseReturnValue:
        twilio.forms.append({**request.form.to_dict(), "user": str(request.authorization.username)})  # type: ignore[union-attr]
        return (twilio.answers.pop(0) if twilio.answers else accepted)()

    @app.post("/v1/Content")
    def create_content() -> ResponseReturnValue:
        twilio.forms.append(request.get_json())
        return twilio.answers.pop(0)() if twilio.answers else ({"sid": "HX" + "1" * 32}, 201)

    @app.post("/v1/Content/<sid>/ApprovalRequests/whatsapp")
    def ask_for_approval(sid: str) -> ResponseReturnValue:
        twilio.forms.append(request.get_json())
        return {"status": "received", "name": "x", "category": "MARKETING"}, 201

    return app


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    made = Twilio()
    server = make_server("127.0.0.1", 0, stand_in(made), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def channel_to(url: str, **changes: Any) -> TwilioChannel:
    return TwilioChannel(
        make_settings(twilio_api_url=url, twilio_content_url=url, twilio_timeout=0.5, **changes)
    )


def send(channel: TwilioChannel, address: Address = SMS, form: Form | None = None) -> str:
    return channel.send(MESSAGE, address, form or Form(body="¿Qué tal? 👋"))


def test_a_text_goes_out_with_a_callback_that_only_we_can_have_made(twilio: Twilio) -> None:
    channel = channel_to(twilio.url)
    assert send(channel) == SID
    assert twilio.forms == [
        {
            "user": ACCOUNT,
            "To": "+34600000001",
            "From": "+34910000001",
            "Body": "¿Qué tal? 👋",
            "StatusCallback": f"{PUBLIC_URL}/twilio/status/{MESSAGE}/{channel.status_proof(MESSAGE)}",
            "ValidityPeriod": "14400",
        }
    ]


def test_whatsapp_differs_by_its_prefix_and_takes_a_user_id(twilio: Twilio) -> None:
    send(channel_to(twilio.url), WHATSAPP)
    assert (twilio.forms[0]["To"], twilio.forms[0]["From"]) == ("whatsapp:ES.1A2B", "whatsapp:+34910000002")


def test_a_messaging_service_is_named_where_there_is_one(twilio: Twilio) -> None:
    service = "MG" + "0" * 32
    send(channel_to(twilio.url, twilio_messaging_service_sid=service, sms_from=""))
    assert twilio.forms[0]["MessagingServiceSid"] == service
    assert "From" not in twilio.forms[0]


def test_content_goes_out_by_its_id_with_its_values_as_json(twilio: Twilio) -> None:
    form = Form(body="not this", variables=("Ana", '"quoted" {{2}}'))
    channel_to(twilio.url).send(MESSAGE, WHATSAPP, form, "HX" + "1" * 32)
    sent = twilio.forms[0]
    assert sent["ContentSid"] == "HX" + "1" * 32
    assert json.loads(sent["ContentVariables"]) == {"1": "Ana", "2": '"quoted" {{2}}'}
    assert "Body" not in sent


def test_media_go_along(twilio: Twilio) -> None:
    send(channel_to(twilio.url), form=Form(body="mira", media_urls=("https://example.com/a.jpg",)))
    assert twilio.forms[0]["MediaUrl"] == "https://example.com/a.jpg"


def test_a_channel_without_a_sender_fails_for_good_and_says_why(twilio: Twilio) -> None:
    with pytest.raises(SendFault, match="no sender is configured for sms") as caught:
        send(channel_to(twilio.url, sms_from=""))
    assert caught.value.fate is Fate.FINAL
    assert twilio.forms == []


def refusal(status: int, code: int | None = None) -> Answer:
    return lambda: ({"code": code, "message": "to +34600000001 failed", "status": status}, status)


def problem(status: int, code: int) -> Answer:
    """The newer form of an error (RFC 9457)."""
    return lambda: ({"type": "about:blank", "title": "no", "status": status, "code": code}, status)


def slow() -> ResponseReturnValue:
    time.sleep(1.0)
    return accepted()


SORTED: list[tuple[str, Answer, Fate, str]] = [
    ("too many requests", refusal(429, 20429), Fate.RETRYABLE, "too many"),
    ("too many requests, without a code", lambda: ("", 429), Fate.RETRYABLE, "too many"),
    ("opted out", refusal(400, 21610), Fate.OPTED_OUT, "Twilio 21610"),
    ("no such number", refusal(400, 21211), Fate.UNREACHABLE, "Twilio 21211"),
    ("no mobile number", refusal(400, 21614), Fate.UNREACHABLE, "Twilio 21614"),
    ("too long", refusal(400, 21617), Fate.FINAL, "Twilio 21617"),
    ("wrong token", refusal(401, 20003), Fate.MISCONFIGURED, "Twilio 20003"),
    ("of a code that nobody knows", refusal(400, 99999), Fate.FINAL, "Twilio 99999"),
    ("server error", refusal(500, 20500), Fate.UNKNOWN, "Twilio 20500"),
    ("a proxy's page", lambda: ("<h1>Bad gateway</h1>", 502), Fate.UNKNOWN, "Twilio 502"),
    ("accepted in words that nobody can read", lambda: ("<h1>OK</h1>", 201), Fate.UNKNOWN, "no answer"),
    ("no answer in time", slow, Fate.UNKNOWN, "no answer from Twilio"),
    ("new form: too many requests", problem(429, 20429), Fate.RETRYABLE, "too many"),
    ("new form: opted out", problem(400, 21610), Fate.OPTED_OUT, "Twilio 21610"),
    ("new form: server error", problem(503, 20503), Fate.UNKNOWN, "Twilio 20503"),
]


@pytest.mark.parametrize(("name", "answer", "fate", "reason"), SORTED, ids=[row[0] for row in SORTED])
def test_an_answer_is_sorted_by_what_it_says_of_the_message(
    twilio: Twilio, name: str, answer: Answer, fate: Fate, reason: str
) -> None:
    twilio.answers = [answer]
    with pytest.raises(SendFault) as caught:
        send(channel_to(twilio.url))
    assert caught.value.fate is fate
    assert reason in caught.value.reason
    # Staff read it: no number, no text.
    assert "600000001" not in caught.value.reason
    assert len(twilio.forms) == 1, "a POST has no idempotency key: it must not be repeated by itself"


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7.0), ("0", 1.0), (None, 1.0), ("nonsense", 1.0), ("99999", 300.0)]
)
def test_how_long_to_wait_is_taken_from_the_answer(twilio: Twilio, header: str | None, wait: float) -> None:
    headers = {"Retry-After": header} if header is not None else {}
    twilio.answers = [lambda: ({"code": 20429}, 429, headers)]
    with pytest.raises(SendFault) as caught:
        send(channel_to(twilio.url))
    assert (caught.value.retry_after, caught.value.is_of_account) == (wait, True)


@pytest.mark.parametrize("changes", [{}, {"proxy_url": "http://127.0.0.1:1"}], ids=["twilio", "the proxy"])
def test_what_never_left_this_machine_may_be_tried_again(changes: dict[str, Any]) -> None:
    with pytest.raises(SendFault) as caught:
        send(channel_to("http://127.0.0.1:1", **changes))
    assert (caught.value.fate, caught.value.reason) == (Fate.RETRYABLE, "Twilio cannot be reached")


MENU = (Option(title="Mi pedido", payload="/order_status"), Option(title="Horario", payload="/opening_hours"))


def content(kind: ContentKind, **others: Any) -> Content:
    return Content(kind=kind, language="es", body="Hola {{1}}", options=MENU, **others)


def test_buttons_are_made_with_plain_text_beside_them(twilio: Twilio) -> None:
    sid = channel_to(twilio.url).create_content(content(ContentKind.QUICK_REPLY))
    assert sid == "HX" + "1" * 32
    types = twilio.forms[0]["types"]
    assert types["twilio/text"] == {"body": "Hola {{1}}"}
    actions = types["twilio/quick-reply"]["actions"]
    assert [(each["title"], each["id"]) for each in actions] == [
        ("Mi pedido", "/order_status"),
        ("Horario", "/opening_hours"),
    ]


def test_a_template_is_handed_in_for_approval_too(twilio: Twilio) -> None:
    channel_to(twilio.url).create_content(content(ContentKind.TEMPLATE, name="cart_reminder_es"))
    assert len(twilio.forms) == 2
    assert twilio.forms[1]["name"] == "cart_reminder_es"


def test_content_that_is_refused_is_a_fault_like_any_other(twilio: Twilio) -> None:
    twilio.answers = [refusal(400, 20001)]
    with pytest.raises(SendFault, match="20001"):
        channel_to(twilio.url).create_content(content(ContentKind.QUICK_REPLY))
