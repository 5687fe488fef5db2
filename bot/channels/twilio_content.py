"""Our content in the words of Twilio's Content API. Always with plain text, for channels without buttons."""

from typing import Any

from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from flows.planner import Content, ContentKind

# What WhatsApp's reviewers, and our own eyes in the console, see in place of the values.
SAMPLE = "2 velas"


def create_request(content: Content) -> Any:
    values = {str(number + 1): SAMPLE for number in range(content.body.count("{{"))}
    return ContentList.ContentCreateRequest(
        {
            "friendly_name": f"hilo_{content.name or content.kind.value}_{content.key[:12]}",
            "language": content.language,
            "variables": values,
            "types": _types(content),
        }
    )


def approval_request(content: Content) -> Any:
    return ApprovalCreateList.ContentApprovalRequest({"name": content.name, "category": content.category})


def _types(content: Content) -> Any:
    text = {"body": content.body}
    types: dict[str, Any] = {"twilio/text": text}
    if content.kind is ContentKind.LIST:
        items = [
            # Twilio's table asks for a description; WhatsApp shows it below the row.
            {"item": option.title, "id": option.payload, "description": option.title}
            for option in content.options
        ]
        types["twilio/list-picker"] = {**text, "button": content.list_label, "items": items}
    elif content.options:
        actions = [
            {"type": "QUICK_REPLY", "title": option.title, "id": option.payload} for option in content.options
        ]
        types["twilio/quick-reply"] = {**text, "actions": actions}
    return types
