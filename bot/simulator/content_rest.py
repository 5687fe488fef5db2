"""Twilio's Content API and typing indicator, as far as the real client uses them.

Every template is approved at once: the stand-in has no reviewers.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.simulator.account import iso_date
from bot.simulator.carrier import Carrier
from bot.simulator.outgoing import RestError
from bot.simulator.paging import page_of
from bot.simulator.rest import guard
from bot.simulator.sids import new_sid


def add_content_routes(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded = guard(carrier)
    store = carrier.store

    @blueprint.post("/v1/Content")
    @guarded
    def create_content() -> ResponseReturnValue:
        asked = _json()
        if not isinstance(asked.get("types"), dict) or not asked["types"]:
            raise RestError(20001, "A content needs at least one type.")
        now = datetime.now(UTC)
        content = {
            "sid": new_sid("HX"),
            "account_sid": carrier.settings.account_sid,
            "friendly_name": str(asked.get("friendly_name") or ""),
            "language": str(asked.get("language") or "en"),
            "variables": asked.get("variables") or {},
            "types": asked["types"],
            "date_created": iso_date(now),
            "date_updated": iso_date(now),
        }
        store.save_content(content["sid"], content)
        return jsonify(_resource(carrier, content)), 201

    @blueprint.get("/v1/Content")
    @guarded
    def list_contents() -> ResponseReturnValue:
        return jsonify(page_of("contents", [_resource(carrier, content) for content in store.contents()]))

    @blueprint.get("/v1/Content/<sid>")
    @guarded
    def fetch_content(sid: str) -> ResponseReturnValue:
        return jsonify(_resource(carrier, _content(carrier, sid)))

    @blueprint.delete("/v1/Content/<sid>")
    @guarded
    def delete_content(sid: str) -> ResponseReturnValue:
        _content(carrier, sid)
        store.delete_content(sid)
        return "", 204

    _add_approvals(blueprint, carrier)
    _add_typing(blueprint, carrier)


def _add_approvals(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded = guard(carrier)

    @blueprint.post("/v1/Content/<sid>/ApprovalRequests/whatsapp")
    @guarded
    def ask_approval(sid: str) -> ResponseReturnValue:
        content, asked = _content(carrier, sid), _json()
        content["approval"] = {
            "name": str(asked.get("name") or ""),
            "category": str(asked.get("category") or "UTILITY"),
            "content_type": next(iter(content["types"])),
            "status": "approved",
            "rejection_reason": "",
            "allow_category_change": True,
        }
        carrier.store.save_content(sid, content)
        return jsonify(content["approval"]), 201

    @blueprint.get("/v1/Content/<sid>/ApprovalRequests")
    @guarded
    def fetch_approval(sid: str) -> ResponseReturnValue:
        approval = _content(carrier, sid).get("approval", {"status": "unsubmitted"})
        url = f"{carrier.settings.public_url}/v1/Content/{sid}/ApprovalRequests"
        return jsonify(sid=sid, account_sid=carrier.settings.account_sid, whatsapp=approval, url=url)


def _add_typing(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.post("/v2/Indicators/Typing.json")
    @guard(carrier)
    def show_typing() -> ResponseReturnValue:
        if request.form.get("channel", "").lower() != "whatsapp":
            raise RestError(20001, "Only WhatsApp shows a typing indicator.")
        carrier.show_typing(request.form.get("messageId", ""))
        return jsonify(success=True)


def _content(carrier: Carrier, sid: str) -> dict[str, Any]:
    content = carrier.store.content(sid)
    if content is None:
        raise RestError(20404, "The content was not found.", 404)
    return content


def _resource(carrier: Carrier, content: dict[str, Any]) -> dict[str, Any]:
    url = f"{carrier.settings.public_url}/v1/Content/{content['sid']}"
    approval = f"{url}/ApprovalRequests"
    links = {"approval_fetch": approval, "approval_create": f"{approval}/whatsapp"}
    shown = {name: value for name, value in content.items() if name != "approval"}
    return {**shown, "url": url, "links": links}


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise RestError(20001, "A JSON object is expected.")
    return asked
