"""Every route of the staff pages, from the URL map: sessions, roles, forms of ours, headers."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask

from console.auth import require_staff
from context_store.records import Agent, Role
from tests import routes
from tests.console.conftest import HOST, Browser, Desk

BASE = f"https://{HOST}"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def paths(app: Flask, *, unsafe: bool) -> list[str]:
    """Each route's address with made-up ids, but for the ways in and files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith("static") or rule.rule.startswith("/sign-in"):
            continue
        if bool(UNSAFE & (rule.methods or set())) is unsafe:
            _, address = rule.build({name: uuid4() for name in rule.arguments}) or ("", "")
            found.append(address)
    return found


def test_every_route_says_how_it_is_guarded(office: Desk) -> None:
    found = routes.routes_of(office.app)
    assert len(found) > 12
    assert list(routes.route_faults(found)) == []


def test_nobody_sees_a_page_without_signing_in(office: Desk) -> None:
    client = office.visitor()
    for path in paths(office.app, unsafe=False):
        response = client.get(path, base_url=BASE)
        assert (response.status_code, response.location.partition("?")[0]) == (303, "/sign-in"), path
    for path in paths(office.app, unsafe=True):
        assert client.post(path, base_url=BASE).location == "/sign-in", path


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_every_form_needs_its_token(office: Desk, agent: Agent, token: str | None) -> None:
    mine = office.browser(office.staff("boss@casaluna.example", Role.ADMIN))
    unsafe = paths(office.app, unsafe=True)
    assert len(unsafe) >= 6
    for path in unsafe:
        data = {} if token is None else {"form_token": token}
        response = mine.client.post(path, data=data, base_url=BASE)
        assert response.status_code == 403, path
        assert "grown old" in response.get_data(as_text=True)


def test_the_token_of_another_session_is_refused(office: Desk, agent: Agent) -> None:
    mine, before = office.browser(agent), office.browser(agent)
    assert mine.post("/desk/keep", form_token=before.form_token).status_code == 403
    assert mine.post("/desk/keep").status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_request_from_another_site_is_refused(office: Desk, agent: Agent, headers: dict[str, str]) -> None:
    mine = office.browser(agent)
    for path in (*paths(office.app, unsafe=True), "/sign-in"):
        data = {"form_token": mine.form_token}
        response = mine.client.post(path, data=data, base_url=BASE, headers=headers)
        assert response.status_code == 403, path


def test_our_own_origin_is_welcome(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    for origin in (BASE, f"http://{HOST}"):
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        data = {"form_token": mine.form_token}
        response = mine.client.post("/desk/keep", data=data, base_url=BASE, headers=headers)
        assert response.status_code == 204


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.AGENT, 200), (Role.SUPERVISOR, 200), (Role.ADMIN, 200), (Role.MARKETER, 403)],
)
def test_roles(browser_of: Callable[[Role], Browser], role: Role, status: int) -> None:
    mine = browser_of(role)
    for path in ("/desk", "/desk/live"):
        assert mine.get(path).status_code == status, path
    assert mine.post("/desk/keep").status_code == (204 if status == 200 else 403)


def test_a_wrong_role_is_told_which_it_has(browser_of: Callable[[Role], Browser]) -> None:
    page = browser_of(Role.MARKETER).get("/desk?lang=es").get_data(as_text=True)
    assert "Tu papel (marketing) no abre esta página." in page


def test_a_page_for_everybody_on_the_staff_names_no_role(office: Desk, agent: Agent) -> None:
    view = require_staff()(lambda: "")
    assert view.guard == "session"  # type: ignore[attr-defined]


def test_every_answer_carries_the_headers_that_protect_it(office: Desk, agent: Agent) -> None:
    mine = office.browser(agent)
    answers = [mine.get(path) for path in (*paths(office.app, unsafe=False), "/sign-in")]
    answers += [
        office.visitor().get("/sign-in", base_url=BASE),
        mine.client.post("/desk/keep", base_url=BASE),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_page_has_scripts_or_styles_of_its_own(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    office.says(address)
    handoff = office.asks_for_person(customer_id)
    mine = office.browser(agent)
    for path in ("/desk", f"/desk/thread/{handoff.id}", "/customers", f"/customers/{customer_id}"):
        page = mine.page(path)
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count('<script type="module" src=')


def test_files_are_kept_by_browsers_only_under_the_address_of_their_content(office: Desk) -> None:
    client = office.visitor()
    with client.get("/console/static/base.css?v=abc", base_url=BASE) as kept:
        assert "immutable" in kept.headers["Cache-Control"]
    with client.get("/console/static/base.css", base_url=BASE) as asked:
        assert asked.headers["Cache-Control"] == "no-cache"
