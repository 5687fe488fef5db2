"""Threads that go from one to another: transferred, put off, reassigned, listened to."""

import re
from datetime import timedelta

import pytest

from context_store.records import (
    Agent,
    Controller,
    CustomerId,
    Handoff,
    HandoffStatus,
    InputKind,
    Presence,
    Role,
    StepKind,
    Team,
    TeamId,
    new_id,
)
from context_store.staff_acts import ActsAsked
from handoff import passing
from tests.console.conftest import Browser, Desk

TEAMLESS = "agent:"

NOBODY = "01920000-0000-7000-8000-000000000000"


def taken_by(desk: Desk, agent: Agent) -> tuple[Handoff, Browser]:
    customer_id, address = desk.customer()
    desk.says(address)
    handoff = desk.asks_for_person(customer_id)
    mine = desk.browser(agent)
    assert mine.post(f"/desk/thread/{handoff.id}/take").status_code == 303
    return desk.handoff_of(customer_id), mine


def add_team(desk: Desk, name: str = "Sales", **more: object) -> Team:
    team = Team(id=TeamId(new_id()), name=name, **more)  # type: ignore[arg-type]
    with desk.database.write() as uow:
        uow.teams.save(team)
        uow.commit()
    return team


def go_online(desk: Desk, agent: Agent) -> None:
    with desk.database.write() as uow:
        uow.agents.set_presence(agent.id, Presence.ONLINE)
        uow.commit()


def give_out(desk: Desk) -> None:
    """What the clock does every second."""
    with desk.database.write() as uow:
        passing.give_out(uow, passing.plan_assignments(uow, desk.now), desk.now)
        uow.commit()


def steps(desk: Desk, handoff: Handoff) -> list[StepKind]:
    with desk.database.read() as uow:
        return [step.kind for step in uow.handoff_steps.of([handoff.id])]


def controller(desk: Desk, customer_id: CustomerId) -> Controller:
    with desk.database.read() as uow:
        conversation = uow.conversations.get(customer_id)
    assert conversation is not None
    return conversation.controller


def test_a_colleague_who_is_there_gets_it_with_the_note(any_desk: Desk) -> None:
    ana, bruno = any_desk.staff("a@x.example", name="Ana"), any_desk.staff("b@x.example", name="Bruno")
    go_online(any_desk, bruno)
    handoff, mine = taken_by(any_desk, ana)
    path = f"/desk/thread/{handoff.id}"
    response = mine.post(f"{path}/transfer", to=f"agent:{bruno.id}", note="Wants an <b>invoice</b>")
    assert (response.status_code, response.location) == (303, "/desk")
    give_out(any_desk)
    now = any_desk.handoff_of(handoff.customer_id)
    assert (now.status, now.agent_id) == (HandoffStatus.ASSIGNED, bruno.id)
    page = any_desk.browser(bruno).page(path)
    assert "Ana passed it on to Bruno" in page
    assert "Wants an &lt;b&gt;invoice&lt;/b&gt;" in page
    assert mine.post(f"{path}/reply", text="hola").status_code == 409
    assert steps(any_desk, handoff) == [StepKind.TAKEN, StepKind.TRANSFERRED, StepKind.ASSIGNED]


def test_to_a_team_it_waits_in_that_teams_queue_with_its_target(office: Desk, agent: Agent) -> None:
    handoff, mine = taken_by(office, agent)
    team = add_team(office, first_reply_minutes=10)
    mine.post(f"/desk/thread/{handoff.id}/transfer", to=f"team:{team.id}", note="")
    now = office.handoff_of(handoff.customer_id)
    assert (now.status, now.team_id, now.agent_id) == (HandoffStatus.QUEUED, team.id, None)
    assert now.reply_due_at == office.now + timedelta(minutes=10)
    assert controller(office, handoff.customer_id) is Controller.QUEUE


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("", "Choose a colleague or a team."),
        ("agent:nonsense", "Choose a colleague or a team."),
        (f"agent:{NOBODY}", "takes no threads"),
        (f"team:{NOBODY}", "no such team"),
    ],
)
def test_to_nobody_it_stays_where_it_is(office: Desk, agent: Agent, to: str, text: str) -> None:
    handoff, mine = taken_by(office, agent)
    refused = mine.post(f"/desk/thread/{handoff.id}/transfer", to=to)
    assert refused.status_code == 409
    assert text in refused.get_data(as_text=True)
    assert office.handoff_of(handoff.customer_id).agent_id == agent.id


def test_marketers_get_no_threads(office: Desk, agent: Agent) -> None:
    marketer = office.staff("m@x.example", Role.MARKETER)
    handoff, mine = taken_by(office, agent)
    assert mine.post(f"/desk/thread/{handoff.id}/transfer", to=f"agent:{marketer.id}").status_code == 409


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"until": "hour"}, "2026-11-23T12:00"),
        ({"until": "tomorrow"}, "2026-11-24T08:00"),  # nine in Madrid
        ({"until": "monday"}, "2026-11-30T08:00"),
        ({"at": "2026-12-01T10:30"}, "2026-12-01T09:30"),
    ],
)
def test_put_off_it_leaves_the_queue_and_has_no_lease(
    office: Desk, agent: Agent, fields: dict[str, str], expected: str
) -> None:
    handoff, mine = taken_by(office, agent)
    assert mine.post(f"/desk/thread/{handoff.id}/snooze", **fields).status_code == 303
    now = office.handoff_of(handoff.customer_id)
    assert (now.status, now.agent_id) == (HandoffStatus.SNOOZED, agent.id)
    assert now.snoozed_until is not None
    assert now.snoozed_until.isoformat().startswith(expected)
    with office.database.read() as uow:
        conversation = uow.conversations.get(handoff.customer_id)
        assert [timer.due_at for timer in uow.timers.waiting(handoff.customer_id)] == [now.snoozed_until]
    assert conversation is not None
    assert (conversation.controller, conversation.controller_until) == (Controller.QUEUE, None)
    assert "Snoozed" in mine.page("/desk")


@pytest.mark.parametrize("fields", [{}, {"at": "2020-01-01T10:00"}, {"at": "9999-12-31T10:00"}, {"at": "x"}])
def test_to_no_time_it_is_not_put_off(office: Desk, agent: Agent, fields: dict[str, str]) -> None:
    handoff, mine = taken_by(office, agent)
    assert mine.post(f"/desk/thread/{handoff.id}/snooze", **fields).status_code == 409
    assert office.handoff_of(handoff.customer_id).status is HandoffStatus.ASSIGNED


def test_who_put_it_off_may_take_it_up_again_and_nobody_else(office: Desk, agent: Agent) -> None:
    handoff, mine = taken_by(office, agent)
    path = f"/desk/thread/{handoff.id}"
    mine.post(f"{path}/snooze", until="hour")
    other = office.browser(office.staff("b@x.example", name="Bruno"))
    assert other.post(f"{path}/take").status_code == 409
    assert "Take it up now" in mine.page(path)
    assert mine.post(f"{path}/take").status_code == 303
    assert office.handoff_of(handoff.customer_id).status is HandoffStatus.ASSIGNED
    with office.database.read() as uow:
        assert uow.timers.waiting(handoff.customer_id) == []


def test_a_supervisor_gives_anybodys_thread_to_anybody(office: Desk, agent: Agent) -> None:
    handoff, mine = taken_by(office, agent)
    bruno = office.staff("b@x.example", name="Bruno")
    go_online(office, bruno)
    boss = office.browser(office.staff("s@x.example", Role.SUPERVISOR, name="Sara"))
    assert mine.post(f"/board/{handoff.id}/reassign", to=f"agent:{bruno.id}").status_code == 403
    assert boss.post(f"/board/{handoff.id}/reassign", to=f"agent:{bruno.id}").status_code == 303
    give_out(office)
    assert office.handoff_of(handoff.customer_id).agent_id == bruno.id
    assert boss.post(f"/board/{handoff.id}/reassign", to="nobody").status_code == 409
    assert boss.post(f"/board/{new_id()}/reassign", to=f"agent:{bruno.id}").status_code == 409


def test_the_board_tells_who_waits_who_is_on_and_what_is_at_risk(office: Desk, agent: Agent) -> None:
    add_team(office, first_reply_minutes=20)
    go_online(office, agent)
    customer_id, address = office.customer("Inés")
    office.says(address)
    office.asks_for_person(customer_id)
    boss = office.browser(office.staff("s@x.example", Role.SUPERVISOR, name="Sara"))
    assert tiles(boss.page("/board")) == ["1", "&lt; 1 min", "0", "0", "0", "1"]
    office.clock.forward(minutes=25)
    page = boss.page("/board")
    assert tiles(page) == ["1", "25 mins", "1", "0", "0", "1"]
    assert "overdue 5 mins" in page
    assert "Inés" in page


def tiles(page: str) -> list[str]:
    return re.findall(r'<p class="tile[^"]*"><b>([^<]*)</b>', page)


def test_listening_in_reads_along_without_taking(office: Desk, agent: Agent) -> None:
    handoff, _ = taken_by(office, agent)
    boss = office.browser(office.staff("s@x.example", Role.SUPERVISOR, name="Sara"))
    page = boss.page(f"/desk/thread/{handoff.id}")
    assert "Ana has this thread. You can read along." in page
    assert "disabled" in page
    assert office.handoff_of(handoff.customer_id).agent_id == agent.id
    with office.database.read() as uow:
        assert [act.act for _, act in uow.staff_acts.newest(asked(), 1)] == ["listen"]


def asked() -> ActsAsked:
    return ActsAsked()


def test_resolved_with_a_reason_and_without_a_survey(office: Desk, agent: Agent) -> None:
    handoff, mine = taken_by(office, agent)
    fields = {"outcome": "resolved", "reason": "refunded", "survey": "", "note": "42 € back"}
    assert mine.post(f"/desk/thread/{handoff.id}/give-back", **fields).status_code == 303
    now = office.handoff_of(handoff.customer_id)
    assert (now.status, now.outcome) == (HandoffStatus.RESOLVED, "refunded")
    with office.database.read() as uow:
        (command,) = uow.inputs.waiting(handoff.customer_id)
    assert command.kind is InputKind.COMMAND
    assert command.payload["is_resolved"] is False, "no survey"
    assert command.payload["summary"] == {
        "reason": "asked",
        "outcome": "refunded",
        "agent": "Ana",
        "note": "42 € back",
    }


def test_presence_is_chosen_and_ends_with_the_last_page(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    assert mine.post("/desk/presence", presence="online", next="/customers").location == "/customers"
    assert mine.post("/desk/presence", presence="online", next="//evil.example").location == "/desk"
    assert mine.post("/desk/presence", presence="asleep").status_code == 400
    assert presence(office) is Presence.ONLINE
    with office.database.write() as uow:
        uow._connection.exec_driver_sql("UPDATE agents SET seen_at = '2020-01-01 00:00:00.000000'")
        uow.commit()
    assert presence(office) is Presence.OFFLINE
    mine.post("/desk/keep")
    assert presence(office) is Presence.ONLINE


def presence(desk: Desk) -> Presence:
    with desk.database.read() as uow:
        return uow.teams.colleagues()[0].presence
