"""The forms the carrier posts to the shop, field by field as Twilio posts them. Pure."""

import json

from bot.simulator.records import Channel, Kind, Media, Message
from bot.simulator.settings import Person

API_VERSION = "2010-04-01"
PLACES = ("ToCountry", "ToState", "ToCity", "ToZip", "FromCountry", "FromState", "FromCity", "FromZip")
MESSAGE_TYPES = {
    Kind.TEXT: "text",
    Kind.IMAGE: "image",
    Kind.STICKER: "sticker",
    Kind.VOICE: "audio",
    Kind.LOCATION: "location",
    Kind.CONTACT: "contacts",
    Kind.FILE: "document",
}


def inbound_form(
    message: Message, person: Person | None, media: list[Media], *, account_sid: str, api_url: str
) -> dict[str, str]:
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender,
        "To": message.recipient,
        "Body": message.body,
        "NumMedia": str(len(media)),
        "NumSegments": str(message.segments),
        "SmsStatus": "received",
        "ApiVersion": API_VERSION,
    }
    for number, each in enumerate(media):
        path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{message.sid}/Media/{each.sid}"
        form[f"MediaUrl{number}"] = api_url + path
        form[f"MediaContentType{number}"] = each.content_type
    if message.channel is Channel.SMS:
        # Twilio sends the places even when it does not know them.
        return form | dict.fromkeys(PLACES, "")
    return form | _whatsapp_fields(message, person)


def _whatsapp_fields(message: Message, person: Person | None) -> dict[str, str]:
    context: dict[str, str] = {"ProfileName": person.name if person else ""}
    if message.customer.startswith("+"):
        context["WaId"] = message.customer.removeprefix("+")
    fields = {
        **context,
        "MessageType": MESSAGE_TYPES[message.kind],
        "ReferralNumMedia": "0",
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": context}}, ensure_ascii=False),
    }
    if person and person.whatsapp_id:
        fields["ExternalUserId"] = f"whatsapp:{person.whatsapp_id}"
    if location := message.extra.get("location"):
        names = {"latitude": "Latitude", "longitude": "Longitude", "address": "Address", "label": "Label"}
        fields |= {names[name]: str(value) for name, value in location.items() if value not in (None, "")}
    if button := message.extra.get("button"):
        fields |= _button_fields(button)
    if replied_to := message.extra.get("replied_to"):
        fields["OriginalRepliedMessageSid"] = replied_to
        fields["OriginalRepliedMessageSender"] = message.recipient
    return fields


def _button_fields(button: dict[str, str]) -> dict[str, str]:
    if button["kind"] == "list":
        return {"ListTitle": button["title"], "ListId": button["id"], "MessageType": "interactive"}
    return {"ButtonText": button["title"], "ButtonPayload": button["id"], "MessageType": "button"}


def status_form(message: Message, status: str, *, account_sid: str) -> dict[str, str]:
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender,
        "To": message.recipient,
        "ApiVersion": API_VERSION,
        "MessageStatus": status,
        "SmsStatus": status,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if message.error_code and status in ("failed", "undelivered"):
        form["ErrorCode"] = str(message.error_code)
    if message.channel is Channel.WHATSAPP:
        form["ChannelPrefix"] = "whatsapp"
        if status == "read":
            form["EventType"] = "READ"
    elif status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = message.updated_at.strftime("%y%m%d%H%M")
    return form
