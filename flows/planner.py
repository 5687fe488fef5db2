"""On which address and in which form does a message go out? Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records import (
    Address,
    AddressStatus,
    Channel,
    Consent,
    ConsentStatus,
    Message,
    Option,
    Purpose,
    Topic,
    windows,
)
from flows.options import with_numbered
from flows.texts import Texts

WINDOW = windows.WINDOW

MOST_BUTTONS = 3
LONGEST_BUTTON = 20
MOST_ROWS = 10
LONGEST_ROW = 24
LONGEST_ID = 200
LONGEST_INTERACTIVE_BODY = 1024

# Cheapest and richest first.
PREFERENCE = (Channel.WHATSAPP, Channel.SMS)


class ContentKind(StrEnum):
    QUICK_REPLY = "quick_reply"
    LIST = "list"
    TEMPLATE = "template"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the carrier keeps for us under an id of its own. Equal content is made once."""

    kind: ContentKind
    language: str
    # With {{1}} … where the values go.
    body: str
    options: tuple[Option, ...] = ()
    # The button that opens a list.
    list_label: str = ""
    # A template's name at WhatsApp; empty for what needs no approval.
    name: str = ""
    # WhatsApp's word for what a template is about.
    category: str = "MARKETING"

    @property
    def key(self) -> str:
        options = [(option.title, option.payload) for option in self.options]
        facts = [self.kind, self.language, self.body, options, self.list_label, self.name]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the channel is handed. With `content`, `body` is what to send if that cannot be made."""

    body: str
    media_urls: tuple[str, ...] = ()
    content: Content | None = None
    variables: tuple[str, ...] = ()


def plan(message: Message, address: Address, texts: Texts, language: str, now: datetime) -> Form:
    """Buttons or a list inside WhatsApp's window, a template outside it, numbered options elsewhere."""
    body = with_numbered(message.text, message.options)
    media = tuple(media.url for media in message.media)
    if address.channel is not Channel.WHATSAPP:
        return Form(body=body, media_urls=media)
    if not is_window_open(address, now):
        if message.template is None:
            return Form(body=body, media_urls=media)
        return Form(body=body, content=template(message, texts), variables=message.template.values)
    content = interactive(message, language)
    if content is None or media:
        return Form(body=body, media_urls=media)
    return Form(body=body, content=content, variables=(message.text,))


def is_window_open(address: Address, now: datetime) -> bool:
    heard = address.last_inbound_at
    return heard is not None and heard > windows.window_opens_after(now)


LIST_LABELS = {"es": "Ver opciones", "en": "See options", "pt": "Ver opções"}


def interactive(message: Message, language: str) -> Content | None:
    """Buttons for up to three short options, a list for up to ten; None when neither takes them.

    The text itself is a variable: a content item is made once per set of options, not per message.
    """
    options = message.options
    if not options or len(message.text) > LONGEST_INTERACTIVE_BODY:
        return None
    if any(option.is_dynamic or len(option.payload) > LONGEST_ID for option in options):
        # A content item for one customer's cart would be an item per message.
        return None
    longest = max(len(option.title) for option in options)
    if len(options) <= MOST_BUTTONS and longest <= LONGEST_BUTTON:
        return Content(kind=ContentKind.QUICK_REPLY, language=language, body="{{1}}", options=options)
    if len(options) <= MOST_ROWS and longest <= LONGEST_ROW:
        return Content(
            kind=ContentKind.LIST,
            language=language,
            body="{{1}}",
            options=options,
            list_label=LIST_LABELS[language],
        )
    return None


def template(message: Message, texts: Texts) -> Content | None:
    use = message.template
    if use is None:
        return None
    body = texts.as_template(use.response, use.language)
    return Content(
        kind=ContentKind.TEMPLATE,
        language=use.language,
        body=body,
        options=message.options,
        name=f"{use.response.removeprefix('utter_')}_{use.language}",
        category="UTILITY" if message.purpose in (Purpose.TRANSACTIONAL, Purpose.REPLY) else "MARKETING",
    )


def by_preference(addresses: Sequence[Address], favourite: Channel | None = None) -> list[Address]:
    """Those that we can write to, their favourite first, then the cheapest and richest channel."""
    order = sorted(PREFERENCE, key=lambda channel: channel is not favourite)
    return [address for channel in order for address in addresses if address.channel is channel]


def choose_address(
    addresses: Sequence[Address],
    consents: Sequence[Consent],
    topic: Topic,
    favourite: Channel | None = None,
) -> Address | None:
    """Where an unasked message goes: the best channel that they agreed to, else the best that reaches them.

    Their favourite counts as the best.

    Without consent the policy will say no, with its reason on record.
    """
    usable = [
        address
        for address in by_preference(addresses, favourite)
        if address.status is AddressStatus.REACHABLE
    ]
    agreed = {
        line.channel
        for line in consents
        if line.topic is topic and line.status in (ConsentStatus.OPTED_IN, ConsentStatus.LIMITED)
    }
    return next((address for address in usable if address.channel in agreed), next(iter(usable), None))
