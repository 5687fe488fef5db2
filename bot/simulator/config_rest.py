"""Twilio's configuration resources, as far as an operator's command reads and sets them.

The account, its number (IncomingPhoneNumbers), messaging services, and the WhatsApp sender.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.simulator.account import (
    NUMBER_FIELDS,
    SERVICE_FIELDS,
    account_resource,
    iso_date,
    number_resource,
    read_form,
    read_webhook,
    sender_resource,
    service_resource,
    sid_of,
)
from bot.simulator.carrier import Carrier
from bot.simulator.forms import API_VERSION
from bot.simulator.message_resource import rfc_date
from bot.simulator.outgoing import RestError, not_found
from bot.simulator.paging import only_page, page_of
from bot.simulator.rest import guard
from bot.simulator.sids import new_sid

NUMBERS = f"/{API_VERSION}/Accounts/<account>/IncomingPhoneNumbers"
SERVICES = "/v1/Services"
SENDERS = "/v2/Channels/Senders"


def add_config_routes(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.get(f"/{API_VERSION}/Accounts/<account>.json")
    @guard(carrier)
    def fetch_account() -> ResponseReturnValue:
        return jsonify(account_resource(carrier.settings))

    _add_numbers(blueprint, carrier)
    _add_services(blueprint, carrier)
    _add_senders(blueprint, carrier)


def _add_numbers(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded = guard(carrier)

    def number() -> dict[str, Any]:
        bought = number_resource(carrier.settings)
        return bought | (carrier.store.resource("number", bought["sid"]) or {})

    def found(sid: str) -> dict[str, Any]:
        return _only(number(), sid)

    @blueprint.get(f"{NUMBERS}.json")
    @guarded
    def list_numbers() -> ResponseReturnValue:
        asked = request.args.get("PhoneNumber", "")
        # As Twilio does: a part of a number finds it too.
        shown = [number()] if carrier.settings.sms_from and asked in carrier.settings.sms_from else []
        uri = f"/{API_VERSION}/Accounts/{carrier.settings.account_sid}/IncomingPhoneNumbers.json"
        return jsonify(only_page("incoming_phone_numbers", shown, uri))

    @blueprint.get(f"{NUMBERS}/<sid>.json")
    @guarded
    def fetch_number(sid: str) -> ResponseReturnValue:
        return jsonify(found(sid))

    @blueprint.post(f"{NUMBERS}/<sid>.json")
    @guarded
    def update_number(sid: str) -> ResponseReturnValue:
        found(sid)
        kept = carrier.store.resource("number", sid) or {}
        changed = read_form(request.form, NUMBER_FIELDS) | {"date_updated": rfc_date(datetime.now(UTC))}
        carrier.store.save_resource("number", sid, kept | changed)
        return jsonify(found(sid))


def _add_services(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded, settings, store = guard(carrier), carrier.settings, carrier.store
    # One is there from the start, so that there is something to list.
    first = sid_of("MG", settings.account_sid)

    def service(kept: dict[str, Any]) -> dict[str, Any]:
        url = f"{settings.public_url}{SERVICES}/{kept['sid']}"
        return service_resource(settings, kept["sid"], settings.shop_name, url) | kept

    def found(sid: str) -> dict[str, Any]:
        kept = store.resource("service", sid) or ({"sid": first} if sid == first else None)
        if kept is None:
            raise not_found()
        return service(kept)

    @blueprint.get(SERVICES)
    @guarded
    def list_services() -> ResponseReturnValue:
        others = [each for each in store.resources("service") if each["sid"] != first]
        return jsonify(page_of("services", [found(first), *map(service, others)]))

    @blueprint.post(SERVICES)
    @guarded
    def create_service() -> ResponseReturnValue:
        asked = read_form(request.form, SERVICE_FIELDS)
        if not asked.get("friendly_name"):
            raise RestError(20001, "Missing required parameter FriendlyName in the post body.")
        now = iso_date(datetime.now(UTC))
        made = asked | {"sid": new_sid("MG"), "date_created": now, "date_updated": now}
        store.save_resource("service", made["sid"], made)
        return jsonify(service(made)), 201

    @blueprint.get(f"{SERVICES}/<sid>")
    @guarded
    def fetch_service(sid: str) -> ResponseReturnValue:
        return jsonify(found(sid))

    @blueprint.post(f"{SERVICES}/<sid>")
    @guarded
    def update_service(sid: str) -> ResponseReturnValue:
        found(sid)
        changed = read_form(request.form, SERVICE_FIELDS) | {"date_updated": iso_date(datetime.now(UTC))}
        store.save_resource("service", sid, {"sid": sid} | (store.resource("service", sid) or {}) | changed)
        return jsonify(found(sid))


def _add_senders(blueprint: Blueprint, carrier: Carrier) -> None:
    guarded, settings, store = guard(carrier), carrier.settings, carrier.store

    def sender() -> dict[str, Any]:
        registered = sender_resource(settings, f"{settings.public_url}{SENDERS}")
        kept = store.resource("sender", registered["sid"]) or {}
        return registered | {"webhook": registered["webhook"] | kept.get("webhook", {})}

    def found(sid: str) -> dict[str, Any]:
        return _only(sender(), sid)

    @blueprint.get(SENDERS)
    @guarded
    def list_senders() -> ResponseReturnValue:
        channel = request.args.get("Channel", "")
        if channel not in ("whatsapp", "rcs"):
            raise RestError(20001, "Channel must be whatsapp or rcs.")
        has_one = channel == "whatsapp" and settings.whatsapp_from
        return jsonify(page_of("senders", [sender()] if has_one else []))

    @blueprint.get(f"{SENDERS}/<sid>")
    @guarded
    def fetch_sender(sid: str) -> ResponseReturnValue:
        return jsonify(found(sid))

    @blueprint.post(f"{SENDERS}/<sid>")
    @guarded
    def update_sender(sid: str) -> ResponseReturnValue:
        kept = found(sid)["webhook"]
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict):
            raise RestError(20001, "A JSON object is expected.")
        store.save_resource("sender", sid, {"webhook": kept | read_webhook(asked.get("webhook"))})
        # Accepted, not done: at Twilio a change of a sender takes a while.
        return jsonify(found(sid)), 202


def _only(resource: dict[str, Any], sid: str) -> dict[str, Any]:
    if resource["sid"] != sid:
        raise not_found()
    return resource
