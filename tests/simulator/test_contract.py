"""The comparison with Twilio's documents finds what it is for; a small made-up document shows it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.contract.checks import faults_of
from tests.simulator.contract.documents import Document, json_schema, operation_of
from tests.simulator.contract.exchanges import Exchange

THING = {
    "type": "object",
    "properties": {
        "sid": {"type": "string", "pattern": "^TH[0-9]{2}$", "nullable": True},
        "made_at": {"type": "string", "format": "date-time-rfc-2822", "nullable": True},
    },
}
REFERENCE = {"$ref": "#/components/schemas/thing"}
PLACE = {"name": "Sid", "in": "path", "schema": {"type": "string", "pattern": "^TH[0-9]{2}$"}}
FORM = {
    "type": "object",
    "required": ["Name"],
    "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"}},
}
CONTENT: dict[str, Any] = {
    "components": {"schemas": {"thing": THING}},
    "paths": {
        "/v1/Things/{Sid}": {
            "get": {
                "operationId": "FetchThing",
                "parameters": [PLACE],
                "responses": {"200": {"content": {"application/json": {"schema": REFERENCE}}}},
            },
            "post": {
                "operationId": "UpdateThing",
                "parameters": [PLACE],
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": FORM}}},
                "responses": {"200": {"content": {"application/json": {"schema": REFERENCE}}}},
            },
        },
        "/v1/Things/All": {"get": {"operationId": "ListThings", "responses": {"204": {}}}},
    },
}
DOCUMENT = Document("things", CONTENT)
ANSWER = {"sid": "TH01", "made_at": "Thu, 24 Aug 2023 05:01:45 +0000"}
UPDATE = Exchange(
    method="post",
    path="/v1/Things/TH01",
    query="",
    content_type="application/x-www-form-urlencoded",
    sent=b"Name=a&Size=3",
    status=200,
    answered=json.dumps(ANSWER).encode(),
)


def test_a_path_belongs_to_its_operation() -> None:
    found = {
        path: operation_of([DOCUMENT], "get", path)
        for path in ("/v1/Things/All", "/v1/Things/TH01", "/v1/Things")
    }
    assert [operation and operation.name for operation in found.values()] == [
        "ListThings",
        "FetchThing",
        None,
    ]


def test_nullable_becomes_null() -> None:
    assert json_schema({"type": "string", "nullable": True, "description": "…"}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"sent": b"Name=a&Size=large"}, "the form.Size: 'large' is not of type 'integer'"),
        ({"sent": b"Size=3"}, "the form: 'Name' is a required property"),
        ({"sent": b"Name=a&Colour=red"}, "the form has Colour, which the document does not know"),
        ({"query": "Page=1"}, "the query has Page, which the document does not know"),
        ({"path": "/v1/Things/nine"}, "Sid: 'nine' does not match"),
        ({"status": 201}, "the status is 201, the document has 200"),
        ({"answered": b'{"sid": null}'}, "the answer lacks made_at"),
        ({"answered": json.dumps({**ANSWER, "x": 1}).encode()}, "the answer has x, which"),
        ({"answered": json.dumps({**ANSWER, "sid": "SM1"}).encode()}, "the answer.sid: 'SM1' does not match"),
        (
            {"answered": json.dumps({**ANSWER, "made_at": "today"}).encode()},
            "the answer.made_at: 'today' is not",
        ),
        ({"status": 404, "answered": b'{"code": 20404}'}, "the error: 'message' is a required property"),
    ],
)
def test_each_difference_is_said(changes: dict[str, Any], fault: str) -> None:
    pytest.importorskip("jsonschema", reason="only tools/check_openapi.py needs it")
    exchange = replace(UPDATE, **changes)
    operation = operation_of([DOCUMENT], exchange.method, exchange.path)
    assert operation is not None
    found = "\n".join(faults_of(exchange, operation))
    assert fault in found
    assert bool(found) is bool(fault)
