"""The Segment tracking API: `/v1/identify`, `/v1/track`, `/v1/batch` … Stores facts once and rings.

Any Segment or RudderStack client library speaks it; docs/events.md is for those who use it.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify
from werkzeug.exceptions import HTTPException

from bot.guard import guarded_by
from bot.ingest import LARGEST_BATCH, LARGEST_MESSAGE, MOST_IN_A_BATCH, Ingest
from bot.parts import Parts
from bot.webhooks.event_bodies import json_body
from bot.webhooks.event_keys import Origins, source_of_request, sources

# The paths by which browsers' libraries call the same.
SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}

Answer = tuple[Response, int]


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("events", __name__)
    source_of = sources(parts.settings.event_write_keys)
    origins = Origins(parts.settings.event_origins, parts.settings.public_url)
    ingest = Ingest(parts)

    @routes.post("/v1/<any(identify, track, page, screen, group, alias, i, t, p, s, g, a):kind>")
    @guarded_by("write_key")
    def receive(kind: str) -> Answer:
        origins.refuse_others()
        body = json_body(LARGEST_MESSAGE)
        source = source_of_request(source_of, body)
        message = {**body, "type": SHORT.get(kind, kind)}
        problem = ingest.take(source, [message], body.get("sentAt")).get(0)
        return (jsonify(success=False, error=problem), 400) if problem else (jsonify(success=True), 200)

    @routes.post("/v1/<any(batch, b):kind>")
    @guarded_by("write_key")
    def receive_batch(kind: str) -> Answer:
        origins.refuse_others()
        body = json_body(LARGEST_BATCH)
        source = source_of_request(source_of, body)
        problems = ingest.take(source, _members(body), body.get("sentAt"))
        rejected = {str(index): why for index, why in problems.items()}
        return jsonify(success=True, rejected=rejected), 200

    routes.after_request(origins.allow)
    routes.register_error_handler(HTTPException, _in_json)
    return routes


def _members(body: dict[str, Any]) -> list[Any]:
    members = body.get("batch")
    if not isinstance(members, list) or len(members) > MOST_IN_A_BATCH:
        abort(400, f"`batch` must be a list of at most {MOST_IN_A_BATCH} messages")
    return members


def _in_json(error: HTTPException) -> Answer:
    return jsonify(success=False, error=error.description or error.name), error.code or 500
