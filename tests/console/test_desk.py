"""The desk at work: who waits, taking, replying, giving back; live parts that change only when they must."""

import re

import pytest

from context_store.records import (
    Agent,
    Author,
    Controller,
    HandoffStatus,
    InputKind,
    MessageStatus,
    Role,
)
from tests.console.conftest import Desk


def test_who_waits_longest_is_on_top(office: Desk, agent: Agent) -> None:
    for number, name in enumerate(("Inés", "Bruno", "Carla")):
        customer_id, address = office.customer(name, f"+3460000000{number}")
        office.says(address, f"soy {name}")
        office.asks_for_person(customer_id, "complaint" if name == "Bruno" else "asked")
        office.clock.forward(minutes=10)
    page = office.browser(agent).page("/desk?lang=es")
    assert re.findall(r'<bdi class="name">(\w+)</bdi>', page) == ["Inés", "Bruno", "Carla"]
    assert "30 min" in page
    assert "Tiene una queja" in page
    assert "soy Carla" in page
    assert '<span class="count" id="waiting-count">3</span>' in page


def test_taking_makes_it_mine_and_silences_the_bot(any_desk: Desk) -> None:
    ana = any_desk.staff("ana@casaluna.example")
    customer_id, address = any_desk.customer()
    any_desk.says(address)
    handoff = any_desk.asks_for_person(customer_id)
    mine = any_desk.browser(ana)
    assert "disabled" in mine.page(f"/desk/thread/{handoff.id}")
    response = mine.post(f"/desk/thread/{handoff.id}/take")
    assert (response.status_code, response.location) == (303, f"/desk/thread/{handoff.id}")
    with any_desk.database.read() as uow:
        conversation = uow.conversations.get(customer_id)
    assert conversation is not None
    assert (conversation.controller, conversation.agent_id) == (Controller.AGENT, ana.id)
    assert "disabled" not in mine.page(f"/desk/thread/{handoff.id}")


def test_of_two_agents_one_takes_it(any_desk: Desk) -> None:
    ana, bruno = any_desk.staff("a@x.example", name="Ana"), any_desk.staff("b@x.example", name="Bruno")
    customer_id, address = any_desk.customer()
    any_desk.says(address)
    handoff = any_desk.asks_for_person(customer_id)
    hers, his = any_desk.browser(ana), any_desk.browser(bruno)
    assert hers.post(f"/desk/thread/{handoff.id}/take").status_code == 303
    refused = his.post(f"/desk/thread/{handoff.id}/take")
    assert refused.status_code == 409
    page = refused.get_data(as_text=True)
    assert "Somebody else was quicker" in page
    assert "Ana has this thread" in page
    assert his.post(f"/desk/thread/{handoff.id}/reply", text="yo también").status_code == 409
    assert any_desk.handoff_of(customer_id).agent_id == ana.id


def test_a_reply_is_queued_and_the_sender_rung(any_desk: Desk) -> None:
    ana = any_desk.staff("ana@casaluna.example")
    customer_id, address = any_desk.customer()
    last = any_desk.says(address)
    handoff = any_desk.asks_for_person(customer_id)
    mine = any_desk.browser(ana)
    mine.post(f"/desk/thread/{handoff.id}/take")
    response = mine.post(f"/desk/thread/{handoff.id}/reply", text="Hola, soy Ana", seen=str(last.position))
    assert response.status_code == 303
    with any_desk.database.read() as uow:
        said = uow.messages.newest(customer_id)[-1]
    assert (said.text, said.author, said.agent_id) == ("Hola, soy Ana", Author.AGENT, ana.id)
    assert said.status is MessageStatus.QUEUED
    assert any_desk.bell.sends == [customer_id]
    assert any_desk.bell.turns == []


def test_a_reply_that_crosses_a_newer_message_is_refused_and_kept(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    seen = office.says(address, "¿Hola?").position
    handoff = office.asks_for_person(customer_id)
    mine = office.browser(agent)
    mine.post(f"/desk/thread/{handoff.id}/take")
    newer = office.says(address, "Ya no hace falta").position
    refused = mine.post(f"/desk/thread/{handoff.id}/reply", text="Un <b>momento</b>", seen=str(seen))
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "They have written again meanwhile" in page
    assert ">Un &lt;b&gt;momento&lt;/b&gt;</textarea>" in page
    assert office.bell.sends == []
    # Read by now: the same form may go out.
    assert f'name="seen" id="seen" value="{newer}"' in page
    again = mine.post(f"/desk/thread/{handoff.id}/reply", text="Un momento", seen=str(newer))
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("text", "fault"), [("  ", "Write something first."), ("x" * 6401, "One reply takes 6400 characters.")]
)
def test_what_cannot_be_sent_is_explained(office: Desk, agent: Agent, text: str, fault: str) -> None:
    customer_id, address = office.customer()
    office.says(address)
    handoff = office.asks_for_person(customer_id)
    mine = office.browser(agent)
    mine.post(f"/desk/thread/{handoff.id}/take")
    refused = mine.post(f"/desk/thread/{handoff.id}/reply", text=text)
    assert refused.status_code == 409
    assert fault in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("outcome", "status"), [("resolved", HandoffStatus.RESOLVED), ("returned", HandoffStatus.RETURNED)]
)
def test_giving_back_adds_the_command_for_the_bot(
    any_desk: Desk, outcome: str, status: HandoffStatus
) -> None:
    ana = any_desk.staff("ana@casaluna.example")
    customer_id, address = any_desk.customer()
    any_desk.says(address)
    handoff = any_desk.asks_for_person(customer_id)
    mine = any_desk.browser(ana)
    mine.post(f"/desk/thread/{handoff.id}/take")
    response = mine.post(f"/desk/thread/{handoff.id}/give-back", outcome=outcome, note="Ya está")
    assert response.location == "/desk"
    with any_desk.database.read() as uow:
        (command,) = uow.inputs.waiting(customer_id)
    assert command.kind is InputKind.COMMAND
    assert command.payload["command"] == "return_to_bot"
    assert command.payload["is_resolved"] is (outcome == "resolved")
    closed = any_desk.handoff_of(customer_id)
    assert (closed.status, closed.note) == (status, "Ya está")
    assert any_desk.bell.turns == [customer_id]
    page = mine.page(f"/desk/thread/{handoff.id}")
    assert "This request is closed." in page
    assert "Ya está" in page


def test_released_it_waits_for_somebody_else(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    office.says(address)
    handoff = office.asks_for_person(customer_id)
    mine = office.browser(agent)
    mine.post(f"/desk/thread/{handoff.id}/take")
    assert mine.post(f"/desk/thread/{handoff.id}/release").location == "/desk"
    assert office.handoff_of(customer_id).status is HandoffStatus.QUEUED
    other = office.browser(office.staff("b@x.example", Role.SUPERVISOR))
    assert other.post(f"/desk/thread/{handoff.id}/take").status_code == 303


def test_an_open_page_keeps_all_that_its_agent_has(any_desk: Desk) -> None:
    ana = any_desk.staff("ana@casaluna.example")
    mine = any_desk.browser(ana)
    until = {}
    for number in range(2):
        customer_id, address = any_desk.customer(phone=f"+3460000000{number}")
        any_desk.says(address)
        mine.post(f"/desk/thread/{any_desk.asks_for_person(customer_id).id}/take")
        with any_desk.database.read() as uow:
            until[customer_id] = uow.conversations.get(customer_id)
    assert mine.post("/desk/keep").status_code == 204
    with any_desk.database.read() as uow:
        for customer_id, before in until.items():
            after = uow.conversations.get(customer_id)
            assert after is not None
            assert before is not None
            assert after.controller_until > before.controller_until  # type: ignore[operator]


def test_live_parts_come_only_when_they_have_changed(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    first = office.says(address).position
    handoff = office.asks_for_person(customer_id)
    mine = office.browser(agent)
    for path in (
        "/desk/live",
        f"/desk/thread/{handoff.id}/live?first={first}",
        f"/customers/{customer_id}/live",
    ):
        fresh = mine.get(path)
        assert fresh.status_code == 200
        assert "<html" not in fresh.get_data(as_text=True)
        assert fresh.headers["Hilo-Now"] == office.now.isoformat()
        tag = {"If-None-Match": fresh.headers["ETag"]}
        same = mine.get(path, headers=tag)
        assert (same.status_code, same.data) == (304, b"")
        office.says(address, "otra cosa")
        assert mine.get(path, headers=tag).status_code == 200


def test_a_request_that_is_not_there_is_not_found(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    nowhere = "/desk/thread/0192b1f0-0000-7000-8000-000000000000"
    assert mine.get(nowhere).status_code == 404
    assert "There is nothing here." in mine.get(nowhere).get_data(as_text=True)
    assert mine.post(f"{nowhere}/take").status_code == 404
