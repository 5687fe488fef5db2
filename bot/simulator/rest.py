"""Twilio's REST surface for messages, as far as the real client uses it. HTTP only, no decisions."""

import hmac
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.carrier import Carrier
from bot.simulator.forms import API_VERSION
from bot.simulator.outgoing import RestError, read_outgoing
from bot.simulator.records import Message
from bot.simulator.store import MessageFilter

LONGEST_FORM = 256 * 1024
MESSAGES = f"/{API_VERSION}/Accounts/<account>/Messages"

ERROR_TEXTS = {
    63016: "Outside the customer service window: use a template.",
    63019: "Media failed to download.",
}

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
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


def _add_collection(blueprint: Blueprint, carrier: Carrier, guarded: Callable[[View], View]) -> None:
    @blueprint.post(f"{MESSAGES}.json")
    @guarded
    def create_message() -> ResponseReturnValue:
        outgoing = read_outgoing(request.form.to_dict(flat=False), carrier.settings)
        return jsonify(_resource(carrier.create(outgoing))), 201

    @blueprint.get(f"{MESSAGES}.json")
    @guarded
    def list_messages() -> ResponseReturnValue:
        size = min(max(_number("PageSize", 50), 1), 1000)
        page = max(_number("Page", 0), 0)
        found = carrier.store.newest(_filter(), size + 1, page * size)
        base = f"/{API_VERSION}/Accounts/{carrier.settings.account_sid}/Messages.json"
        return jsonify(
            messages=[_resource(message) for message in found[:size]],
            page=page,
            page_size=size,
            start=page * size,
            end=page * size + max(len(found[:size]) - 1, 0),
            uri=_page_uri(base, page),
            first_page_uri=_page_uri(base, 0),
            previous_page_uri=_page_uri(base, page - 1) if page else None,
            next_page_uri=_page_uri(base, page + 1) if len(found) > size else None,
        )


def _add_message(blueprint: Blueprint, carrier: Carrier, guarded: Callable[[View], View]) -> None:
    @blueprint.get(f"{MESSAGES}/<sid>.json")
    @guarded
    def fetch_message(sid: str) -> ResponseReturnValue:
        return jsonify(_resource(_found(carrier.store.message(sid))))

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
        return jsonify(_resource(message))

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
        base = f"/{API_VERSION}/Accounts/{carrier.settings.account_sid}/Messages/{sid}/Media"
        found = [
            {
                "sid": media.sid,
                "parent_sid": sid,
                "account_sid": carrier.settings.account_sid,
                "content_type": media.content_type,
                "date_created": _date(message.created_at),
                "date_updated": _date(message.updated_at),
                "uri": f"{base}/{media.sid}.json",
            }
            for media in carrier.store.media(sid)
        ]
        return jsonify(media_list=found, page=0, page_size=50, uri=f"{base}.json", next_page_uri=None)

    @blueprint.get(f"{MESSAGES}/<sid>/Media/<media_sid>")
    @guarded
    def fetch_media(sid: str, media_sid: str) -> ResponseReturnValue:
        found = carrier.store.media(sid, media_sid)
        if not found or carrier.store.message(sid) is None:
            raise RestError(20404, "The requested resource was not found.", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
        return Response(found[0].content, content_type=found[0].content_type, headers=headers)


def _found(message: Message | None) -> Message:
    if message is None:
        raise RestError(20404, "The requested resource was not found.", 404)
    return message


def _resource(message: Message) -> dict[str, Any]:
    account = request.authorization.username if request.authorization else ""
    base = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    is_undecided = message.status == "accepted"  # the Messaging Service has not chosen a sender yet
    return {
        "sid": message.sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": _date(message.created_at),
        "date_sent": _date(message.sent_at),
        "date_updated": _date(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": ERROR_TEXTS.get(message.error_code or 0),
        "from": None if is_undecided else message.sender,
        "to": message.recipient,
        "messaging_service_sid": message.service_sid or None,
        "num_media": str(message.media_count),
        "num_segments": "0" if is_undecided else str(message.segments),
        "price": None,
        "price_unit": None,
        "status": message.status,
        "subresource_uris": {"media": f"{base}/Media.json"},
        "uri": f"{base}.json",
    }


def _date(moment: datetime | None) -> str | None:
    return format_datetime(moment.astimezone(UTC)) if moment else None


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default


def _filter() -> MessageFilter:
    exact, after, before = _day("DateSent"), _day("DateSent>"), _day("DateSent<")
    end = exact or before
    return MessageFilter(
        sender=request.args.get("From") or None,
        recipient=request.args.get("To") or None,
        sent_from=exact or after,
        sent_before=end + timedelta(days=1) if end else None,
    )


def _day(name: str) -> datetime | None:
    """Twilio filters by the day in GMT, whatever time of day the client writes behind it."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise RestError(20001, f"{name} is not a date.") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _page_uri(base: str, page: int) -> str:
    # Relative to the API's base address, which the client puts in front again.
    asked = {name: value for name, value in request.args.items() if name != "Page"}
    return f"{base}?{urlencode({**asked, 'Page': str(page)})}"
