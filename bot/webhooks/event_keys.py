"""Who may send events: write keys, each of one source, and the web pages whose scripts may send."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort, request

ANY_ORIGIN = "*"
PREFLIGHT_SECONDS = "600"

SourceOf = Callable[[str], str | None]


def sources(keys: tuple[str, ...]) -> SourceOf:
    """From a write key to the name of its source: "web:4f1c" names it, a bare key is "default"."""
    known = [
        (key.partition(":")[2] or key, key.partition(":")[0] if ":" in key else "default") for key in keys
    ]

    def source_of(given: str) -> str | None:
        found = [name for key, name in known if hmac.compare_digest(key.encode(), given.encode())]
        return found[0] if found else None

    return source_of


def source_of_request(source_of: SourceOf, body: Mapping[str, Any]) -> str:
    """Segment's own server answers 200 to a wrong key; a shop would look for its events in vain."""
    source = source_of(_given_key() or str(body.get("writeKey") or ""))
    if source is None:
        abort(
            401,
            "no such write key: send it as the user name of HTTP Basic authentication, or as `writeKey` "
            "in the body",
        )
    return source


def _given_key() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class Origins:
    """The pages whose scripts may send, by their origins: `https://shop.example`, or `*` for all."""

    def __init__(self, allowed: tuple[str, ...], own: str) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in (*allowed, own))

    def refuse_others(self) -> None:
        """A script of a page that is not on the list. Who sends from a server names no origin."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._has(origin):
            abort(403, "this page may not send events: add its origin to EVENT_ORIGINS")

    def allow(self, response: Response) -> Response:
        """Tell the browser that the page may send, and may read the answer. No cookies are looked at."""
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        if origin is None or not self._has(origin):
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, content-encoding"
            response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
        return response

    def _has(self, origin: str) -> bool:
        return ANY_ORIGIN in self._allowed or origin.lower() in self._allowed
