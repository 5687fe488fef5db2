"""Who may call, how often, and how a refusal looks."""

import json

import pytest

from bot.api.callers import Scope, hash_of, new_key
from context_store.records import ApiKey, ApiKeyId, new_id
from tests.bot.api.calling import PROBLEM, bearer, get, met, post, problem, told
from tests.bot.helpers import LUCIA
from tests.world import World, make_world


def key_with(world: World, *scopes: Scope, name: str = "webchat") -> str:
    key = new_key()
    with world.database.write() as uow:
        uow.api_access.add_key(
            ApiKey(
                id=ApiKeyId(new_id()),
                name=name,
                hash=hash_of(key),
                scopes=tuple(scope.value for scope in scopes),
                created_at=world.clock.now(),
            )
        )
        uow.commit()
    return key


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000, "\u00e9\u00e8", "test-api-key "[:-2]])
def test_a_key_that_is_not_known_is_refused(sqlite_world: World, key: str) -> None:
    answer = sqlite_world.client.get("/v1/customers/user_id:1", headers={"Authorization": f"Bearer {key}"})
    problem(answer, 401, "unknown-key")
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_no_key_is_refused_before_anything_is_read(sqlite_world: World) -> None:
    problem(sqlite_world.client.post("/v1/messages", data=b"\xff"), 401, "unknown-key")


def test_a_key_may_do_what_its_scopes_say_and_its_use_is_noted(world: World) -> None:
    customer = met(world)
    key = key_with(world, Scope.CUSTOMERS_READ)
    told(get(world, f"customers/{customer}", key=key))
    problem(get(world, "customers?name=Ana", key=key), 403, "scope-missing")
    body = {"customer": customer, "purpose": "transactional", "text": "hola"}
    problem(post(world, "messages", body, key=key), 403, "scope-missing")
    with world.database.read() as uow:
        assert [one.last_used_at for one in uow.api_access.all_keys()] == [world.clock.now()]


def test_a_key_that_only_writes_cannot_find_out_who_is_a_customer(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    key = key_with(sqlite_world, Scope.HANDOFFS_WRITE)
    for name in (f"phone:{LUCIA}", "phone:+34699999999"):
        problem(post(sqlite_world, "handoffs", {"customer": name}, key=key), 403, "scope-missing")
    told(post(sqlite_world, "handoffs", {"customer": customer}, key=key), 201)


def test_a_revoked_key_is_no_key(sqlite_world: World) -> None:
    key = key_with(sqlite_world, Scope.CUSTOMERS_READ)
    with sqlite_world.database.write() as uow:
        assert uow.api_access.revoke("webchat", sqlite_world.clock.now())
        uow.commit()
    problem(get(sqlite_world, "customers/user_id:1", key=key), 401, "unknown-key")


def test_only_a_hash_is_kept(sqlite_world: World) -> None:
    key = key_with(sqlite_world, Scope.CUSTOMERS_READ)
    with sqlite_world.database.read() as uow:
        rows = uow._connection.exec_driver_sql("SELECT * FROM api_keys").all()
    assert key not in str(rows)


def test_a_key_has_so_many_requests_a_minute(sqlite_url: str) -> None:
    world = make_world(sqlite_url, api_per_minute=3)
    answers = [get(world, "customers/user_id:1") for _ in range(8)]
    # A minute may begin in between.
    assert 429 in {answer.status_code for answer in answers}
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem(refused, 429, "too-many-requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


REFUSED = [
    ("GET", "nowhere", None, 404, "not-found"),
    ("DELETE", "messages", None, 405, "method-not-allowed"),
    ("OPTIONS", "messages", None, 405, "method-not-allowed"),
    ("POST", "messages", b"{}", 422, "invalid"),
    ("POST", "messages", b"not json", 400, "not-json"),
    ("POST", "messages", b'{"customer": NaN}', 400, "not-json"),
    ("POST", "messages", b'{"customer": 1e999}', 400, "not-json"),
    ("POST", "messages", b'{"customer": ' + b"9" * 5000 + b"}", 400, "not-json"),
    ("POST", "messages", b"[" * 5000, 400, "not-json"),
    ("POST", "messages", b"\xff\xfe", 400, "not-json"),
    ("POST", "messages", b'"' + b"x" * 70_000 + b'"', 413, "content-too-large"),
    ("POST", "messages", b'"' + b"x" * 300_000 + b'"', 413, "content-too-large"),
    ("GET", "customers?name=Ana&phone=%2B34600", None, 400, "invalid-query"),
    ("GET", "customers?shoe=42", None, 400, "invalid-query"),
    ("GET", "customers?name=Ana&name=Eva", None, 400, "invalid-query"),
    ("GET", "customers?name=Ana&limit=99999999999999999999", None, 400, "invalid-query"),
    ("GET", "customers/shoe:1", None, 400, "invalid-customer"),
    ("GET", "customers/user_id:%00", None, 400, "invalid-path"),
    ("GET", "customers/user_id:" + "x" * 500, None, 400, "invalid-path"),
    ("GET", "customers/00000000-0000-0000-0000-000000000000", None, 404, "no-such-customer"),
    ("GET", "messages/nonsense", None, 404, "no-such-message"),
    ("GET", "handoffs/%E2%98%83", None, 404, "no-such-handoff"),
    ("GET", "context-tokens/1", None, 404, "no-such-token"),
    ("GET", "cart-links/x.y", None, 404, "no-such-link"),
    ("GET", "customers/user_id:1/timeline?older_than=zzz", None, 400, "invalid-cursor"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "word"), REFUSED)
def test_each_refusal_is_a_problem_document(
    sqlite_world: World, method: str, path: str, body: bytes | None, status: int, word: str
) -> None:
    answer = sqlite_world.client.open(
        f"/v1/{path}", method=method, data=body, headers=bearer(), content_type="application/json"
    )
    problem(answer, status, word)


def test_another_kind_of_body_is_refused(sqlite_world: World) -> None:
    answer = sqlite_world.client.post("/v1/messages", data={"customer": "x"}, headers=bearer())
    problem(answer, 415, "unsupported-media-type")


def test_each_wrong_field_is_named_and_nothing_is_quoted(sqlite_world: World) -> None:
    body = {"customer": "user_id:1", "purpose": "secreto-de-lucia", "text": "x", "unknown": 1}
    found = problem(post(sqlite_world, "messages", body), 422, "invalid")
    assert {error["pointer"] for error in found["errors"]} == {"/purpose", "/unknown"}
    assert "secreto" not in json.dumps(found)


def test_a_fault_of_ours_tells_nothing(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = met(sqlite_world)

    def fail(*given: object) -> None:
        raise ValueError("secreto-de-lucia")

    monkeypatch.setattr("bot.api.customers.Facts", fail)
    answer = get(sqlite_world, f"customers/{customer}/context")
    problem(answer, 500, "internal-server-error")
    assert "secreto" not in answer.get_data(as_text=True)


def test_the_tracking_endpoints_keep_their_own_answers(sqlite_world: World) -> None:
    answer = sqlite_world.client.post("/v1/track", data=b"x")
    assert answer.content_type != PROBLEM
