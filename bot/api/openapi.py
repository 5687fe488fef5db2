"""The OpenAPI 3.1 document, made from the operations and their models."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.api.callers import Scope
from bot.api.operations import LONGEST_IDEMPOTENCY_KEY, Operation
from bot.api.problems import MEDIA_TYPE, ProblemDocument

REF = "#/components/schemas/{model}"
# What may happen to any request, and to one with a body.
ALWAYS = {
    400: "Something in the address or in a header is not as it must be.",
    401: "No key, or one that is not known.",
    403: "The key has not the scope.",
    429: "Too many requests of this key.",
}
WITH_BODY = {
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "The body is not as it must be.",
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A name for this request: sent again, it is answered the same and not done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_IDEMPOTENCY_KEY, "pattern": "^[ -~]+$"},
}
DOCUMENT_PATH = "/v1/openapi.json"


class Besides(Protocol):
    PATHS: dict[str, Any]
    SCHEMAS: dict[str, Any]
    SECURITY_SCHEMES: dict[str, Any]


def document(
    operations: Sequence[Operation],
    besides: Besides,
) -> dict[str, Any]:
    """The operations, and what another part of /v1 says of itself."""
    bodies, answers = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    paths[DOCUMENT_PATH] = {"get": _own()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hilo",
            "version": "1",
            "description": "One conversation per customer, whatever the channel. docs/api.md tells more.",
        },
        "security": [{"key": []}],
        "paths": {**paths, **besides.PATHS},
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"Scopes: {', '.join(scope.value for scope in Scope)}.",
                },
                **besides.SECURITY_SCHEMES,
            },
            "schemas": {**bodies, **answers, **besides.SCHEMAS},
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[dict[str, Any], dict[str, Any]]:
    taken = {each.body for each in operations if each.body is not None}
    given = {each.answer for each in operations} | {ProblemDocument}
    return _definitions(taken, "validation"), _definitions(given, "serialization")


def _definitions(models: set[type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Any]:
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, mode) for model in ordered], ref_template=REF)
    found: dict[str, Any] = definitions.get("$defs", {})
    return found


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Scope: `{operation.scope.value}`.",
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        schema = {"$ref": REF.format(model=operation.body.__name__)}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.is_write:
        told["parameters"].append(IDEMPOTENCY)
    return told


def _responses(operation: Operation) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=operation.answer.__name__)}
    answer = {"application/json": {"schema": schema}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": REF.format(model=ProblemDocument.__name__)}}}
    faults = {**ALWAYS, **(WITH_BODY if operation.body else {})}
    responses = {operation.status: {"description": operation.summary, "content": answer}}
    for status, text in operation.also.items():
        responses[status] = {"description": text, "content": answer if status < 400 else problem}
    for status, text in faults.items():
        responses[status] = {"description": text, "content": problem}
    return {str(status): responses[status] for status in sorted(responses)}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": WHAT_IT_NAMES.get(name, "Its id."),
            "schema": {"type": "string", "minLength": 1, "maxLength": 400},
        }
        for name in names
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema(mode="validation")["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """In an address there is no null: what is not given is left out."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **kinds[0]}


def _own() -> dict[str, Any]:
    return {
        "operationId": "readOpenApi",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {
                "description": "This document",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }


WHAT_IT_NAMES = {
    "customer": "The customer's id, or kind:value: user_id:42, phone:+34600000001, email:…, anonymous_id:…",
    "link": "The value of the parameter hilo_cart.",
}
