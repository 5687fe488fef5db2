"""STOP, START and HELP on the road: into the ledger with their proof, and honoured on every later send."""

from dataclasses import replace

import pytest

from bot.channels.base import Fate, SendFault
from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    InputStatus,
    MessageStatus,
    Topic,
)
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, forget_delays, inputs, outgoing, post_raw, statuses
from tests.payloads import payload
from tests.world import World

SMS, WHATSAPP, EMAIL = Channel.SMS, Channel.WHATSAPP, Channel.EMAIL
OUT, IN = ConsentStatus.OPTED_OUT, ConsentStatus.OPTED_IN


def ledger(world: World, phone: str = LUCIA) -> list[Consent]:
    with world.database.read() as uow:
        lines: list[Consent] = uow.consents.ledger(world.customer_id(phone))
    return lines


def lines(world: World) -> list[tuple[Channel, ConsentStatus, str]]:
    return [(line.channel, line.status, line.method) for line in ledger(world)]


def test_a_stop_is_in_the_ledger_with_its_words_and_its_proof(world: World) -> None:
    world.clock.forward(days=3)
    world.says(LUCIA_ON_WHATSAPP, "¡Baja!")
    (line,) = ledger(world)
    assert line == Consent(
        customer_id=world.customer_id(LUCIA),
        channel=WHATSAPP,
        topic=Topic.ALL,
        status=OUT,
        method="keyword",
        wording="¡Baja!",
        proof=str(world.thread(LUCIA)[0].id),
        created_at=world.clock.now(),
    )


def test_after_a_stop_nothing_more_is_said_on_that_channel_and_all_on_the_other(world: World) -> None:
    (confirmation,) = world.says(LUCIA_ON_WHATSAPP, "BAJA")
    assert confirmation == "Listo: no te escribiremos más por WhatsApp. Si cambias de idea, escribe ALTA."
    assert world.says(LUCIA_ON_WHATSAPP, "horario") == []
    assert len(world.says(LUCIA, "horario")) == 1
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}


# word -> what we say; on SMS the carrier confirms its own words, and we are silent.
CONFIRMATIONS = [
    (LUCIA_ON_WHATSAPP, "STOP", "no te escribiremos más por WhatsApp"),
    (LUCIA, "BAJA", "no te escribiremos mas por SMS"),
    (LUCIA, "Stop.", "no te escribiremos mas por SMS"),
    (LUCIA, "STOP", None),
    (LUCIA, "unsubscribe", None),
    (LUCIA, "HELP", None),
    (LUCIA, "INFO", None),
    (LUCIA, "START", None),
    (LUCIA, "YES", None),
    (LUCIA, "AYUDA", "Esto es Casa Luna."),
    (LUCIA_ON_WHATSAPP, "HELP", "This is Casa Luna."),
    (LUCIA_ON_WHATSAPP, "ALTA", "Volvemos a hablar por WhatsApp"),
    (LUCIA, "ALTA", "Volvemos a hablar por SMS"),
]


@pytest.mark.parametrize(("origin", "word", "said"), CONFIRMATIONS)
def test_a_keyword_is_answered_by_one_of_us_never_by_both(
    sqlite_world: World, origin: str, word: str, said: str | None
) -> None:
    answers = sqlite_world.says(origin, word)
    assert len(answers) == (said is not None)
    assert all(said in answer for answer in answers if said)


@pytest.mark.parametrize("word", ["STOP", "end", "Cancel", "QUIT", "revoke", "OPTOUT", "unsubscribe"])
def test_a_carriers_stop_on_sms_is_recorded_as_the_carriers(sqlite_world: World, word: str) -> None:
    assert sqlite_world.says(LUCIA, word) == []
    assert lines(sqlite_world) == [(SMS, OUT, "carrier")]
    assert sqlite_world.says(LUCIA, "horario") == []
    assert len(sqlite_world.says(LUCIA_ON_WHATSAPP, "horario")) == 1


@pytest.mark.parametrize("word", ["BAJA TOTAL", "STOP ALL", "parar tudo"])
@pytest.mark.parametrize("origin", [LUCIA, LUCIA_ON_WHATSAPP])
def test_a_stop_for_all_closes_every_channel_with_one_confirmation(
    sqlite_world: World, origin: str, word: str
) -> None:
    assert len(sqlite_world.says(origin, word)) == 1
    assert lines(sqlite_world) == [
        (WHATSAPP, OUT, "keyword"),
        (SMS, OUT, "keyword"),
        (EMAIL, OUT, "keyword"),
    ]
    for other in (LUCIA, LUCIA_ON_WHATSAPP):
        assert sqlite_world.says(other, "horario") == []


def test_stopall_on_sms_closes_every_channel_without_a_word(sqlite_world: World) -> None:
    assert sqlite_world.says(LUCIA, "STOPALL") == []
    assert [line[:2] for line in lines(sqlite_world)] == [(WHATSAPP, OUT), (SMS, OUT), (EMAIL, OUT)]
    assert sqlite_world.says(LUCIA_ON_WHATSAPP, "hola") == []


@pytest.mark.parametrize(
    ("origin", "stop", "start", "is_answered"),
    [
        (LUCIA_ON_WHATSAPP, "BAJA", "ALTA", True),
        (LUCIA_ON_WHATSAPP, "STOP", "volver", True),
        (LUCIA_ON_WHATSAPP, "STOP", "sí", True),
        (LUCIA, "BAJA", "ALTA", True),
        (LUCIA, "STOP", "START", False),
        (LUCIA, "STOP", "yes", False),
    ],
)
def test_a_start_opens_the_channel_again(
    sqlite_world: World, origin: str, stop: str, start: str, is_answered: bool
) -> None:
    sqlite_world.says(origin, stop)
    assert len(sqlite_world.says(origin, start)) == is_answered
    assert [line.status for line in ledger(sqlite_world)] == [OUT, IN]
    assert len(sqlite_world.says(origin, "horario")) == 1


def test_a_start_opens_one_channel_of_those_that_were_closed(world: World) -> None:
    world.says(LUCIA_ON_WHATSAPP, "BAJA TOTAL")
    world.says(LUCIA, "ALTA")
    assert len(world.says(LUCIA, "horario")) == 1
    assert world.says(LUCIA_ON_WHATSAPP, "horario") == []


@pytest.mark.parametrize("name", ["sms_stop", "whatsapp_stop"])
def test_a_stop_that_advanced_opt_out_has_handled_is_only_recorded(world: World, name: str) -> None:
    fields = payload(f"twilio/{name}").fields
    phone = fields["From"].removeprefix("whatsapp:")
    post_raw(world, payload(f"twilio/{name}"))
    assert world.work() == []
    (line,) = ledger(world, phone)
    assert (line.status, line.method, line.wording) == (OUT, "carrier", fields["Body"])
    assert world.says(fields["From"], "hola") == []


@pytest.mark.parametrize(
    ("opt_out_type", "status"), [("START", IN), ("STOP", OUT), ("start", IN), ("HELP", None)]
)
def test_what_advanced_opt_out_heard_counts_whatever_the_words(
    sqlite_world: World, opt_out_type: str, status: ConsentStatus | None
) -> None:
    assert sqlite_world.says(LUCIA, "palabra configurada", OptOutType=opt_out_type) == []
    assert [line.status for line in ledger(sqlite_world)] == ([status] if status else [])


def test_what_was_queued_before_the_stop_does_not_go_out_after_it(world: World) -> None:
    world.channel.faults = [SendFault(Fate.RETRYABLE, "Twilio 20429")]
    world.says(LUCIA_ON_WHATSAPP, "horario")
    assert outgoing(world) == [(MessageStatus.QUEUED, "Twilio 20429")]
    # Its lane waits for the retry, and the confirmation waits behind it.
    assert world.says(LUCIA_ON_WHATSAPP, "STOP") == []
    forget_delays(world)
    assert [sent.body[:5] for sent in world.tick()] == ["Listo"]
    assert outgoing(world)[0] == (MessageStatus.SKIPPED, "opted out of this channel")


def test_a_stop_is_honoured_while_a_person_has_the_conversation(world: World) -> None:
    world.says(LUCIA_ON_WHATSAPP, "hola")
    with world.database.write() as uow:
        uow.conversations.hand_to(world.customer_id(LUCIA), Controller.QUEUE)
        uow.commit()
    assert world.says(LUCIA_ON_WHATSAPP, "horario") == []
    assert len(world.says(LUCIA_ON_WHATSAPP, "BAJA")) == 1
    assert lines(world) == [(WHATSAPP, OUT, "keyword")]


def test_a_second_stop_is_confirmed_and_recorded_again(sqlite_world: World) -> None:
    for _ in range(2):
        assert len(sqlite_world.says(LUCIA_ON_WHATSAPP, "BAJA")) == 1
    assert len(ledger(sqlite_world)) == 2


@pytest.mark.parametrize(
    ("hello", "stop", "confirmation"),
    [
        ("hi there, good morning", "STOP", "Done: we won't write to you on WhatsApp any more."),
        ("oi, tudo bem com você?", "SAIR", "Pronto: não escreveremos mais por WhatsApp."),
        ("hola, buenos días", "stop", "Listo: no te escribiremos más por WhatsApp."),
    ],
)
def test_the_confirmation_speaks_the_customers_language(
    sqlite_world: World, hello: str, stop: str, confirmation: str
) -> None:
    sqlite_world.says(LUCIA_ON_WHATSAPP, hello)
    (answer,) = sqlite_world.says(LUCIA_ON_WHATSAPP, stop)
    assert answer.startswith(confirmation)


def test_a_keyword_leaves_the_open_question_where_it_was(sqlite_world: World) -> None:
    world = sqlite_world
    world.says(LUCIA_ON_WHATSAPP, "hola")
    with world.database.read() as uow:
        before = uow.conversations.get(world.customer_id(LUCIA)).state
    for word in ("BAJA", "ALTA", "AYUDA"):
        world.says(LUCIA_ON_WHATSAPP, word)
    with world.database.read() as uow:
        after = uow.conversations.get(world.customer_id(LUCIA)).state
    assert replace(after, answered_at=before.answered_at) == before


def test_the_carriers_refusal_is_an_opt_out_with_the_message_as_its_proof(world: World) -> None:
    world.channel.faults = [SendFault(Fate.OPTED_OUT, "Twilio 21610")]
    world.says(LUCIA, "hola")
    (line,) = ledger(world)
    assert (line.channel, line.status, line.method, line.wording) == (SMS, OUT, "carrier", "Twilio 21610")
    assert line.proof == str(world.thread(LUCIA)[1].id)
    assert outgoing(world) == [(MessageStatus.FAILED, "Twilio 21610")]
    assert world.says(LUCIA, "horario") == []
    assert statuses(world) == [MessageStatus.FAILED]
