"""What the stand-in carrier is told at start: its numbers, whom it calls, who holds the phones."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

E164 = re.compile(r"\+[1-9]\d{6,14}")
WHATSAPP_ID = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who holds the phones on the page."""

    key: str
    name: str
    phone: str | None  # None: known to WhatsApp by a user name only, and cannot send SMS
    whatsapp_id: str | None  # business-scoped user id without prefix, "ES.1A2B3C"
    language: str
    note: str  # one short line in the picker, "order on its way"


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    account_sid: str
    auth_token: str
    sms_from: str
    whatsapp_from: str  # E.164, without "whatsapp:"
    webhook_url: str
    store_path: str  # a file, or ":memory:"
    shop_name: str
    people: tuple[Person, ...]
    callback_delay: float = 0.25  # seconds of real time between two steps of a message's status
    with_window_rule: bool = True  # refuse free text on WhatsApp 24 h after the customer's last message
    api_url: str = ""  # where the bot finds this carrier; by default on the server of the webhook

    # The little web shop on the page: where the bot's /v1 is ("" for no shop), and its two keys.
    bot_url: str = ""
    write_key: str = ""
    api_key: str = ""

    @property
    def public_url(self) -> str:
        if self.api_url:
            return self.api_url.rstrip("/")
        parts = urlsplit(self.webhook_url)
        return f"{parts.scheme}://{parts.netloc}/simulator"
