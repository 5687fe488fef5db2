"""S8: every route of the console against every role, from the URL map."""

from uuid import uuid4

import pytest
from werkzeug.routing import Rule

from console.permissions import MATRIX, Permission
from context_store.records import Role
from tests.console.conftest import HOST, Desk

BASE = f"https://{HOST}"
HELPERS = {Role.AGENT, Role.SUPERVISOR, Role.ADMIN}
LEADERS = {Role.SUPERVISOR, Role.ADMIN}

# Written by hand: what the product promises, whatever the decorators say. The longest beginning counts.
PROMISED: dict[str, set[Role]] = {
    "/": set(Role),
    "/account": set(Role),
    "/sign-out": set(Role),
    "/customers": set(Role),
    **{f"/customers/<uuid:customer_id>/{act}": HELPERS for act in ("join", "part", "unlink")},
    "/desk": HELPERS,
    "/media": HELPERS,
    "/identity": HELPERS,
    "/board": LEADERS,
    "/teams": LEADERS,
    "/record": LEADERS,
    "/staff": {Role.ADMIN},
    "/webhooks": {Role.ADMIN},
    "/segments": {Role.MARKETER, Role.ADMIN},
    "/data": {Role.MARKETER, Role.SUPERVISOR, Role.ADMIN},
    "/promotions": {Role.MARKETER, Role.SUPERVISOR, Role.ADMIN},
}


def guarded(desk: Desk) -> list[Rule]:
    return [
        rule
        for rule in desk.app.url_map.iter_rules()
        if getattr(desk.app.view_functions[rule.endpoint], "guard", None) == "session"
    ]


def promised(path: str) -> set[Role]:
    fitting = [begin for begin in PROMISED if path == begin or path.startswith(f"{begin.rstrip('/')}/")]
    named = max(fitting, key=len)
    assert named != "/" or path == "/", f"{path}: say in PROMISED who may open it"
    return PROMISED[named]


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_is_promised_and_nothing_else(office: Desk, role: Role) -> None:
    mine = office.browser(office.staff(f"{role}@x.example", role))
    rules = guarded(office)
    assert len(rules) > 30
    for rule in rules:
        _, path = rule.build({name: uuid4() for name in rule.arguments}) or ("", "")
        if rule.endpoint in ("console.sign_out", "console.sign_out_everywhere"):
            continue
        answer = mine.post(path) if "POST" in (rule.methods or ()) else mine.get(path)
        is_open = not (answer.status_code == 403 and "Your role" in answer.get_data(as_text=True))
        assert is_open == (role in promised(rule.rule)), f"{role} {path}: {answer.status_code}"


def test_the_views_carry_what_the_matrix_says(office: Desk) -> None:
    for rule in guarded(office):
        roles = getattr(office.app.view_functions[rule.endpoint], "roles", None)
        assert roles == promised(rule.rule), rule.rule


def test_every_permission_names_somebody_and_administrators_may_all() -> None:
    assert set(MATRIX) == set(Permission)
    assert all(Role.ADMIN in roles for roles in MATRIX.values())


def test_a_changed_role_counts_from_the_next_request(office: Desk) -> None:
    boss = office.staff("boss@x.example", Role.ADMIN)
    other = office.staff("other@x.example", Role.SUPERVISOR)
    theirs, mine = office.browser(other), office.browser(boss)
    assert theirs.get("/board").status_code == 200
    fields = {"name": "Other", "role": "agent", "is_active": "yes"}
    assert mine.post(f"/staff/{other.id}", **fields).status_code == 303
    assert theirs.get("/board").status_code == 303, "signed out: what they may do has changed"
