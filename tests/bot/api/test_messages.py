"""Messages over the API pass the same gate, and say why they go, wait or do not go."""

from typing import Any

from context_store.records import Channel, Consent, ConsentStatus, Topic
from tests.bot.api.calling import get, met, post, problem, told
from tests.bot.helpers import LUCIA
from tests.bot.test_events import post as track
from tests.world import World


def agree(world: World, channel: Channel = Channel.WHATSAPP) -> None:
    with world.database.write() as uow:
        uow.consents.add(
            Consent(
                customer_id=world.customer_id(LUCIA),
                channel=channel,
                topic=Topic.MARKETING,
                status=ConsentStatus.OPTED_IN,
                method="form",
                created_at=world.clock.now(),
            )
        )
        uow.commit()


def body(customer: str, **more: Any) -> dict[str, Any]:
    return {"customer": customer, "purpose": "transactional", "text": "Tu pedido sale hoy.", **more}


def rule(told_message: dict[str, Any], name: str) -> dict[str, Any]:
    answers = told_message["decisions"][-1]["answers"]
    return next(answer for answer in answers if answer["rule"] == name)


def test_a_notice_goes_out_and_its_state_is_told(world: World) -> None:
    customer = met(world)
    sent = told(post(world, "messages", body(customer)), 201)
    assert (sent["status"], sent["channel"], sent["author"]) == ("queued", "whatsapp", "system")
    assert [message.body for message in world.work()] == ["Tu pedido sale hoy."]
    after = told(get(world, f"messages/{sent['id']}"))
    assert after["status"] == "sent"
    assert after["decisions"][-1]["verdict"] == "send"


def test_advertising_without_consent_is_skipped_and_says_so(world: World) -> None:
    customer = met(world)
    answer = told(post(world, "messages", body(customer, purpose="marketing")), 201)
    assert (answer["status"], answer["reason"]) == ("skipped", "no consent to marketing on this channel")
    assert told(get(world, f"messages/{answer['id']}"))["decisions"] == answer["decisions"]
    assert world.work() == []


def test_advertising_after_a_bad_call_waits_three_days(world: World) -> None:
    customer = met(world)
    agree(world)
    entry = {"channel": "call", "text": "Colgó enfadada.", "mood": "angry"}
    told(post(world, f"customers/{customer}/entries", entry), 201)
    world.work()
    world.clock.forward(minutes=30)
    answer = told(post(world, "messages", body(customer, purpose="marketing", valid_hours=200)), 201)
    assert answer["status"] == "held"
    assert answer["held_until"] == "2026-11-26T11:00:00Z"
    assert rule(answer, "in_the_mood")["reason"] == "a contact on another channel went badly"
    notice = told(post(world, "messages", body(customer)), 201)
    assert notice["status"] == "queued"


def test_text_goes_by_sms_where_whatsapp_is_closed(sqlite_world: World) -> None:
    traits = {"phone": LUCIA}
    track(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    sqlite_world.work()
    assert told(post(sqlite_world, "messages", body("user_id:u1")), 201)["channel"] == "sms"
    only = told(post(sqlite_world, "messages", body("user_id:u1", channel="whatsapp")), 201)
    assert (only["status"], only["reason"]) == ("skipped", "WhatsApp's 24-hour window has closed")


def test_a_template_needs_its_values_and_goes_where_text_may_not(sqlite_world: World) -> None:
    traits = {"phone": LUCIA, "language": "en"}
    track(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    sqlite_world.work()
    values = {"shop": "Casa Luna", "items": "a lamp", "total": "49 €"}

    def send(**template: Any) -> Any:
        return post(
            sqlite_world,
            "messages",
            {"customer": "user_id:u1", "purpose": "transactional", "template": template},
        )

    sent = told(send(name="cart_reminder", values=values), 201)
    assert (sent["channel"], sent["status"]) == ("whatsapp", "queued")
    assert "a lamp" in sent["text"]
    missing = problem(send(name="cart_reminder", values={"shop": "x", "who": "y"}), 422, "invalid")
    pointers = {error["pointer"].rpartition("/")[2] for error in missing["errors"]}
    assert pointers == {"items", "total", "who"}
    problem(send(name="no_such_thing"), 422, "invalid")


def test_either_text_or_template_and_somewhere_to_write_to(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    both = body(customer, template={"name": "cart_reminder"})
    problem(post(sqlite_world, "messages", both), 422, "invalid")
    track(sqlite_world, "identify", {"userId": "u9", "messageId": "i9", "traits": {"name": "Sin Número"}})
    sqlite_world.work()
    problem(post(sqlite_world, "messages", body("user_id:u9")), 409, "nowhere-to-write")


def test_a_request_for_a_person_silences_the_bot_and_is_one(world: World) -> None:
    customer = met(world)
    asked = {"customer": customer, "reason": "complaint", "details": "roto"}
    first = told(post(world, "handoffs", asked), 201)
    assert (first["status"], first["details"]) == ("queued", "roto")
    assert told(post(world, "handoffs", asked))["id"] == first["id"]
    assert world.says(f"whatsapp:{LUCIA}", "¿a qué hora abrís?") == []
    assert told(get(world, f"handoffs/{first['id']}"))["status"] == "queued"
