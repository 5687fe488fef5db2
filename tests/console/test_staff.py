"""Members and their ways in: invitations, passwords, sessions, roles, the record."""

import re

import pytest

from console import staff
from context_store.records import Agent, Role, StaffAct
from context_store.staff_acts import ActsAsked
from tests.console.conftest import HOST, PASSWORD, Browser, Desk, later
from tests.console.test_sign_in import form_token, sign_in

BASE = f"https://{HOST}"
NEW = "another good password"


@pytest.fixture
def boss(office: Desk) -> Browser:
    return office.browser(office.staff("boss@x.example", Role.ADMIN, name="Eva"))


def acts(desk: Desk) -> list[StaffAct]:
    with desk.database.read() as uow:
        return [act for _, act in uow.staff_acts.newest(ActsAsked(), 50)]


def invite(boss: Browser, email: str = "nuria@x.example", role: str = "agent", **more: str) -> str:
    page = boss.post("/staff/invite", email=email, role=role, name="Nuria", **more).get_data(as_text=True)
    found = re.search(r'value="https://[^/]+(/sign-in/invitation/[^"]+)"', page)
    assert found is not None, "no link"
    return found[1]


def accept(desk: Desk, path: str, **fields: str) -> tuple[int, str]:
    client = desk.visitor()
    page = client.get(path, base_url=BASE)
    if page.status_code != 200:
        return page.status_code, page.get_data(as_text=True)
    data = {"form_token": form_token(page), "name": "Nuria", "new": NEW, "again": NEW, **fields}
    answer = client.post(path, data=data, base_url=BASE)
    return answer.status_code, answer.get_data(as_text=True)


def test_who_is_invited_chooses_a_password_and_is_in(office: Desk, boss: Browser) -> None:
    path = invite(boss, role="supervisor")
    assert "Nuria" not in office.visitor().get("/sign-in", base_url=BASE).get_data(as_text=True)
    assert accept(office, path)[0] == 303
    assert sign_in(office.visitor(), "nuria@x.example", NEW).status_code == 303
    with office.database.read() as uow:
        agent = uow.agents.with_email("nuria@x.example")
    assert agent is not None
    assert (agent.name, agent.role) == ("Nuria", Role.SUPERVISOR)
    assert [act.act for act in acts(office)][:4] == ["sign_in", "sign_in", "accept_invitation", "invite"]


def test_the_link_works_once_and_is_shown_once(office: Desk, boss: Browser) -> None:
    path = invite(boss)
    assert path not in boss.page("/staff")
    assert accept(office, path)[0] == 303
    assert accept(office, path)[0] == 410


def test_after_a_week_or_when_taken_back_or_replaced_it_is_gone(office: Desk, boss: Browser) -> None:
    old = invite(boss)
    path = invite(boss)
    assert accept(office, old)[0] == 410, "a new link takes the place of the old one"
    with office.database.read() as uow:
        (invitation,) = uow.invitations.open(office.now)
    assert boss.post(f"/staff/invitations/{invitation.id}/revoke").status_code == 303
    assert accept(office, path)[0] == 410
    assert boss.post(f"/staff/invitations/{invitation.id}/revoke").status_code == 404
    late = invite(boss)
    office.clock.forward(days=7)
    assert accept(office, late)[0] == 410


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"new": "short", "again": "short"}, "at least 10 characters"),
        ({"new": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, "at least 10 characters"),
        ({"new": "nuria@x.example", "again": "nuria@x.example"}, "at least 10 characters"),
        ({"again": "something else"}, "differ"),
        ({"name": "  "}, "Write your name"),
    ],
)
def test_a_refused_form_says_why_and_the_invitation_stays(
    office: Desk, boss: Browser, fields: dict[str, str], text: str
) -> None:
    path = invite(boss)
    status, page = accept(office, path, **fields)
    assert status == 400
    assert text in page
    assert accept(office, path)[0] == 303


def test_nobody_is_invited_twice_nor_with_nonsense(office: Desk, boss: Browser) -> None:
    office.staff("ana@x.example")
    for email, role, status in (
        ("ANA@x.example", "agent", 409),
        ("nonsense", "agent", 400),
        ("a@x.example", "king", 400),
    ):
        assert boss.post("/staff/invite", email=email, role=role).status_code == status


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(office: Desk, agent: Agent) -> None:
    mine, other = office.browser(agent), office.browser(agent)
    answer = mine.post("/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 303
    assert mine.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert staff.agent_with(office.database, agent.email, PASSWORD) is None
    assert staff.agent_with(office.database, agent.email, NEW) == agent


def test_without_the_old_password_there_is_no_new_one(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    for _ in range(10):
        assert mine.post("/account/password", old="guess", new=NEW, again=NEW).status_code == 403
    assert mine.post("/account/password", old=PASSWORD, new=NEW, again=NEW).status_code == 429
    assert staff.agent_with(office.database, agent.email, PASSWORD) == agent


def test_one_sees_where_one_is_signed_in_and_ends_it(office: Desk, agent: Agent) -> None:
    mine, other = office.browser(agent), office.browser(agent)
    page = mine.page("/account")
    ends = re.findall(r'action="(/account/sessions/[^"]+)"', page)
    assert len(ends) == 1, "this browser's own session has no button"
    assert "this browser" in page
    assert mine.post(ends[0]).status_code == 303
    assert other.get("/account").status_code == 303
    assert mine.post(ends[0]).status_code == 404


def test_nobody_ends_the_session_of_somebody_else_by_its_id(office: Desk, agent: Agent) -> None:
    mine = office.browser(office.staff("b@x.example"))
    office.browser(agent)
    with office.database.read() as uow:
        (session,) = uow.agents.sessions_of(agent.id, office.now)
    assert mine.post(f"/account/sessions/{session.id}/end").status_code == 404


def test_signed_out_everywhere(office: Desk, agent: Agent) -> None:
    mine, other = office.browser(agent), office.browser(agent)
    assert mine.post("/account/sign-out-everywhere").location == "/sign-in"
    assert (mine.get("/account").status_code, other.get("/account").status_code) == (303, 303)


def test_an_administrator_ends_somebodys_sessions(office: Desk, boss: Browser, agent: Agent) -> None:
    theirs = office.browser(agent)
    assert boss.post(f"/staff/{agent.id}/end-sessions").status_code == 303
    assert theirs.get("/desk").status_code == 303
    assert acts(office)[0].details == {"ended": 1}


def test_skills_and_capacity_are_kept_and_bounded(office: Desk, boss: Browser, agent: Agent) -> None:
    fields = {"name": "Ana", "role": "agent", "is_active": "yes", "capacity": "3", "topics": "invoice"}
    assert boss.post(f"/staff/{agent.id}", **fields, languages="pt").status_code == 303
    with office.database.read() as uow:
        now = uow.agents.get(agent.id)
    assert now is not None
    assert (now.capacity, now.topics, now.languages) == (3, ("invoice",), ("pt",))
    assert boss.post(f"/staff/{agent.id}", **{**fields, "capacity": "201"}).status_code == 400
    assert boss.post(f"/staff/{agent.id}", **{**fields, "name": ""}).status_code == 400


def test_the_last_administrator_stays_one(office: Desk, boss: Browser) -> None:
    with office.database.read() as uow:
        eva = uow.agents.with_email("boss@x.example")
    assert eva is not None
    for fields in ({"role": "agent", "is_active": "yes"}, {"role": "admin"}):
        answer = boss.post(f"/staff/{eva.id}", name="Eva", **fields)
        assert answer.status_code == 400
        assert "last administrator" in answer.get_data(as_text=True)


def test_tries_are_counted_for_all_processes_and_over_a_restart(office: Desk, agent: Agent) -> None:
    from tests.console.conftest import make_desk

    for _ in range(10):
        sign_in(office.visitor(), agent.email, "wrong")
    restarted = make_desk(office.database)
    assert sign_in(restarted.visitor(), agent.email).status_code == 429
    restarted.clock.moment = later(office.now, minutes=15, seconds=1)
    assert sign_in(restarted.visitor(), agent.email).status_code == 303


def test_the_record_is_filtered_and_paged(office: Desk, boss: Browser, agent: Agent) -> None:
    office.browser(agent).post("/desk/presence", presence="online")
    for number in range(60):
        invite(boss, f"n{number}@x.example")
    page = boss.page("/record")
    assert page.count("<tr>") == 51
    older = re.search(r'href="(/record\?before=\d+)"', page)
    assert older is not None
    assert "n0@x.example" in boss.page(older[1])
    assert "Nothing like that" in boss.page(f"/record?agent={agent.id}")
    assert boss.page("/record?act=invite&agent=nonsense").count("<tr>") == 51
    assert "Nothing like that" in boss.page("/record?act=revoke_invitation")


def test_a_refused_sign_in_stands_in_the_record(office: Desk, agent: Agent) -> None:
    sign_in(office.visitor(), agent.email, "wrong")
    (act,) = acts(office)
    assert (act.act, act.subject, act.agent_id) == ("sign_in_refused", agent.email, None)


def test_what_fails_leaves_no_line(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    office.says(address)
    handoff = office.asks_for_person(customer_id)
    mine, his = office.browser(agent), office.browser(office.staff("b@x.example"))
    mine.post(f"/desk/thread/{handoff.id}/take")
    assert his.post(f"/desk/thread/{handoff.id}/take").status_code == 409
    assert [act.act for act in acts(office)].count("take") == 1
