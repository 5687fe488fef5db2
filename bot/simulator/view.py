"""A message and a person as the page needs them. Knows no HTML: the page puts text in as text."""

from typing import Any

from bot.simulator.records import Author, Media, Message
from bot.simulator.settings import Person
from bot.simulator.store import Store


def person_view(person: Person) -> dict[str, Any]:
    return {
        "key": person.key,
        "name": person.name,
        "phone": person.phone,
        "whatsapp_id": person.whatsapp_id,
        "language": person.language,
        "note": person.note,
    }


def message_view(store: Store, message: Message) -> dict[str, Any]:
    if message.is_deleted:
        return {"sid": message.sid, "is_deleted": True}
    media = store.media(message.sid) if message.media_count else []
    return {
        "sid": message.sid,
        "channel": message.channel.value,
        "author": message.author.value,
        "kind": message.kind.value,
        "body": message.body,
        "at": message.shown_at.isoformat(),
        "status": _progress(message),
        "trouble": message.handover_note or str(message.error_code or ""),
        "media": [_media_view(message, each) for each in media],
        "location": message.extra.get("location"),
        "buttons": message.extra.get("buttons", []),
        "list_label": message.extra.get("list_label", ""),
        "replied_to": message.extra.get("replied_to", ""),
    }


def _progress(message: Message) -> str:
    """One scale for both directions: waiting, sent, delivered, read, failed, canceled."""
    if message.author is Author.CUSTOMER:
        if message.extra.get("is_read"):
            return "read"
        return {"waiting": "sent", "accepted": "delivered", "failed": "failed"}[message.handover.value]
    return {"accepted": "waiting", "queued": "waiting", "undelivered": "failed"}.get(
        message.status, message.status
    )


def _media_view(message: Message, media: Media) -> dict[str, str]:
    return {
        "url": f"media/{message.sid}/{media.sid}",
        "content_type": media.content_type,
        "name": media.name,
    }
