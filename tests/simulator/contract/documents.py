"""Twilio's OpenAPI documents: which operation a path belongs to, and its schemas as plain JSON Schema."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("twilio_api_v2010", "twilio_content_v1", "twilio_messaging_v1", "twilio_messaging_v2")
METHODS = ("get", "post", "put", "delete")
# What JSON Schema and OpenAPI 3.0 say in the same words.
SHARED = (
    "type",
    "enum",
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "required",
    "$ref",
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    document: "Document"
    name: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    bodies: Mapping[str, Any]  # schema by content type
    answers: Mapping[str, Any]  # schema by status; None for one without content

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+?", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None

    def in_path(self, path: str) -> dict[str, str]:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else {}


class Document:
    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self.name = name
        self._schemas: Mapping[str, Any] = content["components"]["schemas"]
        self._components = {"schemas": {key: json_schema(schema) for key, schema in self._schemas.items()}}
        self.operations = list(self._read(content["paths"]))

    def plain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself, where there is a reference to one."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def complete(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """As JSON Schema, with all that it refers to."""
        return {**json_schema(schema), "components": self._components}

    def _read(self, paths: Mapping[str, Any]) -> Iterator[Operation]:
        for path, methods in paths.items():
            for method in METHODS:
                if method in methods:
                    yield self._operation(path, method, methods[method])

    def _operation(self, path: str, method: str, told: Mapping[str, Any]) -> Operation:
        bodies = told.get("requestBody", {}).get("content", {})
        return Operation(
            document=self,
            name=told["operationId"],
            method=method,
            path=path,
            parameters=tuple(told.get("parameters", ())),
            bodies={kind: content["schema"] for kind, content in bodies.items()},
            answers={
                status: answer.get("content", {}).get("application/json", {}).get("schema")
                for status, answer in told["responses"].items()
            },
        )


def read_documents(folder: Path) -> list[Document]:
    files = [folder / f"{name}.json" for name in FILES]
    return [Document(file.stem, json.loads(file.read_text("utf-8"))) for file in files if file.exists()]


def operation_of(documents: list[Document], method: str, path: str) -> Operation | None:
    """A path without a variable goes before one with: Messages.json is no message."""
    every = (operation for document in documents for operation in document.operations)
    found = [operation for operation in every if operation.matches(method, path)]
    return min(found, key=lambda operation: operation.path.count("{"), default=None)


def json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {key: schema[key] for key in SHARED if key in schema}
    if "properties" in schema:
        made["properties"] = {name: json_schema(each) for name, each in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = json_schema(schema[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            made[key] = [json_schema(each) for each in schema[key]]
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made
