"""Who gets in, who does not, and when they are out again."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from console import ensure_first_admin, staff
from console.forms import is_local
from context_store.records import Agent, AgentId, Role, new_id
from tests.console.conftest import HOST, PASSWORD, Desk

EMAIL = "ana@casaluna.example"
BASE = f"https://{HOST}"


def form_token(page: TestResponse) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, **fields: str) -> TestResponse:
    page = client.get("/sign-in", base_url=BASE)
    data = {"form_token": form_token(page), "email": email, "password": password, **fields}
    return client.post("/sign-in", data=data, base_url=BASE)


def test_the_right_password_opens_the_desk(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    response = sign_in(client, email=" ANA@casaluna.example ")
    assert (response.status_code, response.location) == (303, "/")
    assert client.get("/", base_url=BASE).location == "/desk"
    assert client.get("/desk", base_url=BASE).status_code == 200


def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(office: Desk, agent: Agent) -> None:
    response = sign_in(office.visitor())
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("hilo_session="))
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200", "Path=/"):
        assert attribute in cookie


def test_only_the_hash_of_the_token_is_stored(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    sign_in(client)
    token = value_of(client, "hilo_session")
    with office.database.read() as uow:
        assert uow.agents.of_session(token, office.now) is None
        assert uow.agents.of_session(staff.hash_of(token), office.now) == agent


def value_of(client: FlaskClient, name: str) -> str:
    cookie = client.get_cookie(name, domain=HOST)
    assert cookie is not None
    return cookie.value


def test_an_unknown_email_and_a_wrong_password_look_the_same(
    office: Desk, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    matches = staff._matches

    def note(password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return matches(password_hash, password)

    monkeypatch.setattr(staff, "_matches", note)
    pages = [
        sign_in(office.visitor(), EMAIL, "wrong"),
        sign_in(office.visitor(), "nobody@casaluna.example", "wrong"),
    ]
    assert [page.status_code for page in pages] == [401, 401]
    texts = [re.sub(r'value="[^"]*"', "", page.get_data(as_text=True)) for page in pages]
    assert texts[0] == texts[1]
    # Each had a hash of the same cost to work on.
    assert [found.split("$")[1:4] for found in checked] == [checked[0].split("$")[1:4]] * 2


def test_who_has_left_cannot_sign_in(office: Desk) -> None:
    gone = Agent(
        id=AgentId(new_id()),
        email="gone@casaluna.example",
        name="Gone",
        role=Role.AGENT,
        is_active=False,
        created_at=office.now,
    )
    with office.database.write() as uow:
        uow.agents.add(gone, staff.HASHER.hash(PASSWORD))
        uow.commit()
    assert sign_in(office.visitor(), "gone@casaluna.example").status_code == 401


def test_after_ten_tries_even_the_right_password_waits(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    for _ in range(10):
        assert sign_in(client, password="wrong").status_code == 401
    response = sign_in(client)
    assert response.status_code == 429
    assert "Too many tries. Wait 15 minutes" in response.get_data(as_text=True)


def test_ten_failures_over_many_accounts_stop_the_address(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    for number in range(10):
        assert sign_in(client, f"guess{number}@casaluna.example", "wrong").status_code == 401
    assert sign_in(client).status_code == 429


def test_good_sign_ins_are_not_counted_against_an_office(office: Desk, agent: Agent) -> None:
    for _ in range(12):
        assert sign_in(office.visitor()).status_code == 303


def test_a_session_planted_before_is_worth_nothing_after(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    client.set_cookie("hilo_session", "planted", domain=HOST, secure=True)
    sign_in(client)
    assert value_of(client, "hilo_session") != "planted"


def test_signing_in_again_ends_the_session_before(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    visit = mine.client.get("/sign-in", base_url=BASE)
    assert visit.status_code == 303, "who is signed in needs no form"
    other = office.visitor()
    page = other.get("/sign-in", base_url=BASE)
    other.set_cookie("hilo_session", mine.token, domain=HOST, secure=True)
    data = {"form_token": form_token(page), "email": EMAIL, "password": PASSWORD}
    assert other.post("/sign-in", data=data, base_url=BASE).status_code == 303
    assert mine.get("/desk").location == "/sign-in?next=/desk"


def test_signing_out_ends_the_session_on_the_server(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    assert mine.post("/sign-out").location == "/sign-in"
    mine.client.set_cookie("hilo_session", mine.token, domain=HOST, secure=True)
    assert mine.get("/desk").status_code == 303


def test_a_revoked_session_ends_with_the_next_request(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    assert mine.get("/desk").status_code == 200
    with office.database.write() as uow:
        uow.agents.end_sessions(agent.id)
        uow.commit()
    assert mine.get("/desk").location == "/sign-in?next=/desk"
    assert mine.get("/desk/live", headers={"Hilo-Live": "1"}).status_code == 401


def test_a_session_lasts_twelve_hours(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    office.clock.forward(hours=11, minutes=59)
    assert mine.get("/desk").status_code == 200
    office.clock.forward(minutes=1)
    assert mine.get("/desk").status_code == 303


def test_the_sign_in_form_needs_its_cookie_and_its_token(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    page = client.get("/sign-in", base_url=BASE)
    fields = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/sign-in", data=fields, base_url=BASE).status_code == 403
    stolen = {**fields, "form_token": form_token(page)}
    assert office.visitor().post("/sign-in", data=stolen, base_url=BASE).status_code == 403
    forged = office.visitor()
    forged.set_cookie("hilo_visit", "made.up", domain=HOST, secure=True)
    assert forged.post("/sign-in", data=stolen, base_url=BASE).status_code == 403


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\tx", "desk"],
)
def test_nobody_is_sent_to_another_site(office: Desk, agent: Agent, target: str) -> None:
    assert not is_local(target)
    assert sign_in(office.visitor(), next=target).location == "/"
    mine = office.browser(agent)
    assert mine.get("/sign-in", query_string={"next": target}).location == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(office: Desk, agent: Agent) -> None:
    client = office.visitor()
    asked = client.get("/customers?q=ana", base_url=BASE)
    assert asked.location == "/sign-in?next=/customers?q%3Dana"
    assert 'value="/customers?q=ana"' in client.get(asked.location, base_url=BASE).get_data(as_text=True)
    assert sign_in(client, next="/customers?q=ana").location == "/customers?q=ana"


def test_the_first_admin_is_made_only_once(any_desk: Desk) -> None:
    made = ensure_first_admin(any_desk.database, "Boss@casaluna.example", None, any_desk.now)
    assert made is not None
    assert len(made) >= 16
    assert ensure_first_admin(any_desk.database, "boss@casaluna.example", None, any_desk.now) is None
    assert ensure_first_admin(any_desk.database, "other@casaluna.example", "given", any_desk.now) is None
    admin = staff.agent_with(any_desk.database, "boss@casaluna.example", made)
    assert admin is not None
    assert admin.role is Role.ADMIN
    with any_desk.database.read() as uow:
        assert uow.agents.count() == 1


def test_two_processes_that_start_at_once_make_one_admin(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher: Any = staff.HASHER

    class Meanwhile:
        def hash(self, password: str) -> str:
            monkeypatch.setattr(staff, "HASHER", hasher)
            assert ensure_first_admin(any_desk.database, EMAIL, None, any_desk.now) is not None
            return str(hasher.hash(password))

    monkeypatch.setattr(staff, "HASHER", Meanwhile())
    assert ensure_first_admin(any_desk.database, EMAIL, None, any_desk.now) is None


def test_a_given_password_is_not_told_again(office: Desk) -> None:
    assert ensure_first_admin(office.database, EMAIL, PASSWORD, office.now) is None
    assert sign_in(office.visitor()).status_code == 303
