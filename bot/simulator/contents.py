"""Contents of the shop: templates and messages with buttons, kept for Twilio's Content API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.outgoing import Outgoing, RestError
from bot.simulator.records import Channel
from bot.simulator.store import Store

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")

LIST = "twilio/list-picker"

# The richest type the channel can show comes first, as Twilio chooses.
SHOWN_ON = {
    Channel.WHATSAPP: (
        "twilio/quick-reply",
        LIST,
        "twilio/call-to-action",
        "whatsapp/card",
        "twilio/card",
        "twilio/media",
        "twilio/text",
    ),
    Channel.SMS: ("twilio/media", "twilio/text"),
}


@dataclass(frozen=True, kw_only=True)
class Rendered:
    body: str
    buttons: list[dict[str, str]]
    list_label: str  # what opens the list of options; "" when the options are buttons
    media_urls: tuple[str, ...]
    is_template: bool  # approved, so it may go out when the window is closed


def render(store: Store, outgoing: Outgoing) -> Rendered | None:
    """The content as the phone shows it; None when the message carries its own body."""
    if not outgoing.content_sid:
        return None
    content = store.content(outgoing.content_sid)
    if content is None:
        raise RestError(21655, "The content sid is invalid.")
    types: Mapping[str, Any] = content.get("types", {})
    name = next((each for each in SHOWN_ON[outgoing.channel] if each in types), None)
    if name is None:
        raise RestError(63005, "The channel cannot show this content.")
    shape = types[name]
    variables = {**content.get("variables", {}), **outgoing.variables}
    return Rendered(
        body=_body(shape, variables),
        buttons=[_button(each, variables) for each in shape.get("actions") or shape.get("items") or []],
        list_label=_fill(str(shape.get("button") or ""), variables) if "items" in shape else "",
        media_urls=tuple(_fill(str(each), variables) for each in _media(shape)),
        # A list belongs to an open conversation: WhatsApp approves none.
        is_template=content.get("approval", {}).get("status") == "approved" and name != LIST,
    )


def _body(shape: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """A card's title stands out above its text, and what is said below stands below."""
    title, body = shape.get("title") or shape.get("header_text"), shape.get("body")
    parts = [f"*{title}*" if title and body else title, body, shape.get("subtitle") or shape.get("footer")]
    return _fill("\n".join(str(part) for part in parts if part), variables)


def _media(shape: Mapping[str, Any]) -> list[Any]:
    media = shape.get("media") or []
    return media if isinstance(media, list) else [media]


def _fill(text: str, variables: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), text)


def _button(action: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    title = _fill(str(action.get("title") or action.get("item") or ""), variables)
    button = {"title": title, "id": _fill(str(action.get("id") or title), variables)}
    if "item" in action:
        button["kind"] = "list"
    for name in ("url", "phone", "description"):
        if action.get(name):
            button[name] = _fill(str(action[name]), variables)
    return button
