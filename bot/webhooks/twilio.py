"""Twilio's webhooks. Only stores and rings: what it means and what to answer comes later, elsewhere."""

import logging
from urllib.parse import unquote_to_bytes
from uuid import UUID

from flask import Blueprint, Response, abort, request

from bot.aftermath import report_status
from bot.arrivals import store
from bot.channels.base import BadRequest, BadSignature, Incoming, SignedRequest
from bot.guard import guarded_by
from bot.parts import Parts
from context_store.records import MessageId

log = logging.getLogger("hilo.webhook")

# text/plain would be delivered to the customer as a message.
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
FORM = "application/x-www-form-urlencoded"


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("twilio", __name__)

    @routes.post("/twilio/messages")
    @guarded_by("twilio")
    def receive_message() -> Response:
        incoming = _parsed(parts, _verified(parts))
        customer_id = store(parts, incoming)
        if customer_id is not None:
            parts.bell.ring_turns(customer_id, parts.settings.gather_seconds)
        return Response(EMPTY_TWIML, content_type="text/xml")

    @routes.post("/twilio/status/<uuid:message_id>/<proof>")
    @guarded_by("twilio")
    def receive_status(message_id: UUID, proof: str) -> Response:
        signed = _verified(parts)
        if not parts.channel.is_status_proof(message_id, proof):
            abort(403, "this link was not made for that message")
        try:
            report = parts.channel.parse_status(signed)
        except BadRequest as error:
            abort(400, str(error))
        report_status(parts, MessageId(message_id), report)
        return Response(status=204)

    return routes


def _verified(parts: Parts) -> SignedRequest:
    """The request, proven to be Twilio's and for us; anything else is answered here with a clear 4xx."""
    if request.mimetype != FORM:
        abort(415, f"send a form ({FORM})")
    if not _is_utf8(request.get_data(cache=True)):
        # It would be mended silently, and then fail as a "bad signature".
        abort(400, "the form is not valid UTF-8")
    signed = SignedRequest(
        url=_signed_url(parts.settings.public_url),
        fields=request.form,
        signature=request.headers.get("X-Twilio-Signature", ""),
    )
    try:
        parts.channel.verify(signed)
    except BadSignature as error:
        # Not the path: a stranger wrote it, and it may hold a proof.
        log.warning("%s", error, extra={"action": "bad_signature", "route": str(request.url_rule)})
        abort(403, str(error))
    return signed


def _is_utf8(body: bytes) -> bool:
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        return False
    return True


def _signed_url(public_url: str) -> str:
    # The raw query: Werkzeug's own URL is decoded, and a signature is over what was sent.
    query = request.query_string.decode("latin-1")
    return f"{public_url}{request.path}{'?' + query if query else ''}"


def _parsed(parts: Parts, signed: SignedRequest) -> Incoming:
    try:
        return parts.channel.parse(signed)
    except BadRequest as error:
        abort(400, str(error))
