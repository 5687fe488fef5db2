"""The tracking API in OpenAPI 3.1, made from the models that check its bodies."""

from typing import Any

from bot.ingest import LARGEST_BATCH, LARGEST_MESSAGE, MOST_IN_A_BATCH
from bot.webhooks.segment import Call

CALLS = ("identify", "track", "page", "screen", "group", "alias")
# What each call needs besides who it is about.
NEEDED = {"track": ["event"], "group": ["groupId"], "alias": ["userId", "previousId"]}
SOMEBODY = [
    {"required": [name], "properties": {name: {"type": ["string", "integer"], "minLength": 1}}}
    for name in ("userId", "anonymousId")
]
TAGS = ["Events"]
# Browsers may send it as `writeKey` in the body instead, which OpenAPI has no word for.
SECURITY: list[dict[str, list[str]]] = [{"writeKey": []}]


def _call_schema(kind: str) -> dict[str, Any]:
    """The common fields, without those that the path says."""
    schema = Call.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    properties = {name: value for name, value in schema["properties"].items() if name != "type"}
    for name in ("userId", "anonymousId", "previousId", "groupId", "messageId", "event", "name", "category"):
        # A number that names something is taken for its digits.
        longest = properties[name]["anyOf"][0]["maxLength"]
        properties[name] = {
            "anyOf": [{"type": "string", "maxLength": longest}, {"type": "integer"}, {"type": "null"}]
        }
    for name in NEEDED.get(kind, []):
        longest = properties[name]["anyOf"][0]["maxLength"]
        text = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": r"\S"}
        properties[name] = (
            text if name == "event" else {"anyOf": [{**text, "pattern": "^"}, {"type": "integer"}]}
        )
    found: dict[str, Any] = {
        "type": "object",
        "title": f"{kind.capitalize()} call",
        "properties": properties,
        "required": NEEDED.get(kind, []),
        "anyOf": SOMEBODY,
    }
    return (
        found if found["required"] else {name: value for name, value in found.items() if name != "required"}
    )


def _operation(kind: str) -> dict[str, Any]:
    return {
        "operationId": f"events_{kind}",
        "summary": f"Take one {kind} call",
        "description": f"At most {LARGEST_MESSAGE} bytes. The same `messageId` twice is kept once.",
        "tags": TAGS,
        "security": SECURITY,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(f"{kind.capitalize()}Call")}},
        },
        "responses": {**_answers("EventsTaken"), **_errors()},
    }


def _batch() -> dict[str, Any]:
    return {
        "operationId": "events_batch",
        "summary": "Take many calls at once",
        "description": f"At most {LARGEST_BATCH} bytes and {MOST_IN_A_BATCH} messages of {LARGEST_MESSAGE} "
        "bytes each. One that cannot be taken is told in `rejected`, by its place; the others are kept.",
        "tags": TAGS,
        "security": SECURITY,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("EventsBatch")}},
        },
        "responses": {**_answers("EventsBatchTaken"), **_errors()},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(name: str) -> dict[str, Any]:
    return {"200": {"description": "Kept.", "content": {"application/json": {"schema": _ref(name)}}}}


def _errors() -> dict[str, Any]:
    said = {"application/json": {"schema": _ref("EventsRefused")}}
    told = {
        "400": "Not JSON, too large, or something that is needed is missing; the answer says what.",
        "401": "No such write key.",
        "403": "A web page whose origin is not in EVENT_ORIGINS.",
    }
    return {code: {"description": text, "content": said} for code, text in told.items()}


SECURITY_SCHEMES: dict[str, Any] = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as user name, an empty password.",
    },
}

SCHEMAS: dict[str, Any] = {
    **{f"{kind.capitalize()}Call": _call_schema(kind) for kind in CALLS},
    "EventsBatch": {
        "type": "object",
        "title": "A batch",
        "required": ["batch"],
        "properties": {
            "batch": {
                "type": "array",
                "maxItems": MOST_IN_A_BATCH,
                # Each as its call above, with its `type`; one that is not is rejected by itself.
                "items": {},
            },
            "sentAt": {"description": "When it was sent, by the sender's clock."},
        },
    },
    "EventsTaken": {
        "type": "object",
        "required": ["success"],
        "properties": {"success": {"const": True}},
    },
    "EventsBatchTaken": {
        "type": "object",
        "required": ["success", "rejected"],
        "properties": {
            "success": {"const": True},
            "rejected": {
                "type": "object",
                "description": "Place in the batch -> what was wrong.",
                "additionalProperties": {"type": "string"},
            },
        },
    },
    "EventsRefused": {
        "type": "object",
        "required": ["success", "error"],
        "properties": {"success": {"const": False}, "error": {"type": "string"}},
    },
}

PATHS: dict[str, Any] = {
    **{f"/v1/{kind}": {"post": _operation(kind)} for kind in CALLS},
    "/v1/batch": {"post": _batch()},
}
