"""/metrics for Prometheus, and the clock that times every webhook.

Without METRICS_TOKEN only this machine may read it, and only directly: a proxy beside us calls from
loopback on everybody's behalf. With the token, everybody has to show it.
"""

import hmac
import logging
import time
from ipaddress import ip_address

from flask import Blueprint, Response, abort, g, request

from bot.guard import guarded_by
from bot.metrics import CONTENT_TYPE
from bot.parts import Parts
from context_store.gauges import Readings

log = logging.getLogger("hilo.metrics")

# What proxies add. Their absence proves nothing, which is why there is a token.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
# Everything below these is called by other machines' programs.
WEBHOOKS = ("/twilio/", "/shop/", "/v1/")


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    @guarded_by("metrics")
    def show() -> Response:
        _check(parts.settings.metrics_token)
        return Response(
            parts.metrics.exposition(_readings(parts), parts.now()),
            content_type=CONTENT_TYPE,
            headers={"Cache-Control": "no-store"},
        )

    @routes.before_app_request
    def start() -> None:
        g.started_at = time.perf_counter()

    @routes.after_app_request
    def note(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else ""
        if rule.startswith(WEBHOOKS) and "started_at" in g:
            parts.metrics.webhook_answered(rule, response.status_code, time.perf_counter() - g.started_at)
        return response

    return routes


def _check(token: str | None) -> None:
    """Answers 401 or 403 unless the caller may read."""
    if token is not None:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.encode(), given.encode()):
            abort(401, "send the token: Authorization: Bearer <METRICS_TOKEN>")
    elif not _is_direct_from_here():
        abort(403, "only this machine may read it; set METRICS_TOKEN for others")


def _is_direct_from_here() -> bool:
    # What the socket says. A header with another address is a stranger's word.
    caller = str(request.environ.get("REMOTE_ADDR") or "")
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(caller).is_loopback
    except ValueError:
        return False


def _readings(parts: Parts) -> Readings | None:
    try:
        with parts.database.read() as uow:
            return uow.gauges.read()
    except Exception:
        # The counters matter most while the database is away.
        log.exception("the gauges cannot be read", extra={"action": "gauges_failed"})
        return None
