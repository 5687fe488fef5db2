"""A message and its media as Twilio's REST surface shows them. Pure."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from bot.simulator.forms import API_VERSION
from bot.simulator.records import Media, Message

ERROR_TEXTS = {
    63016: "Outside the customer service window: use a template.",
    63019: "Media failed to download.",
}


def message_resource(message: Message, account: str) -> dict[str, Any]:
    base = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    is_undecided = message.status == "accepted"  # the Messaging Service has not chosen a sender yet
    return {
        "sid": message.sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc_date(message.created_at),
        "date_sent": rfc_date(message.sent_at),
        "date_updated": rfc_date(message.updated_at),
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


def media_resource(message: Message, media: Media, account: str) -> dict[str, Any]:
    return {
        "sid": media.sid,
        "parent_sid": message.sid,
        "account_sid": account,
        "content_type": media.content_type,
        "date_created": rfc_date(message.created_at),
        "date_updated": rfc_date(message.updated_at),
        "uri": f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}/Media/{media.sid}.json",
    }


def rfc_date(moment: datetime | None) -> str | None:
    return format_datetime(moment.astimezone(UTC)) if moment else None
