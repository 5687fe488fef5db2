"""One exchange against its operation: the request, the answer, and the names in it."""

import importlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.simulator.contract.documents import Document, Operation
from tests.simulator.contract.exchanges import Exchange

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
# The documents leave errors out; this is what every one of Twilio's APIs answers.
ERROR = {
    "type": "object",
    "required": ["code", "message", "more_info", "status"],
    "properties": {
        "code": {"type": "integer", "minimum": 10_000},
        "message": {"type": "string", "minLength": 1},
        "more_info": {"type": "string", "pattern": r"^https://www\.twilio\.com/docs/errors/\d+$"},
        "status": {"type": "integer"},
    },
}
# In the client, and not yet in the documents.
NEWER = {"CreateMessage": {"MessageIntent"}}


def faults_of(exchange: Exchange, operation: Operation) -> Iterator[str]:
    is_refused = exchange.status >= 400
    # What is refused may well be wrong, for that is why.
    if not is_refused:
        yield from _request_faults(exchange, operation)
        yield from _answer_faults(exchange, operation)
        return
    answered = json.loads(exchange.answered)
    yield from _against(ERROR, answered, "the error")
    if answered.get("status") != exchange.status:
        yield f"the error says {answered.get('status')}, HTTP says {exchange.status}"


def _request_faults(exchange: Exchange, operation: Operation) -> Iterator[str]:
    document = operation.document
    by_place = {(each["in"], each["name"]): each["schema"] for each in operation.parameters}
    for name, value in operation.in_path(exchange.path).items():
        yield from _against(document.complete(by_place["path", name]), value, name)
    for name, text in parse_qsl(exchange.query):
        schema = by_place.get(("query", name))
        if schema is None:
            yield f"the query has {name}, which the document does not know"
        else:
            yield from _against(document.complete(schema), _typed(document, schema, [text]), name)
    if not operation.bodies:
        return
    if exchange.content_type not in operation.bodies:
        yield f"the body is {exchange.content_type}, the document has {', '.join(operation.bodies)}"
        return
    schema = operation.bodies[exchange.content_type]
    yield from _body_faults(exchange, operation, schema)


def _body_faults(exchange: Exchange, operation: Operation, schema: Mapping[str, Any]) -> Iterator[str]:
    document = operation.document
    if exchange.content_type == JSON:
        yield from _against(document.complete(schema), json.loads(exchange.sent), "the body")
        return
    known: Mapping[str, Any] = document.plain(schema).get("properties", {})
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(exchange.sent.decode(), keep_blank_values=True):
        given.setdefault(name, []).append(text)
    for name in sorted(set(given) - set(known) - NEWER.get(operation.name, set())):
        yield f"the form has {name}, which the document does not know"
    form = {name: _typed(document, known[name], texts) for name, texts in given.items() if name in known}
    yield from _against(document.complete(schema), form, "the form")


def _answer_faults(exchange: Exchange, operation: Operation) -> Iterator[str]:
    if str(exchange.status) not in operation.answers:
        yield f"the status is {exchange.status}, the document has {', '.join(operation.answers)}"
        return
    schema = operation.answers[str(exchange.status)]
    if schema is None:
        if exchange.answered:
            yield "there is content where the document has none"
        return
    document, answered = operation.document, json.loads(exchange.answered)
    yield from _against(document.complete(schema), answered, "the answer")
    yield from _name_faults(document, schema, answered, "the answer")


def _name_faults(document: Document, schema: Mapping[str, Any], answered: Any, where: str) -> Iterator[str]:
    """The documents demand no field; Twilio answers with all of them, and so must its stand-in."""
    schema = document.plain(schema)
    known = schema.get("properties", {})
    if not known or not isinstance(answered, dict):
        return
    if missing := sorted(set(known) - set(answered)):
        yield f"{where} lacks {', '.join(missing)}"
    if unknown := sorted(set(answered) - set(known)):
        yield f"{where} has {', '.join(unknown)}, which the document does not know"
    for name, each in known.items():
        items = document.plain(each).get("items", {})
        for item in answered.get(name) or [] if items else []:
            yield from _name_faults(document, items, item, f"{where}: {name}")


def _typed(document: Document, schema: Mapping[str, Any], texts: list[str]) -> Any:
    """A form knows only texts; this is what they stand for."""
    schema = document.plain(schema)
    if schema.get("type") == "array":
        return [_typed(document, schema["items"], [text]) for text in texts]
    if len(texts) > 1:
        return texts
    text = texts[0]
    if schema.get("type") == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text


def _against(schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    # Only this needs it, so it is no dependency of the project.
    jsonschema = importlib.import_module("jsonschema")
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(lambda text: bool(datetime.fromisoformat(text)))
    formats.checks("date-time-rfc-2822", raises=ValueError)(_is_rfc_date)
    checker = jsonschema.Draft202012Validator(dict(schema), format_checker=formats)
    for error in checker.iter_errors(value):
        # Of "this or null" the first is what it should have been.
        deepest = error.context[0] if error.context else error
        place = "".join(f".{part}" for part in error.absolute_path)
        yield f"{where}{place}: {deepest.message[:200]}"


def _is_rfc_date(text: object) -> bool:
    # Formats are asked about null too, which has none.
    return not isinstance(text, str) or bool(parsedate_to_datetime(text))
