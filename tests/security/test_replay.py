"""The same request again, whenever and however often: no effect. A report of another message: refused.

Twilio's signature has no date: what was signed once is signed for ever.
"""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from context_store.records import ConsentStatus, Message, MessageStatus
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    at_once,
    forget_delays,
    meet,
    post_raw,
    queue,
    send,
)
from tests.doubles import ACCOUNT, PUBLIC_URL, TOKEN, SentMessage
from tests.payloads import Payload
from tests.security.looks import nothing_happens
from tests.world import World

ANA = "+34600000002"
MESSAGES = "/twilio/messages"


def written(body: str, origin: str = LUCIA_ON_WHATSAPP, **extra: str) -> Payload:
    sid = f"SM{uuid4().hex}"
    fields = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": origin, "Body": body, "NumMedia": "0"}
    return Payload.of({**fields, **extra})


def reported(sent: SentMessage, status: str, **extra: str) -> Payload:
    fields = {"MessageSid": sent.provider_id, "AccountSid": ACCOUNT, "MessageStatus": status}
    return Payload.of({**fields, **extra})


def path_of(world: World, message_id: UUID) -> str:
    return f"/twilio/status/{message_id}/{world.channel.status_proof(message_id)}"


def newest(world: World, phone: str = LUCIA) -> Message:
    return world.thread(phone)[-1]


def again(world: World, payload: Payload, path: str = MESSAGES) -> list[int]:
    """At once, five times together, after a day, after a year; what each was answered."""
    codes = [post_raw(world, payload, path).status_code]
    jobs: list[Callable[[], TestResponse]] = [partial(post_raw, world, payload, path)] * 5
    codes += [response.status_code for response in at_once(jobs)]
    for days in (1, 364):
        world.clock.forward(days=days, minutes=1)
        codes.append(post_raw(world, payload, path).status_code)
    return codes


MESSAGES_TO_REPEAT = {
    "a question": written("horario"),
    "a picture": written(
        "mira", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/png"
    ),
    "a place": written("", Latitude="1.5", Longitude="2.5", Label="la oficina"),
    "a wish for a person": written("quiero hablar con una persona"),
    "a STOP of the carrier's": written("STOP", LUCIA, OptOutType="STOP"),
}


@pytest.mark.parametrize("payload", MESSAGES_TO_REPEAT.values(), ids=MESSAGES_TO_REPEAT)
def test_a_message_that_was_handled_has_no_effect_again(sqlite_world: World, payload: Payload) -> None:
    world = sqlite_world
    post_raw(world, payload)
    world.work()
    with nothing_happens(world):
        assert again(world, payload) == [200] * 8


def test_a_repeated_start_does_not_undo_a_later_stop(world: World) -> None:
    start = written("ALTA")
    post_raw(world, start)
    world.says(LUCIA_ON_WHATSAPP, "BAJA")
    with nothing_happens(world):
        again(world, start)
    with world.database.read() as uow:
        lines = uow.consents.current(world.customer_id(LUCIA))
    assert {line.status for line in lines} == {ConsentStatus.OPTED_OUT}


def speak(world: World) -> World:
    """One message of ours is out on WhatsApp, to somebody who has an SMS address too."""
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    world.says(LUCIA_ON_WHATSAPP, "horario")
    return world


@pytest.fixture
def spoken(sqlite_world: World) -> World:
    return speak(sqlite_world)


REPORTS = {
    "sent": {},
    "delivered": {},
    "read": {},
    # By SMS instead, and: as a template, or never.
    "undelivered": {"ErrorCode": "63024"},
    "failed": {"ErrorCode": "63016"},
}


@pytest.mark.parametrize(("status", "extra"), REPORTS.items(), ids=REPORTS)
def test_a_report_that_was_heard_has_no_effect_again(
    spoken: World, status: str, extra: dict[str, str]
) -> None:
    sent = spoken.channel.sent[-1]
    report, path = reported(sent, status, **extra), path_of(spoken, sent.id)
    assert post_raw(spoken, report, path).status_code == 204
    spoken.work()
    assert newest_of(spoken, sent.id).status is MessageStatus(status)
    with nothing_happens(spoken):
        assert again(spoken, report, path) == [204] * 8


def newest_of(world: World, message_id: UUID) -> Message:
    return next(message for message in world.thread(LUCIA) if message.id == message_id)


def test_a_failure_told_many_times_at_once_is_followed_once(world: World) -> None:
    spoken = speak(world)
    sent = spoken.channel.sent[-1]
    report, path = reported(sent, "undelivered", ErrorCode="63024"), path_of(spoken, sent.id)
    before = len(spoken.channel.sent)
    at_once([partial(post_raw, spoken, report, path)] * 6)
    spoken.work()
    (second,) = spoken.channel.sent[before:]
    assert second.to.startswith("sms:")


def test_the_old_failure_of_a_message_that_went_out_again_is_not_followed_anew(world: World) -> None:
    meet(world, LUCIA)
    world.says(LUCIA, "horario")
    first = world.channel.sent[-1]
    report, path = reported(first, "failed", ErrorCode="30001"), path_of(world, first.id)
    post_raw(world, report, path)
    forget_delays(world)
    world.tick()
    assert world.channel.sent[-1].id == first.id
    assert world.channel.sent[-1].provider_id != first.provider_id
    with nothing_happens(world):
        again(world, report, path)


def test_an_earlier_report_after_a_later_one_changes_nothing(spoken: World) -> None:
    sent = spoken.channel.sent[-1]
    path = path_of(spoken, sent.id)
    earlier = [reported(sent, "sent"), reported(sent, "delivered")]
    for report in (*earlier, reported(sent, "read")):
        post_raw(spoken, report, path)
    spoken.work()
    for report in earlier:
        with nothing_happens(spoken):
            again(spoken, report, path)


@pytest.fixture
def two(world: World) -> World:
    """A message is out to each of two customers, and both wrote one."""
    meet(world, LUCIA, ANA)
    for phone in (LUCIA, ANA):
        queue(world, f"para {phone}", phone=phone)
        send(world, phone)
    world.work()
    return world


def test_a_report_for_somebody_elses_message_is_refused(two: World) -> None:
    lucias, anas = two.channel.sent[-2:]
    report = reported(lucias, "failed", ErrorCode="30003")
    proof = two.channel.status_proof(lucias.id)
    with nothing_happens(two):
        for wrong in (proof[::-1], proof[:-1], f"{proof}0", f"{proof.upper()}", "0" * 32, str(lucias.id)):
            assert post_raw(two, report, f"/twilio/status/{lucias.id}/{wrong}").status_code == 403
        # Another's message, a guessed id, what a customer wrote: each would need a proof of its own.
        for guess in (anas.id, UUID(int=0), UUID(int=lucias.id.int + 1), two.thread(LUCIA)[0].id):
            assert post_raw(two, report, f"/twilio/status/{guess}/{proof}").status_code == 403


def test_a_proof_is_made_with_our_secret_and_for_one_message(two: World) -> None:
    proofs = {two.channel.status_proof(sent.id) for sent in two.channel.sent}
    assert len(proofs) == len({sent.id for sent in two.channel.sent})
    assert all(len(proof) == 32 and set(proof) <= set("0123456789abcdef") for proof in proofs)


def test_what_was_signed_for_one_address_is_not_good_for_another(two: World) -> None:
    """A message's body at a status path, one message's report at another's."""
    lucias, anas = two.channel.sent[-2:]
    report = reported(lucias, "failed", ErrorCode="30003")
    signed_for = {
        f"{PUBLIC_URL}{MESSAGES}": path_of(two, anas.id),
        f"{PUBLIC_URL}{path_of(two, lucias.id)}": path_of(two, anas.id),
        f"{PUBLIC_URL}{path_of(two, anas.id)}": MESSAGES,
    }
    with nothing_happens(two):
        for signed_url, path in signed_for.items():
            signature = RequestValidator(TOKEN).compute_signature(signed_url, report.fields)
            assert two.post(path, report.fields, signature=signature).status_code == 403


def test_a_report_that_names_another_message_than_its_path_does_not_touch_that_one(two: World) -> None:
    """Rightly signed and with the right proof: only Twilio itself could mix them up."""
    lucias, anas = two.channel.sent[-2:]
    swapped = reported(anas, "failed", ErrorCode="30003")
    post_raw(two, swapped, path_of(two, lucias.id))
    two.work()
    assert newest(two, ANA).status is MessageStatus.SENT
    assert newest(two, ANA).provider_id == anas.provider_id
