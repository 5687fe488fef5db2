"""A person takes over with the whole story, the bot is silent, and gets the thread back."""

from uuid import uuid4

import pytest

from context_store.records import (
    Agent,
    AgentId,
    Controller,
    Handoff,
    HandoffStatus,
    Role,
)
from handoff import brief, desk
from tests.bot.helpers import add_order
from tests.bot.test_events import PHONE
from tests.world import World

WHATSAPP = f"whatsapp:{PHONE}"


def hire(world: World, name: str = "Marta") -> Agent:
    agent = Agent(
        id=AgentId(uuid4()),
        email=f"{name.lower()}@example.com",
        name=name,
        role=Role.AGENT,
        created_at=world.clock.now(),
    )
    with world.database.write() as uow:
        uow.agents.add(agent, "no password")
        uow.commit()
    return agent


def waiting(world: World) -> Handoff:
    with world.database.read() as uow:
        found = uow.handoffs.open_of(world.customer_id(PHONE))
    assert isinstance(found, Handoff)
    return found


def taken(world: World, agent: Agent) -> Handoff:
    request = waiting(world)
    with world.database.write() as uow:
        desk.take(uow, request.id, agent.id, world.clock.now())
        uow.commit()
    return request


def give_back(world: World, agent: Agent, request: Handoff, *, is_resolved: bool) -> list[str]:
    with world.database.write() as uow:
        desk.give_back(uow, request.id, agent, desk.Ending(is_resolved=is_resolved), world.clock.now())
        uow.commit()
    world.bell.ring_turns(world.customer_id(PHONE))
    return [message.body for message in world.work()]


def test_asked_for_a_person_the_bot_says_so_once_and_falls_silent(world: World) -> None:
    assert "Te paso con una persona" in world.says(WHATSAPP, "quiero hablar con una persona")[0]
    assert world.says(WHATSAPP, "¿hay alguien?") == []
    assert world.says(PHONE, "hola") == [], "silent on every channel"
    assert waiting(world).status is HandoffStatus.QUEUED


def test_stop_is_heard_while_a_person_has_the_thread(world: World) -> None:
    world.says(WHATSAPP, "quiero hablar con una persona")
    assert "no te escribiremos más" in world.says(WHATSAPP, "BAJA")[0]


def test_the_agents_words_go_out_where_the_customer_wrote_last(world: World) -> None:
    agent = hire(world)
    world.says(WHATSAPP, "quiero hablar con una persona")
    world.says(PHONE, "mejor por sms")
    request = taken(world, agent)
    with world.database.write() as uow:
        desk.reply(uow, request.id, agent, desk.Reply(text="Hola, soy Marta."), world.clock.now())
        uow.commit()
    world.bell.ring_sender(world.customer_id(PHONE))
    (sent,) = world.work()
    assert (sent.to, sent.body) == (f"sms:{PHONE}", "Hola, soy Marta.")


def test_two_agents_cannot_take_one_thread(world: World) -> None:
    world.says(WHATSAPP, "quiero hablar con una persona")
    first, second = hire(world, "Marta"), hire(world, "Luis")
    request = taken(world, first)
    with world.database.write() as uow, pytest.raises(desk.DeskFault, match="Somebody else"):
        desk.take(uow, request.id, second.id, world.clock.now())
    with world.database.write() as uow, pytest.raises(desk.DeskFault, match="not yours"):
        desk.reply(uow, request.id, second, desk.Reply(text="Hola"), world.clock.now())


def test_returned_the_bot_offers_to_go_on_with_what_it_had_asked(world: World) -> None:
    world.says(WHATSAPP, "hola")
    add_order(world, PHONE)
    world.says(WHATSAPP, "quiero cambiar la entrega")
    world.says(WHATSAPP, "quiero hablar con una persona")
    agent = hire(world)
    answers = give_back(world, agent, taken(world, agent), is_resolved=False)
    assert "soy el asistente" in answers[0] and "¿Seguimos?" in answers[0]
    assert "¿A qué dirección" in world.says(PHONE, "sí, seguimos")[0]


def test_resolved_it_asks_for_a_rating_and_one_answer_counts(world: World) -> None:
    world.says(WHATSAPP, "quiero hablar con una persona")
    agent = hire(world)
    answers = give_back(world, agent, taken(world, agent), is_resolved=True)
    assert "del 1 (muy mal) al 5" in answers[0]
    assert "¿Qué ha ido mal?" in world.says(PHONE, "muy mal")[0]
    assert world.says(PHONE, "tardasteis una hora") == [
        "Gracias por contarnoslo. Se lo paso a una persona del equipo, que te escribira por aqui."
    ]
    with world.database.read() as uow:
        (survey,) = uow.surveys.of(world.customer_id(PHONE))
    assert (survey.score, survey.comment) == (1, "tardasteis una hora")
    assert waiting(world).reason == "bad_rating"
    world.says(PHONE, "5")
    with world.database.read() as uow:
        assert uow.surveys.of(world.customer_id(PHONE))[0].score == 1


def test_an_agent_who_vanishes_gives_the_thread_back_to_the_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "LEASE_SECONDS", -1.0)
    world.says(WHATSAPP, "quiero hablar con una persona")
    taken(world, hire(world))
    world.tick()
    assert waiting(world).status is HandoffStatus.QUEUED
    with world.database.read() as uow:
        conversation = uow.conversations.get(world.customer_id(PHONE))
    assert conversation is not None and conversation.controller is Controller.QUEUE


def test_the_brief_tells_the_story_from_facts(world: World) -> None:
    world.says(WHATSAPP, "hola")
    add_order(world, PHONE)
    for _ in range(2):
        world.says(WHATSAPP, "quiero cambiar la entrega")
    world.says(WHATSAPP, "esto es una vergüenza, quiero poner una queja")
    with world.database.read() as uow:
        told = brief.build(uow, world.customer_id(PHONE), world.clock.now())
    assert told.handoffs[0].reason in ("asked", "complaint")
    assert told.open_question == "delivery_address"
    assert told.orders[0].number == "1042"
    assert told.asked_twice == ["quiero cambiar la entrega"]
    assert told.window_left is not None


def test_what_an_agent_may_not_send_is_told(world: World) -> None:
    agent = hire(world)
    world.says(WHATSAPP, "quiero hablar con una persona")
    request = taken(world, agent)
    seen = world.thread(PHONE)[-1].position
    world.says(WHATSAPP, "otra cosa")
    for reply, says in (
        (desk.Reply(text=" "), "Write something"),
        (desk.Reply(text="x" * 6401), "6401"),
        (desk.Reply(text="Hola", seen=seen), "written again"),
    ):
        with world.database.write() as uow, pytest.raises(desk.DeskFault, match=says):
            desk.reply(uow, request.id, agent, reply, world.clock.now())


def test_a_reply_too_long_for_one_message_goes_as_several_in_order(world: World) -> None:
    agent = hire(world)
    world.says(WHATSAPP, "quiero hablar con una persona")
    request = taken(world, agent)
    text = "Una frase entera. " * 150
    with world.database.write() as uow:
        desk.reply(uow, request.id, agent, desk.Reply(text=text), world.clock.now())
        uow.commit()
    world.house.sender.send_waiting(world.customer_id(PHONE))
    first, second = [sent.body for sent in world.channel.sent[-2:]]
    assert f"{first} {second}" == text.strip()
    assert max(len(first), len(second)) <= 1600


@pytest.mark.parametrize("said", ["very bad", "muy mala", "fatal", "1"])
def test_a_bad_rating_in_words_is_a_rating_and_no_new_complaint(sqlite_world: World, said: str) -> None:
    sqlite_world.says(WHATSAPP, "quiero hablar con una persona")
    agent = hire(sqlite_world)
    give_back(sqlite_world, agent, taken(sqlite_world, agent), is_resolved=True)
    sqlite_world.says(WHATSAPP, said)
    with sqlite_world.database.read() as uow:
        assert uow.surveys.of(sqlite_world.customer_id(PHONE))[0].score == 1
        assert uow.handoffs.open_of(sqlite_world.customer_id(PHONE)) is None


def test_what_was_half_said_before_does_not_slip_into_a_new_request(sqlite_world: World) -> None:
    sqlite_world.says(WHATSAPP, "hola")
    add_order(sqlite_world, PHONE)
    sqlite_world.says(WHATSAPP, "quiero cambiar la entrega")
    sqlite_world.says(WHATSAPP, "Gran Vía 1, Madrid")
    sqlite_world.says(WHATSAPP, "quiero hablar con una persona")
    agent = hire(sqlite_world)
    give_back(sqlite_world, agent, taken(sqlite_world, agent), is_resolved=False)
    assert "¿A qué dirección" in sqlite_world.says(WHATSAPP, "quiero cambiar la entrega")[0]
