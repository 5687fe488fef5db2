"""The Segment tracking API: `/v1/identify`, `/v1/track`, `/v1/batch`. Stores facts once and rings.

Any Segment or RudderStack client library speaks it. What the facts mean is the turn's business.
"""

import base64
import binascii
import gzip
import hmac
import json
import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import ValidationError

from bot.guard import guarded_by
from bot.parts import Parts
from bot.webhooks.newcomers import again_if_just_made
from bot.webhooks.segment import Call, country_of, identifiers_of, occurred_at
from context_store.identity import Person, resolve_person
from context_store.records import CustomerId, Event, EventId, InputKind, new_id
from context_store.unit_of_work import UnitOfWork
from flows.shopping import cart_key

log = logging.getLogger("hilo.events")

LARGEST_MESSAGE = 32 * 1024
LARGEST_BATCH = 500 * 1024
MOST_IN_A_BATCH = 1000
# What the specification knows goes down five steps; the stack, some hundreds.
DEEPEST = 32
# A clock that is off by more than this is wrong rather than skewed: then the time of arrival counts.
WORST_SKEW = timedelta(days=365)

Answer = tuple[Response, int]


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("events", __name__)
    sources = _sources(parts.settings.event_write_keys)

    @routes.post("/v1/<any(identify, track):kind>")
    @guarded_by("write_key")
    def receive(kind: str) -> Answer:
        body = _json_body(LARGEST_MESSAGE)
        source = _source(sources, body)
        problem = _take(parts, source, {**body, "type": kind}, body.get("sentAt"))
        return (jsonify(success=False, error=problem), 400) if problem else (jsonify(success=True), 200)

    @routes.post("/v1/batch")
    @guarded_by("write_key")
    def receive_batch() -> Answer:
        body = _json_body(LARGEST_BATCH)
        source = _source(sources, body)
        members = body.get("batch")
        if not isinstance(members, list) or len(members) > MOST_IN_A_BATCH:
            abort(400, f"`batch` must be a list of at most {MOST_IN_A_BATCH} messages")
        problems = {}
        for index, member in enumerate(members):
            problem = _take_member(parts, source, member, body.get("sentAt"))
            if problem:
                problems[str(index)] = problem
        if problems:
            log.warning("%s rejected of a batch", len(problems), extra={"action": "events_rejected"})
        return jsonify(success=True, rejected=problems), 200

    return routes


def _take_member(parts: Parts, source: str, member: Any, sent_at: Any) -> str | None:
    if not isinstance(member, dict):
        return "not an object"
    if len(json.dumps(member)) > LARGEST_MESSAGE:
        return f"larger than {LARGEST_MESSAGE} bytes"
    return _take(parts, source, member, sent_at)


def _take(parts: Parts, source: str, body: dict[str, Any], sent_at: Any) -> str | None:
    """Keep one message. What is wrong with it, in words, or None."""
    try:
        call = Call.model_validate({"sentAt": sent_at, **body})
    except ValidationError as error:
        fault = error.errors()[0]
        return f"{'.'.join(str(part) for part in fault['loc']) or 'message'}: {fault['msg']}"
    if not identifiers_of(call):
        return "userId or anonymousId is needed"
    customer_id = again_if_just_made(lambda: _store_once(parts, source, call))
    if customer_id is not None:
        parts.bell.ring_turns(customer_id)
    return None


def _store_once(parts: Parts, source: str, call: Call) -> CustomerId | None:
    """None for a message that this source has sent before."""
    now = parts.now()
    with parts.database.write() as uow:
        person = Person(
            identifiers=identifiers_of(call), source=source, name=call.name, country=country_of(call)
        )
        customer_id = resolve_person(uow.customers, person, now)
        whose_turn = _add_event(uow, _event(source, call, customer_id, now), now)
        if whose_turn is not None:
            uow.commit()
    return whose_turn


def _add_event(uow: UnitOfWork, event: Event, now: datetime) -> CustomerId | None:
    """Whose turn is to be rung for; None for a repeat."""
    if not uow.events.add(event):
        return None
    return uow.inputs.add(event.customer_id, InputKind.EVENT, now=now, payload={"event_id": str(event.id)})


def _event(source: str, call: Call, customer_id: CustomerId, now: datetime) -> Event:
    happened = occurred_at(call, now)
    properties = call.traits if call.type == "identify" else call.properties
    return Event(
        id=EventId(new_id()),
        customer_id=customer_id,
        source=source,
        message_id=call.message_id or str(new_id()),
        name=call.event or call.type,
        properties=properties,
        cart_key=cart_key(properties),
        occurred_at=happened if abs(now - happened) < WORST_SKEW else now,
        received_at=now,
    )


def _json_body(largest: int) -> dict[str, Any]:
    request.max_content_length = largest
    raw = request.get_data()
    if request.headers.get("Content-Encoding", "").lower() == "gzip":
        raw = _unzipped(raw, largest)
    try:
        body = _clean(json.loads(raw.decode("utf-8")))
    except (UnicodeDecodeError, ValueError, RecursionError):
        abort(400, f"the body is not JSON, or is nested deeper than {DEEPEST}")
    if not isinstance(body, dict):
        abort(400, "the body must be a JSON object")
    return body


def _clean(value: Any, depth: int = 0) -> Any:
    """The same without what no database keeps: NUL, and an emoji that a program has cut in two."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(part, depth + 1) for name, part in value.items()}
    return value


def _unzipped(raw: bytes, largest: int) -> bytes:
    """Never more than `largest` bytes: a small zip can hold a huge one."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unzip.decompress(raw, largest + 1)
    except (zlib.error, gzip.BadGzipFile):
        abort(400, "the body is not gzip, as its Content-Encoding says")
    if len(content) > largest:
        abort(413, f"larger than {largest} bytes when unzipped")
    return content


def _sources(keys: tuple[str, ...]) -> Callable[[str], str | None]:
    """From a write key to the name of its source: "web:4f1c" names it, a bare key is "default"."""
    known = [
        (key.partition(":")[2] or key, key.partition(":")[0] if ":" in key else "default") for key in keys
    ]

    def source_of(given: str) -> str | None:
        found = [name for key, name in known if hmac.compare_digest(key.encode(), given.encode())]
        return found[0] if found else None

    return source_of


def _source(source_of: Callable[[str], str | None], body: dict[str, Any]) -> str:
    """Segment's own server answers 200 to a wrong key; a shop would look for its events in vain."""
    source = source_of(_given_key() or str(body.get("writeKey") or ""))
    if source is None:
        abort(401, "no such write key: send it as the user name of HTTP Basic authentication")
    return source


def _given_key() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
