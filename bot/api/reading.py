"""A request's body and parameters, checked into records at the door."""

import json
from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from bot.api.problems import Problem, from_validation

# Deeper than any of our bodies; the stack goes down some hundreds.
DEEPEST = 20


def read_body(model: type[BaseModel], largest: int) -> tuple[Any, bytes]:
    """The body as a record, and its bytes. Raises `Problem`."""
    if request.mimetype != "application/json":
        raise Problem(415, "unsupported-media-type", "send JSON: Content-Type: application/json")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported-media-type", "send the body as it is, without a Content-Encoding")
    request.max_content_length = largest
    try:
        raw = request.get_data()
    except (RequestEntityTooLarge, ClientDisconnected) as error:
        raise Problem(413, "content-too-large", f"a body has {largest} bytes at most") from error
    try:
        found = clean(json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_finite))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        detail = f"the body is not JSON in UTF-8, or is nested deeper than {DEEPEST}"
        raise Problem(400, "not-json", detail) from error
    try:
        return model.model_validate(found), raw
    except ValidationError as error:
        raise from_validation(error, is_query=False) from error


def read_query(model: type[BaseModel] | None) -> Any:
    """The parameters as a record; one that nobody knows, or that comes twice, is refused."""
    given = {name: values for name, values in request.args.lists()}
    twice = [name for name, values in given.items() if len(values) > 1]
    if twice:
        raise Problem(400, "invalid-query", "a parameter stands there twice")
    if model is None:
        # Nobody reads them: a program may add one of its own, as caches and proxies do.
        return None
    try:
        return model.model_validate({name: clean(values[0]) for name, values in given.items()})
    except ValidationError as error:
        raise from_validation(error, is_query=True) from error


def clean(value: Any, depth: int = 0) -> Any:
    """The same without what no database keeps: NUL, and an emoji that a program has cut in two."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [clean(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {clean(name): clean(part, depth + 1) for name, part in value.items()}
    return value


def _refuse(word: str) -> Any:
    raise ValueError("no number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number without end")
    return number
