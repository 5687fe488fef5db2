"""What an operator may set on the account: webhooks of its number, its messaging services, its sender.

Kept is only what was set; the rest follows from the carrier's settings. Nothing here changes where the
carrier delivers: that stays `SimulatorSettings.webhook_url`.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.forms import API_VERSION
from bot.simulator.message_resource import rfc_date
from bot.simulator.outgoing import RestError
from bot.simulator.settings import SimulatorSettings

OPENED_AT = datetime(2026, 1, 1, tzinfo=UTC)

NUMBER_FIELDS = (
    "FriendlyName",
    "SmsUrl",
    "SmsMethod",
    "SmsFallbackUrl",
    "SmsFallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
    "VoiceUrl",
    "VoiceMethod",
    "VoiceFallbackUrl",
    "VoiceFallbackMethod",
)
SERVICE_FIELDS = (
    "FriendlyName",
    "InboundRequestUrl",
    "InboundMethod",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StickySender",
    "MmsConverter",
    "SmartEncoding",
    "ScanMessageContent",
    "FallbackToLongCode",
    "AreaCodeGeomatch",
    "SynchronousValidation",
    "ValidityPeriod",
    "Usecase",
    "UseInboundWebhookOnNumber",
)
SENDER_WEBHOOK = (
    "callback_url",
    "callback_method",
    "fallback_url",
    "fallback_method",
    "status_callback_url",
    "status_callback_method",
)


def sid_of(prefix: str, name: str) -> str:
    """The same sid for the same thing in each run, so that a script may keep it."""
    return prefix + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def account_resource(settings: SimulatorSettings) -> dict[str, Any]:
    base = f"/{API_VERSION}/Accounts/{settings.account_sid}"
    return {
        "sid": settings.account_sid,
        "owner_account_sid": settings.account_sid,
        "friendly_name": settings.shop_name,
        "status": "active",
        "type": "Full",
        "auth_token": None,
        "date_created": rfc_date(OPENED_AT),
        "date_updated": rfc_date(OPENED_AT),
        "subresource_uris": {
            "messages": f"{base}/Messages.json",
            "incoming_phone_numbers": f"{base}/IncomingPhoneNumbers.json",
        },
        "uri": f"{base}.json",
    }


def number_resource(settings: SimulatorSettings) -> dict[str, Any]:
    """The SMS number as it was bought."""
    sid = sid_of("PN", settings.sms_from)
    unset = ("address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "sms_application_sid")
    never = ("trunk_sid", "voice_application_sid", "voice_fallback_url", "voice_url")
    methods = ("sms_fallback_method", "sms_method", "status_callback_method", "voice_fallback_method")
    return {
        **dict.fromkeys((*unset, *never), None),
        **dict.fromkeys((*methods, "voice_method"), "POST"),
        "sid": sid,
        "account_sid": settings.account_sid,
        "phone_number": settings.sms_from,
        "friendly_name": settings.sms_from,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": False, "sms": True, "mms": True, "fax": False},
        "date_created": rfc_date(OPENED_AT),
        "date_updated": rfc_date(OPENED_AT),
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "origin": "twilio",
        "sms_fallback_url": "",
        "sms_url": settings.webhook_url,
        "status": "in-use",
        "status_callback": "",
        "type": "mobile",
        "uri": f"/{API_VERSION}/Accounts/{settings.account_sid}/IncomingPhoneNumbers/{sid}.json",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
    }


def service_resource(settings: SimulatorSettings, sid: str, name: str, url: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": settings.account_sid,
        "friendly_name": name,
        "inbound_request_url": None,
        "inbound_method": "POST",
        "fallback_url": None,
        "fallback_method": "POST",
        "status_callback": None,
        "sticky_sender": True,
        "mms_converter": True,
        "smart_encoding": True,
        "scan_message_content": "inherit",
        "fallback_to_long_code": True,
        "area_code_geomatch": True,
        "synchronous_validation": False,
        "validity_period": 36_000,
        "usecase": "undeclared",
        "us_app_to_person_registered": False,
        "use_inbound_webhook_on_number": False,
        "date_created": iso_date(OPENED_AT),
        "date_updated": iso_date(OPENED_AT),
        "url": url,
        "links": {"phone_numbers": f"{url}/PhoneNumbers", "short_codes": f"{url}/ShortCodes"},
    }


def sender_resource(settings: SimulatorSettings, url: str) -> dict[str, Any]:
    """The WhatsApp sender, registered and online."""
    sid = sid_of("XE", settings.whatsapp_from)
    return {
        "sid": sid,
        "status": "ONLINE",
        "sender_id": f"whatsapp:{settings.whatsapp_from}",
        "friendly_name": None,
        "configuration": None,
        "webhook": {
            "callback_url": settings.webhook_url,
            "callback_method": "POST",
            "fallback_url": None,
            "fallback_method": None,
            "status_callback_url": None,
            "status_callback_method": None,
        },
        "profile": {"name": settings.shop_name},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": None,
        "compliance": None,
        "url": f"{url}/{sid}",
    }


def read_form(form: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    """What a form sets, under the names the resource has. Raises RestError."""
    return {_snake(name): _value(name, form[name]) for name in names if name in form}


def read_webhook(asked: object) -> dict[str, str]:
    """What the client leaves out comes as null, and stays as it was. Raises RestError."""
    if not isinstance(asked, dict):
        return {}
    given = {name: str(asked[name]) for name in SENDER_WEBHOOK if asked.get(name) is not None}
    for name, value in given.items():
        if name.endswith("_method") and value not in ("POST", "PUT"):
            raise RestError(20001, f"{name} must be POST or PUT.")
        if name.endswith("_url"):
            _check_url(name, value)
    return given


def iso_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _value(name: str, text: str) -> Any:
    if name.endswith("Url") or name == "StatusCallback":
        _check_url(name, text)
    elif name.endswith("Method") and text not in ("GET", "POST"):
        raise RestError(21403, f"{name} must be GET or POST.")
    elif name == "ValidityPeriod":
        return _period(text)
    elif text in ("true", "false"):
        return text == "true"
    return text


def _check_url(name: str, text: str) -> None:
    parts = urlsplit(text)
    if text and not (parts.scheme in ("http", "https") and parts.hostname):
        raise RestError(21402, f"{name} is not a valid URL.")


def _period(text: str) -> int:
    seconds = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= seconds <= 36_000:
        raise RestError(20001, "ValidityPeriod must be from 1 to 36000.")
    return seconds


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
