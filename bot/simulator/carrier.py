"""The carrier between the shop and the phones: what it accepts, what it refuses, what it answers itself.

Store first, deliver afterwards: whatever this file accepted survives a restart.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.simulator import contents, twiml
from bot.simulator.clock import SimulatedClock
from bot.simulator.delivery import Delivery
from bot.simulator.optout import react
from bot.simulator.outgoing import LONGEST_BODY, Outgoing, RestError
from bot.simulator.postman import Answer
from bot.simulator.records import Author, Channel, Handover, Kind, Media, Message
from bot.simulator.settings import Person, SimulatorSettings
from bot.simulator.shop import WebShop
from bot.simulator.sids import new_sid
from bot.simulator.store import Store
from bot.simulator.switches import Switches
from flows.sms_length import count_segments

WINDOW = timedelta(hours=24)
OUTSIDE_WINDOW = 63016
TYPING_SECONDS = 25.0
PROBE_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class PhoneMessage:
    """What somebody sends from a phone on the page."""

    person: Person
    channel: Channel
    kind: Kind
    body: str = ""
    media: Media | None = None
    extra: dict[str, Any]


class Carrier:
    def __init__(self, settings: SimulatorSettings, *, clock: SimulatedClock) -> None:
        self.settings = settings
        self.clock = clock
        self.store = Store(settings.store_path)
        self.switches = Switches(self.store)
        self.delivery = Delivery(
            settings, self.store, self.switches, person_at=self.person_at, on_answer=self._hear_shop
        )
        self.web_shop = WebShop(settings, self.store, clock) if settings.bot_url else None
        self._lock = threading.Lock()
        self._typing_until: dict[str, float] = {}
        self._probe_at = 0.0

    def start(self) -> None:
        self.delivery.start()

    def stop(self) -> None:
        """Ends within a second. The carrier cannot be started again afterwards."""
        self.delivery.stop()
        if self.web_shop:
            self.web_shop.close()
        self.store.close()

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every delivery and callback is done; for tests."""
        return self.delivery.lanes.settle(timeout)

    # People

    def people(self) -> list[Person]:
        return [*self.settings.people, *self.store.people()]

    def person(self, key: str) -> Person | None:
        return next((person for person in self.people() if person.key == key), None)

    def person_at(self, address: str) -> Person | None:
        return next((each for each in self.people() if address in (each.phone, each.whatsapp_id)), None)

    # The shop sends

    def create(self, outgoing: Outgoing, direction: str = "outbound-api", *, fails_with: int = 0) -> Message:
        """Accept a message of the shop, to fail later with this code unless it is 0.

        Raises RestError when Twilio would refuse it at once.
        """
        if outgoing.channel is Channel.SMS and self.store.is_blocked(outgoing.shop, outgoing.customer):
            raise RestError(21610, "Attempt to send to unsubscribed recipient.")
        content = contents.render(self.store, outgoing)
        body = content.body if content else outgoing.body
        media_urls = outgoing.media_urls or (content.media_urls if content else ())
        extra = self._failure(outgoing, is_template=bool(content and content.is_template))
        if fails_with:
            extra["fails_with"] = fails_with
        if media_urls:
            extra["media_urls"] = list(media_urls)
        if outgoing.location:
            extra["location"] = dict(outgoing.location)
        if content and content.buttons:
            extra |= {"buttons": content.buttons, "list_label": content.list_label}
        message = self._message(
            outgoing.channel,
            outgoing.customer,
            author=Author.SHOP,
            kind=_kind_of(outgoing, media_urls),
            body=body,
            status="accepted" if outgoing.service_sid else "queued",
            direction=direction,
            media_count=len(media_urls),
            status_callback=outgoing.status_callback,
            service_sid=outgoing.service_sid,
            extra=extra,
        )
        with self._lock:
            self._typing_until.pop(outgoing.customer, None)
        self.store.add(message)
        self.delivery.to_phone(message)
        return message

    def cancel(self, sid: str) -> Message:
        canceled = self.store.change(sid, only_from=("accepted", "queued"), status="canceled")
        if canceled is None:
            raise RestError(30409, "The message can no longer be canceled.", 409)
        self.delivery.call_back(canceled, "canceled")
        return canceled

    def show_typing(self, sid: str) -> None:
        """The shop says that it is writing an answer to this message, which marks the message as read."""
        message = self.store.message(sid)
        if message is None or message.author is not Author.CUSTOMER:
            raise RestError(20404, "The message was not found.", 404)
        self.store.change(sid, extra={**message.extra, "is_read": True})
        with self._lock:
            self._typing_until[message.customer] = time.monotonic() + TYPING_SECONDS

    def is_typing(self, person: Person) -> bool:
        with self._lock:
            until = max(self._typing_until.get(each, 0.0) for each in addresses(person))
        return time.monotonic() < until

    def _failure(self, outgoing: Outgoing, *, is_template: bool) -> dict[str, Any]:
        if outgoing.channel is not Channel.WHATSAPP or is_template or not self.settings.with_window_rule:
            return {}
        heard_at = self.store.last_heard_at(outgoing.customer, Channel.WHATSAPP)
        if heard_at is None or self.clock.now() - heard_at > WINDOW:
            return {"fails_with": OUTSIDE_WINDOW}
        return {}

    def _hear_shop(self, message: Message, answer: Answer) -> None:
        """The shop may answer a webhook with TwiML instead of a call to the API."""
        for text in twiml.replies(answer.content_type, answer.text):
            outgoing = Outgoing(
                channel=message.channel,
                customer=message.customer,
                shop=message.shop,
                body=text[:LONGEST_BODY],
            )
            if not self.store.is_blocked(message.shop, message.customer):
                self.create(outgoing, "outbound-reply")

    # A phone sends

    def send_from_phone(self, sent: PhoneMessage) -> Message:
        # With a known number Twilio's From is the number; the user id then travels beside it.
        customer = sent.person.phone or sent.person.whatsapp_id or ""
        message = self._message(
            sent.channel,
            customer,
            author=Author.CUSTOMER,
            kind=sent.kind,
            body=sent.body,
            status="received",
            direction="inbound",
            media_count=1 if sent.media else 0,
            handover=Handover.WAITING,
            extra=sent.extra,
        )
        self.store.add(message, [sent.media] if sent.media else [])
        if sent.channel is Channel.SMS:
            self._react(message)
        self.delivery.to_shop(message)
        return message

    def mark_read(self, person: Person, channel: Channel) -> None:
        """The phone lies open before its owner. An SMS knows no read receipt."""
        if channel is not Channel.WHATSAPP:
            return
        for address in addresses(person):
            for message in self.store.arrived(address, channel):
                self.delivery.read(message)

    def _react(self, message: Message) -> None:
        is_blocked = self.store.is_blocked(message.shop, message.customer)
        reaction = react(message.body, is_blocked=is_blocked, shop_name=self.settings.shop_name)
        if reaction is None:
            return
        self.store.set_blocked(message.shop, message.customer, reaction.is_blocked)
        answer = self._message(
            Channel.SMS,
            message.customer,
            author=Author.CARRIER,
            body=reaction.answer,
            status="queued",
            direction="outbound-reply",
        )
        self.store.add(answer)
        self.delivery.to_phone(answer)

    # Shared

    def is_shop_reachable(self) -> bool | None:
        """As last seen; asking also looks again in the background, now and then."""
        with self._lock:
            is_due = time.monotonic() >= self._probe_at
            if is_due:
                self._probe_at = time.monotonic() + PROBE_SECONDS
        if is_due:
            self.delivery.probe()
        return self.delivery.is_shop_reachable

    def _message(self, channel: Channel, customer: str, **values: Any) -> Message:
        now = datetime.now(UTC)
        whatsapp = channel is Channel.WHATSAPP
        has_media = values.get("media_count", 0) > 0
        return Message(
            sid=new_sid("MM" if has_media else "SM"),
            channel=channel,
            customer=customer,
            shop=self.settings.whatsapp_from if whatsapp else self.settings.sms_from,
            segments=1 if whatsapp else count_segments(values["body"]),
            created_at=now,
            updated_at=now,
            sent_at=now if values["author"] is Author.CUSTOMER else None,
            shown_at=self.clock.now(),
            **values,
        )


def addresses(person: Person) -> list[str]:
    return [address for address in (person.phone, person.whatsapp_id) if address]


def _kind_of(outgoing: Outgoing, media_urls: tuple[str, ...]) -> Kind:
    if outgoing.location:
        return Kind.LOCATION
    return Kind.FILE if media_urls else Kind.TEXT
