"""Sentry, when a DSN is set: what broke and where, never what a customer wrote."""

import re
from typing import Any
from urllib.parse import urlsplit

import sentry_sdk

from bot.logs import OF_DEVELOPERS, masked
from bot.settings import Settings

# Our own names and the ids of our rows. Whatever else stands in a path may be a number, an e-mail, a proof.
PLAIN = re.compile(r"[a-z-]*|v[0-9]|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def set_up_sentry(settings: Settings) -> bool:
    """True when errors go to Sentry."""
    if settings.sentry_dsn is None:
        return False
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        # Local variables and request bodies hold names, numbers and messages.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=without_people,
        before_breadcrumb=lambda crumb, hint: None,
    )
    return True


def without_people(event: Any, hint: Any) -> Any:
    """Mask numbers in an event's texts, and leave out what a request carried."""
    request = event.get("request", {})
    for part in ("data", "cookies", "headers", "query_string", "env"):
        request.pop(part, None)
    if "url" in request:
        request["url"] = plain_address(request["url"])
    for exception in event.get("exception", {}).get("values", []):
        # Its own words may quote what a customer wrote; its kind and place tell enough.
        if exception.get("type") not in {kind.__name__ for kind in OF_DEVELOPERS}:
            exception.pop("value", None)
    entry = event.get("logentry", {})
    for part in ("message", "formatted"):
        if entry.get(part):
            entry[part] = masked(entry[part])
    entry.pop("params", None)
    return event


def plain_address(url: str) -> str:
    parts = urlsplit(url)
    path = "/".join(part if PLAIN.fullmatch(part) else "…" for part in parts.path.split("/"))
    return f"{parts.scheme}://{parts.netloc}{path}"
