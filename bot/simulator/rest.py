"""Twilio's REST surface for messages, as far as the real client uses it. HTTP only, no decisions."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.carrier import Carrier
from bot.simulator.forms import API_VERSION
from bot.simulator.message_list import list_page
from bot.simulator.message_resource import media_resource, message_resource
from bot.simulator.outgoing import RestError, not_found, read_outgoing
from bot.simulator.paging import only_page
from bot.simulator.records import Message
from bot.simulator.trouble import play

LONGEST_FORM = 256 * 1024
MESSAGES = f"/{API_VERSION}/Accounts/<account>/Messages"

View = Callable[..., ResponseReturnValue]


def add_rest_routes(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded = guard(carrier)
    _add_collection(blueprint, carrier, guarded)
    _add_message(blueprint, carrier, guarded)
    _add_media(blueprint, carrier, guarded)
    blueprint.register_error_handler(RestError, error_response)


def guard(carrier: Carrier) -> Callable[[View], View]:
    """Let in only who knows the account's own sid and token."""
    settings = carrier.settings

    def guarded(view: View) -> View:
        # Open for the route list of the bot: the check here is the carrier's, with the account's token.
        @guarded_by("open")
        @wraps(view)
        def checked(**values: Any) -> ResponseReturnValue:
            request.max_content_length = LONGEST_FORM
            given = request.authorization
            sid = (given.username if given else None) or ""
            token = (given.password if given else None) or ""
            is_known = hmac.compare_digest(sid.encode(), settings.account_sid.encode())
            is_known &= hmac.compare_digest(token.encode(), settings.auth_token.encode())
            if not is_known or values.pop("account", settings.account_sid) != settings.account_sid:
                raise RestError(20003, "Authenticate", 401)
            return view(**values)

        return checked

    return guarded


def error_response(error: RestError) -> Response:
    response = jsonify(
        code=error.code,
        message=error.text,
        more_info=f"https://www.twilio.com/docs/errors/{error.code}",
        status=error.status,
    )
    response.status_code = error.status
    response.headers.update(error.headers)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


def _add_collection(blueprint: Blueprint, carrier: Carrier, guarded: Callable[[View], View]) -> None:
    @blueprint.post(f"{MESSAGES}.json")
    @guarded
    def create_message() -> ResponseReturnValue:
        outgoing = read_outgoing(request.form.to_dict(flat=False), carrier.settings)

        def accept(fails_with: int) -> ResponseReturnValue:
            return jsonify(_shown(carrier.create(outgoing, fails_with=fails_with))), 201

        return play(carrier.switches.fate_of_send(outgoing.customer), accept)

    @blueprint.get(f"{MESSAGES}.json")
    @guarded
    def list_messages() -> ResponseReturnValue:
        return jsonify(list_page(carrier.store, carrier.settings.account_sid, _known_before(carrier)))


def _add_message(blueprint: Blueprint, carrier: Carrier, guarded: Callable[[View], View]) -> None:
    @blueprint.get(f"{MESSAGES}/<sid>.json")
    @guarded
    def fetch_message(sid: str) -> ResponseReturnValue:
        known_before = _known_before(carrier)
        message = _found(carrier.store.message(sid))
        is_known = known_before is None or message.created_at < known_before
        return jsonify(_shown(_found(message if is_known else None)))

    @blueprint.post(f"{MESSAGES}/<sid>.json")
    @guarded
    def update_message(sid: str) -> ResponseReturnValue:
        message = _found(carrier.store.message(sid))
        if request.form.get("Status") == "canceled":
            message = carrier.cancel(sid)
        elif request.form.get("Body") == "":
            message = _found(carrier.store.change(sid, body=""))
        else:
            raise RestError(20001, "Only an empty Body or Status=canceled can be set.")
        return jsonify(_shown(message))

    @blueprint.delete(f"{MESSAGES}/<sid>.json")
    @guarded
    def delete_message(sid: str) -> ResponseReturnValue:
        _found(carrier.store.change(sid, body="", is_deleted=True))
        return "", 204


def _add_media(blueprint: Blueprint, carrier: Carrier, guarded: Callable[[View], View]) -> None:
    @blueprint.get(f"{MESSAGES}/<sid>/Media.json")
    @guarded
    def list_media(sid: str) -> ResponseReturnValue:
        message = _found(carrier.store.message(sid))
        account = carrier.settings.account_sid
        uri = f"/{API_VERSION}/Accounts/{account}/Messages/{sid}/Media.json"
        found = [media_resource(message, media, account) for media in carrier.store.media(sid)]
        return jsonify(only_page("media_list", found, uri))

    @blueprint.get(f"{MESSAGES}/<sid>/Media/<media_sid>.json")
    @guarded
    def fetch_media_resource(sid: str, media_sid: str) -> ResponseReturnValue:
        message, found = _found(carrier.store.message(sid)), carrier.store.media(sid, media_sid)
        if not found:
            raise not_found()
        return jsonify(media_resource(message, found[0], carrier.settings.account_sid))

    @blueprint.get(f"{MESSAGES}/<sid>/Media/<media_sid>")
    @guarded
    def fetch_media(sid: str, media_sid: str) -> ResponseReturnValue:
        found = carrier.store.media(sid, media_sid)
        if not found or carrier.store.message(sid) is None:
            raise not_found()
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
        return Response(found[0].content, content_type=found[0].content_type, headers=headers)


def _found(message: Message | None) -> Message:
    if message is None:
        raise not_found()
    return message


def _shown(message: Message) -> dict[str, Any]:
    account = request.authorization.username if request.authorization else None
    return message_resource(message, account or "")


def _known_before(carrier: Carrier) -> datetime | None:
    """The list's faults: it may be down, or not know yet what was accepted after this moment."""
    if carrier.switches.is_list_down():
        raise RestError(20503, "Service Unavailable", 503)
    lag = carrier.switches.faults().list_lag_seconds
    return datetime.now(UTC) - timedelta(seconds=lag) if lag else None
