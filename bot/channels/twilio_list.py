"""What Twilio's own list shows that customers wrote: how a message is found whose webhook never reached us.

The list says less than a webhook: no profile name, no place, no button's id. A button's title is the text.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.channels import twilio_parse
from bot.channels.base import Incoming
from bot.settings import Settings
from context_store.records import Channel

log = logging.getLogger("hilo.twilio")

WHATSAPP = "whatsapp:"
PAGE_SIZE = 1000
# For each number and round: two days of a busy shop.
MOST = 5000
NOT_FOUND = 404


@dataclass(frozen=True, kw_only=True)
class ListedInbound:
    """One line of the list; what it says is still Twilio's, and not checked."""

    provider_id: str
    channel: Channel
    sent_at: datetime
    media_count: int
    fields: dict[str, str]


def inbound_since(client: Client, settings: Settings, since: datetime) -> list[ListedInbound]:
    """What was written to our numbers since then, oldest first."""
    found: dict[str, ListedInbound] = {}
    for number in numbers_of(settings):
        for message in _listed(client, number, since):
            is_ours = number or message.messaging_service_sid == settings.twilio_messaging_service_sid
            if is_ours and str(message.direction) == "inbound":
                line = _line(message)
                found[line.provider_id] = line
    # Twilio lists the newest first and tells times to the second: those of one second keep its order.
    oldest_first = sorted(reversed(found.values()), key=lambda line: line.sent_at)
    return [line for line in oldest_first if line.sent_at >= since]


def read_inbound(client: Client, settings: Settings, line: ListedInbound) -> Incoming:
    """The message as the webhook would have brought it. Raises `BadRequest` when it is none."""
    fields = {**line.fields, "NumMedia": "0"}
    if line.media_count:
        fields |= _media_fields(client, settings, line.provider_id)
    return twilio_parse.incoming(fields, settings.default_country)


def numbers_of(settings: Settings) -> list[str | None]:
    """The numbers that customers write to; None for whatever else the Messaging Service has."""
    sms, whatsapp = settings.sms_from, settings.whatsapp_from
    numbers: list[str | None] = [sms] if sms else []
    numbers += [f"{WHATSAPP}{whatsapp}"] if whatsapp else []
    is_more_in_service = settings.twilio_messaging_service_sid and not (sms and whatsapp)
    return [*numbers, None] if is_more_in_service else numbers


def _listed(client: Client, number: str | None, since: datetime) -> Iterator[MessageInstance]:
    # A day is all that the filter looks at; the client would add a time of day that is not read.
    day = since.astimezone(UTC).date().isoformat()
    asked: dict[str, object] = {"to": number} if number else {}
    found = client.messages.list(date_sent_after=day, limit=MOST, page_size=PAGE_SIZE, **asked)
    if len(found) == MOST:
        log.error(
            "the carrier's list is longer than %d: what is older was not compared",
            MOST,
            extra={"action": "list_too_long"},
        )
    yield from found


def _line(message: MessageInstance) -> ListedInbound:
    sent_at = message.date_sent or message.date_created
    if sent_at is None:
        raise ValueError("Twilio lists a message without its date")
    sender = str(message.from_ or "")
    count = str(message.num_media or "0")
    return ListedInbound(
        provider_id=str(message.sid),
        channel=Channel.WHATSAPP if sender.startswith(WHATSAPP) else Channel.SMS,
        sent_at=sent_at.astimezone(UTC),
        media_count=int(count) if count.isdecimal() else 0,
        fields={
            "MessageSid": str(message.sid),
            "From": _whole(sender),
            "Body": _whole(str(message.body or "")),
        },
    )


def _media_fields(client: Client, settings: Settings, sid: str) -> dict[str, str]:
    try:
        found = client.messages(sid).media.list(limit=twilio_parse.MOST_MEDIA)
    except TwilioRestException as error:
        if error.status != NOT_FOUND:
            raise
        # They were deleted at Twilio: the words are still worth having.
        found = []
    folder = f"{settings.twilio_api_url}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages/{sid}"
    fields = {"NumMedia": str(len(found))}
    for index, media in enumerate(found):
        fields[f"MediaUrl{index}"] = f"{folder}/Media/{media.sid}"
        fields[f"MediaContentType{index}"] = str(media.content_type or "")
    return fields


def _whole(text: str) -> str:
    """JSON can hold half a character, which no database takes."""
    return text.encode("utf-8", "replace").decode()
