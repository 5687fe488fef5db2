"""One operation of the API as data, and the road that every request takes: key, rate, body, do, answer.

The same data makes the routes and the OpenAPI document, so that neither can say what the other does not.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Response, json, request
from pydantic import BaseModel

from bot.api.callers import Caller, Scope, authenticate
from bot.api.problems import Problem
from bot.api.rates import RequestRates
from bot.api.reading import clean, read_body, read_query
from bot.parts import Parts
from bot.webhooks.newcomers import again_if_just_made
from context_store.unit_of_work import UnitOfWork

KIB = 1024
LONGEST_IDEMPOTENCY_KEY = 200
LONGEST_PATH_PART = 400


@dataclass(frozen=True, kw_only=True)
class Given:
    """What an operation has in hand. It writes, and commits nothing."""

    parts: Parts
    uow: UnitOfWork
    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any
    now: datetime
    # Done once its transaction is committed: bells are rung here.
    afterwards: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Done:
    """An answer with a status of its own."""

    answer: BaseModel
    status: int


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    # As in the document: "/v1/customers/{customer}/context".
    path: str
    # The operation's id there.
    name: str
    summary: str
    scope: Scope
    do: Callable[[Given], BaseModel | Done]
    answer: type[BaseModel]
    status: int = 200
    # Statuses besides, with what they mean.
    also: Mapping[int, str] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    largest: int = 64 * KIB

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def rule(self) -> str:
        """The path as Flask writes it. A customer's name may hold slashes."""
        rule = self.path.replace("{customer}", "<path:customer>")
        return rule.replace("{", "<").replace("}", ">")


def serve(parts: Parts, rates: RequestRates, operation: Operation, path: Mapping[str, str]) -> Response:
    """Answer one request. Raises `Problem`."""
    caller = authenticate(parts)
    rates.take(caller.name)
    caller.require(operation.scope)
    query = read_query(operation.query)
    body, raw = read_body(operation.body, operation.largest) if operation.body else (None, b"")
    place = {name: _path_part(value) for name, value in path.items()}

    def given(uow: UnitOfWork) -> Given:
        return Given(parts=parts, uow=uow, caller=caller, path=place, query=query, body=body, now=parts.now())

    if not operation.is_write:
        with parts.database.read() as uow:
            status, document = _done(operation, given(uow))
        return _respond(status, document)
    key = _idempotency_key()
    return again_if_just_made(lambda: _write(parts, operation, given, key, raw))


def _write(
    parts: Parts, operation: Operation, given: Callable[[UnitOfWork], Given], key: str | None, raw: bytes
) -> Response:
    """Do it and remember the answer in one commit: of two requests at once the second reads the first's."""
    with parts.database.write() as uow:
        call = given(uow)
        if key is not None:
            fingerprint = _fingerprint(raw)
            known = uow.api_access.begin(call.caller.name, key, fingerprint, call.now)
            if known is not None:
                return _again(known.fingerprint == fingerprint, known.status, known.answer)
        status, document = _done(operation, call)
        if key is not None:
            uow.api_access.finish(call.caller.name, key, status, document)
        uow.commit()
    for act in call.afterwards:
        act()
    return _respond(status, document)


def _done(operation: Operation, call: Given) -> tuple[int, dict[str, Any]]:
    result = operation.do(call)
    if isinstance(result, Done):
        return result.status, result.answer.model_dump(mode="json")
    return operation.status, result.model_dump(mode="json")


def _again(is_same: bool, status: int | None, answer: dict[str, Any] | None) -> Response:
    if not is_same:
        raise Problem(
            422,
            "idempotency-key-reused",
            "this Idempotency-Key was sent with another request: take a new one",
        )
    response = _respond(status or 200, answer or {})
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _respond(status: int, document: dict[str, Any]) -> Response:
    return Response(
        json.dumps(document), status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY or not key.isascii() or not key.isprintable():
        detail = f"an Idempotency-Key has 1 to {LONGEST_IDEMPOTENCY_KEY} plain characters"
        raise Problem(400, "invalid-idempotency-key", detail)
    return key


def _fingerprint(raw: bytes) -> str:
    said = b"\n".join((request.method.encode(), request.path.encode("utf-8", "replace"), raw))
    return hashlib.sha256(said).hexdigest()


def _path_part(value: str) -> str:
    # PostgreSQL cannot even look for a NUL, nor for half an emoji.
    if len(value) > LONGEST_PATH_PART or clean(value) != value:
        raise Problem(400, "invalid-path", "the address names something that cannot be")
    return value
