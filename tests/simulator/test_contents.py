"""Templates, buttons and the typing indicator, through the real client."""

from typing import Any

from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.simulator import Carrier
from tests.simulator.conftest import Look, Order, Shop

TYPES = {
    "twilio/text": {"body": "Hola {{1}}: 1. Sí 2. No"},
    "twilio/quick-reply": {
        "body": "Hola {{1}}, ¿confirmas?",
        "actions": [{"type": "QUICK_REPLY", "title": "Sí", "id": "yes_{{2}}"}],
    },
}
WHATSAPP = {"to": "whatsapp:+34600000001", "from_": "whatsapp:+34910000002"}


def create(client: Client, types: dict[str, Any] = TYPES) -> str:
    asked = ContentList.ContentCreateRequest(
        {"friendly_name": "cita", "language": "es", "variables": {"1": "cliente"}, "types": types}
    )
    return str(client.content.v1.contents.create(asked).sid)


def test_a_content_shows_its_richest_form(client: Client, carrier: Carrier, look: Look) -> None:
    sid, variables = create(client), '{"1": "Lucía", "2": "7"}'
    client.messages.create(**WHATSAPP, content_sid=sid, content_variables=variables)
    client.messages.create(to="+34600000001", from_="+34910000001", content_sid=sid)
    assert carrier.settle()
    whatsapp, sms = look()["messages"]
    assert whatsapp["body"] == "Hola Lucía, ¿confirmas?"
    assert whatsapp["buttons"] == [{"title": "Sí", "id": "yes_7"}]
    assert (sms["body"], sms["buttons"]) == ("Hola cliente: 1. Sí 2. No", [])


def test_only_an_approved_template_opens_a_conversation(client: Client, carrier: Carrier) -> None:
    sid = create(client)
    before = client.messages.create(**WHATSAPP, content_sid=sid).sid or ""
    approval = client.content.v1.contents(sid).approval_create
    approval.create(_approval())
    after = client.messages.create(**WHATSAPP, content_sid=sid).sid or ""
    assert carrier.settle()
    assert client.messages(before).fetch().error_code == 63016
    assert str(client.messages(after).fetch().status) == "delivered"
    found = client.content.v1.contents(sid).approval_fetch().fetch().whatsapp or {}
    assert found["status"] == "approved"


def test_typing_shows_and_marks_as_read(
    client: Client, carrier: Carrier, shop: Shop, order: Order, look: Look
) -> None:
    _, sent = order("send", person="lucia", channel="whatsapp", body="Hola")
    assert carrier.settle()
    client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id=sent["sid"])
    state = look()
    assert state["is_typing"] is True
    assert state["messages"][0]["status"] == "read"
    client.messages.create(**WHATSAPP, body="Aquí estoy")
    assert look()["is_typing"] is False
    assert len(shop.messages) == 1


def _approval() -> ApprovalCreateList.ContentApprovalRequest:
    return ApprovalCreateList.ContentApprovalRequest({"name": "cita", "category": "UTILITY"})


def test_a_list_keeps_what_its_sheet_shows(client: Client, order: Order, look: Look) -> None:
    types = {
        "twilio/list-picker": {
            "body": "¿Cuál?",
            "button": "Ver {{1}}",
            "items": [{"item": "Vela", "id": "candle", "description": "2 × 12,50 €"}],
        }
    }
    order("send", person="lucia", channel="whatsapp", body="Hola")
    client.messages.create(
        **WHATSAPP, content_sid=create(client, types), content_variables='{"1": "el carrito"}'
    )
    shown = look()["messages"][-1]
    assert (shown["body"], shown["list_label"]) == ("¿Cuál?", "Ver el carrito")
    assert shown["buttons"] == [
        {"title": "Vela", "id": "candle", "kind": "list", "description": "2 × 12,50 €"}
    ]


def test_a_list_never_opens_a_conversation(client: Client, carrier: Carrier) -> None:
    sid = create(
        client, {"twilio/list-picker": {"body": "a", "button": "b", "items": [{"item": "c", "id": "d"}]}}
    )
    client.content.v1.contents(sid).approval_create.create(_approval())
    sent = client.messages.create(**WHATSAPP, content_sid=sid).sid or ""
    assert carrier.settle()
    assert client.messages(sent).fetch().error_code == 63016


def test_a_card_has_its_picture_title_and_links(
    client: Client, address: str, carrier: Carrier, order: Order, look: Look
) -> None:
    card = {
        "title": "Manta de lino",
        "subtitle": "Casa Luna",
        "media": [f"{address}/static/products/blanket-{{{{1}}}}.png"],
        "actions": [
            {"type": "URL", "title": "Ver", "url": "https://shop.example/{{1}}"},
            {"type": "PHONE_NUMBER", "title": "Llamar", "phone": "+34910000001"},
        ],
    }
    order("send", person="lucia", channel="whatsapp", body="Hola")
    sid = create(client, {"twilio/card": card})
    client.messages.create(**WHATSAPP, content_sid=sid, content_variables='{"1": "linen"}')
    assert carrier.settle()
    shown = look()["messages"][-1]
    assert shown["body"] == "Manta de lino\nCasa Luna"
    assert shown["media"][0]["content_type"] == "image/png"
    assert [button.get("url") or button["phone"] for button in shown["buttons"]] == [
        "https://shop.example/linen",
        "+34910000001",
    ]
