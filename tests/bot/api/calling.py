"""Calls of the API, with a key."""

from typing import Any

from werkzeug.test import TestResponse

from tests.bot.helpers import LUCIA
from tests.world import World

KEY = "test-api-key"
JSON = "application/json"
PROBLEM = "application/problem+json"


def bearer(key: str = KEY) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def get(world: World, path: str, *, key: str = KEY) -> TestResponse:
    return world.client.get(f"/v1/{path}", headers=bearer(key))


def post(world: World, path: str, body: Any, *, key: str = KEY, **headers: str) -> TestResponse:
    return world.client.post(f"/v1/{path}", json=body, headers={**bearer(key), **headers})


def patch(world: World, path: str, body: Any, *, key: str = KEY) -> TestResponse:
    return world.client.patch(f"/v1/{path}", json=body, headers=bearer(key))


def told(answer: TestResponse, status: int = 200) -> Any:
    """The body of an answer that must have that status."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def problem(answer: TestResponse, status: int, word: str) -> dict[str, Any]:
    """The problem document of an answer that must be one."""
    found: dict[str, Any] = told(answer, status)
    assert answer.content_type == PROBLEM
    assert (found["status"], found["type"]) == (status, f"urn:hilo:problem:{word}")
    assert found["title"]
    assert found["detail"]
    return found


def met(world: World, phone: str = LUCIA, origin: str = "") -> str:
    """Somebody who has written; their id."""
    world.says(origin or f"whatsapp:{phone}", "hola")
    world.channel.sent.clear()
    return str(world.customer_id(phone))
