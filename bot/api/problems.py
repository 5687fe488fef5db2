"""What went wrong with a request, as RFC 9457 problem documents. Never quotes what was sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, json
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
# The tracking API's paths: its clients know its own kind of answer.
TRACKING = frozenset(
    f"/v1/{name}"
    for name in ("identify", "track", "page", "screen", "group", "alias", "batch", "import", "bulk")
    + ("i", "t", "p", "s", "g", "a", "b", "e")
)


class FieldProblem(BaseModel):
    model_config = ConfigDict(frozen=True)

    detail: str
    # Of the body: a JSON pointer; of the address: the parameter's name.
    pointer: str | None = None
    parameter: str | None = None


class ProblemDocument(BaseModel):
    """RFC 9457. `errors` tells each field that is wrong."""

    model_config = ConfigDict(frozen=True, title="Problem")

    type: str = Field(description="A name that stays the same: urn:hilo:problem:…")
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()


class Problem(Exception):
    """Raised by whoever finds it; the blueprint answers with it."""

    def __init__(
        self,
        status: int,
        word: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.word = word
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def invalid(detail: str, pointer: str | None = None) -> Problem:
    """A body that says what cannot be done."""
    errors = [FieldProblem(detail=detail, pointer=pointer)] if pointer else []
    return Problem(422, "invalid", detail, errors=errors)


def from_validation(error: ValidationError, *, is_query: bool) -> Problem:
    """Every field that is wrong, by its place."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
    errors = [_field_problem(fault["loc"], fault["msg"], is_query=is_query) for fault in faults]
    if is_query:
        return Problem(
            400, "invalid-query", "the address's parameters are not as they must be", errors=errors
        )
    return Problem(422, "invalid", "the body is not as it must be", errors=errors)


def respond(problem: Problem) -> Response:
    document: dict[str, Any] = {
        "type": f"urn:hilo:problem:{problem.word}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [each.model_dump(exclude_none=True) for each in problem.errors],
    }
    return Response(json.dumps(document), problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def is_ours(path: str) -> bool:
    """A path whose errors are told this way."""
    return path.startswith("/v1/") and path.rstrip("/") not in TRACKING


def word_of(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")


def _field_problem(place: tuple[int | str, ...], text: str, *, is_query: bool) -> FieldProblem:
    text = text.removeprefix("Value error, ")
    if is_query:
        return FieldProblem(detail=text, parameter=str(place[0])[:80] if place else None)
    # Names of fields that nobody knows are the sender's own words: bounded.
    pointer = "".join(f"/{str(part)[:80].replace('~', '~0').replace('/', '~1')}" for part in place)
    return FieldProblem(detail=text, pointer=pointer or "/")
