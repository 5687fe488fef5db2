"""The Segment surface: who may send, what is refused, what is kept once."""

import base64
import gzip
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from context_store.records import Identifier, IdentifierKind
from tests.world import World

PHONE = "+34600111222"


def post(world: World, path: str, body: Any, *, key: str = "test-write-key", **headers: str) -> TestResponse:
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.client.post(
        f"/v1/{path}",
        data=data,
        content_type="application/json",
        headers={"Authorization": f"Basic {credentials}", **headers},
    )


def added(message_id: str, **more: Any) -> dict[str, Any]:
    properties = {"cart_id": "c1", "product_id": "candle", "name": "Vela", "price": 12.5, "currency": "EUR"}
    return {
        "type": "track",
        "userId": "u1",
        "event": "Product Added",
        "messageId": message_id,
        "properties": properties,
        **more,
    }


def quantities(world: World) -> dict[str, int]:
    world.work()
    with world.database.read() as uow:
        who = uow.customers.find_by(Identifier(kind=IdentifierKind.USER_ID, value="u1"))
        cart = uow.carts.live(who) if who else None
    return {item.product_id: item.quantity for item in cart.items} if cart else {}


def test_a_tracked_product_is_in_the_cart_and_a_repeat_changes_nothing(world: World) -> None:
    for _ in range(2):
        assert post(world, "track", added("m1")).status_code == 200
    assert quantities(world) == {"candle": 1}


def test_a_wrong_key_is_told_and_stores_nothing(sqlite_world: World) -> None:
    for key in ("", "wrong"):
        answer = post(sqlite_world, "track", added("m1"), key=key)
        assert answer.status_code == 401
        assert "write key" in answer.get_data(as_text=True)
    assert quantities(sqlite_world) == {}


def test_the_key_may_come_in_the_body(sqlite_world: World) -> None:
    answer = sqlite_world.client.post("/v1/track", json={**added("m1"), "writeKey": "test-write-key"})
    assert answer.status_code == 200


REFUSED = [
    (b"not json", 400, "JSON"),
    (b"[]", 400, "object"),
    (b"\xff\xfe", 400, "JSON"),
    (json.dumps({"type": "track", "event": "x", "messageId": "m"}).encode(), 400, "userId"),
    (json.dumps(added("m", properties=[])).encode(), 400, "properties"),
    (b"x" * 40_000, 400, "larger than 32768"),
]


@pytest.mark.parametrize(("body", "status", "says"), REFUSED)
def test_it_says_what_is_wrong(sqlite_world: World, body: bytes, status: int, says: str) -> None:
    answer = post(sqlite_world, "track", body)
    assert answer.status_code == status
    assert says in answer.get_data(as_text=True)


def test_one_bad_member_of_a_batch_does_not_lose_the_others(sqlite_world: World) -> None:
    batch = {"batch": [added("m1"), {"type": "track"}, "nonsense", added("m2")]}
    answer = post(sqlite_world, "batch", batch)
    assert answer.status_code == 200
    assert set(answer.get_json()["rejected"]) == {"1", "2"}
    assert quantities(sqlite_world) == {"candle": 2}


def test_a_zipped_batch_is_read_and_a_bomb_is_not(sqlite_world: World) -> None:
    zipped = gzip.compress(json.dumps({"batch": [added("m1")]}).encode())
    assert post(sqlite_world, "batch", zipped, **{"Content-Encoding": "gzip"}).status_code == 200
    bomb = gzip.compress(b"0" * 50_000_000)
    assert post(sqlite_world, "batch", bomb, **{"Content-Encoding": "gzip"}).status_code == 400
    assert post(sqlite_world, "batch", b"no zip", **{"Content-Encoding": "gzip"}).status_code == 400


def test_who_writes_from_the_identified_number_is_that_customer(world: World) -> None:
    traits = {"name": "Ana Ríos", "phone": "+34 600 111 222", "email": "Ana@Example.com"}
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    post(world, "track", added("m1"))
    world.work()
    answers = world.says(f"whatsapp:{PHONE}", "¿qué hay en mi carrito?")
    assert "1 × Vela: 12,50" in answers[0]
    assert world.customer(PHONE).name == "Ana Ríos"


def test_a_number_that_was_told_is_no_consent(sqlite_world: World) -> None:
    post(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": PHONE}})
    sqlite_world.work()
    with sqlite_world.database.read() as uow:
        assert uow.consents.ledger(sqlite_world.customer_id(PHONE)) == []


def test_the_context_is_given_to_who_has_a_key_only(sqlite_world: World) -> None:
    post(sqlite_world, "track", added("m1"))
    sqlite_world.work()
    path = "/v1/customers/user_id:u1/context"
    assert sqlite_world.client.get(path).status_code == 401
    headers = {"Authorization": "Bearer test-api-key"}
    context = sqlite_world.client.get(path, headers=headers).get_json()
    assert context["cart"]["items"][0]["product_id"] == "candle"
    assert sqlite_world.client.get("/v1/customers/user_id:no/context", headers=headers).status_code == 404
    assert sqlite_world.client.get("/v1/customers/shoe:1/context", headers=headers).status_code == 400
