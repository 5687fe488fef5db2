"""What waits, and what does it mean? Runs before the turn and outside of any transaction.

Messages that wait together are one utterance. The turn keeps what was understood on the first of them.
Only what somebody may have died of is understood within the turn, where its start is already counted.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from bot.parts import Parts
from context_store.records import (
    Channel,
    Customer,
    CustomerId,
    Input,
    InputKind,
    InputNumber,
    Message,
    MessageId,
)
from context_store.turn_reads import Waiting
from flows import keywords
from nlu.context_codes import without_code
from nlu.interpreter import Interpreter
from nlu.parsed import FALLBACK, Entity, Parsed
from nlu.rasa_server import without_server

log = logging.getLogger("hilo.turn")

MOST_TOGETHER = 20
# Who rings for a message is there in milliseconds. Where it still waits, a process may have died of it.
LATE_SECONDS = 5.0
_PARSED: TypeAdapter[Parsed] = TypeAdapter(Parsed)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """The inputs that the next turn handles, oldest first, and what their words mean together."""

    numbers: tuple[InputNumber, ...]
    # None for what is not a message.
    parsed: Parsed | None = None
    # False: the words are looked at in the turn.
    is_understood: bool = True
    # What was read on the way, which nothing changes: the turn need not read it again.
    inputs: Sequence[Input] = ()
    messages: Mapping[MessageId, Message] = field(default_factory=dict)
    # More waited at that moment; whatever comes later rings for itself.
    has_more: bool = False


def understand_next(parts: Parts, customer_id: CustomerId) -> Understood | None:
    """The next inputs to handle, understood; None when nothing waits."""
    with parts.database.read() as uow:
        found = uow.turn_reads.waiting(customer_id, MOST_TOGETHER)
    if found is None:
        return None
    waiting, messages = found.inputs, found.messages
    head = waiting[0]
    kept = _kept(head)
    # A group that was tried in vain is taken apart: only the message that is to blame is set aside.
    has_failed = head.started_count > 0
    if kept is not None and (len(kept.numbers) == 1 or not has_failed):
        return _with_reads(kept, found)
    together = [head] if has_failed else belonging_together(waiting, messages)
    understood = Understood(numbers=tuple(entry.number for entry in together))
    understood = _with_reads(understood, found)
    if head.kind is not InputKind.MESSAGE:
        return understood
    if has_failed or (parts.now() - head.created_at).total_seconds() > LATE_SECONDS:
        return replace(understood, is_understood=False)
    return understand(parts, understood, found.customer)


def understand(parts: Parts, understood: Understood, customer: Customer) -> Understood:
    """The same with what the words mean; for messages only."""
    return _with_meaning(parts, parts.interpreter, understood, customer)


def understand_within_turn(parts: Parts, understood: Understood, customer: Customer) -> Understood:
    """The same without asking any server: a transaction is open."""
    return _with_meaning(parts, without_server(parts.interpreter), understood, customer)


def _with_meaning(
    parts: Parts, interpreter: Interpreter, understood: Understood, customer: Customer
) -> Understood:
    written = [understood.messages[entry.message_id] for entry in understood.inputs if entry.message_id]
    parsed = _parse(interpreter, written, customer, parts.settings.default_timezone)
    return replace(understood, parsed=parsed, is_understood=True)


def _kept(head: Input) -> Understood | None:
    """What an earlier try understood; what cannot be read is understood anew."""
    if head.parsed is None:
        return None
    try:
        kept = from_json(head.parsed)
    except (ValueError, TypeError, LookupError, AttributeError):
        log.warning("a kept meaning cannot be read", extra={"action": "meaning_lost", "input": head.number})
        return None
    return None if kept.parsed is None and head.kind is InputKind.MESSAGE else kept


def _with_reads(understood: Understood, found: Waiting) -> Understood:
    inputs = [entry for entry in found.inputs if entry.number in understood.numbers]
    return replace(
        understood,
        inputs=inputs,
        messages=found.messages,
        has_more=len(found.inputs) > len(inputs) or len(found.inputs) == MOST_TOGETHER,
    )


def belonging_together(waiting: Sequence[Input], messages: dict[MessageId, Message]) -> list[Input]:
    """The head and the messages right behind it on the same channel. A keyword always stands alone."""
    head = waiting[0]
    if head.kind is not InputKind.MESSAGE or head.message_id is None:
        return [head]
    first = messages[head.message_id]
    together = [head]
    if _stands_alone(head, first):
        return together
    for entry in waiting[1:]:
        message = messages.get(entry.message_id) if entry.message_id else None
        if message is None or message.address_id != first.address_id or _stands_alone(entry, message):
            break
        together.append(entry)
    return together


def _stands_alone(entry: Input, message: Message) -> bool:
    if message.choice is not None or entry.payload.get("carrier_keyword"):
        return True
    return keywords.match(message.text, message.channel, has_opted_out=True) is not None


def _parse(interpreter: Interpreter, messages: Sequence[Message], customer: Customer, zone: str) -> Parsed:
    written = "\n".join(message.text for message in messages if message.text.strip())
    # A code is no word of any language.
    text = without_code(written)
    if written and not text:
        return Parsed(text="", intent=FALLBACK, confidence=0.0, language=None)
    if not text:
        return _wordless(messages[-1])
    # What they wrote yesterday as "tomorrow" is today: the moment of writing counts.
    now = messages[-1].created_at.astimezone(ZoneInfo(customer.timezone or zone))
    parsed = _parse_or_not(interpreter, text, customer.language, now)
    if parsed.intent == FALLBACK and len(messages) > 1:
        # A sentence that was sent in pieces: a line end in the middle hides it.
        parsed = _parse_or_not(interpreter, " ".join(text.split()), customer.language, now)
    attached = next((message for message in messages if message.media or message.location), None)
    if parsed.intent == FALLBACK and attached is not None:
        return replace(_wordless(attached), text=text)
    return parsed


def _parse_or_not(interpreter: Interpreter, text: str, language: str | None, now: datetime) -> Parsed:
    try:
        return interpreter.parse(text, language, now)
    except Exception:
        # Not understood is better than not answered: the flows ask again and offer a person.
        log.exception("understanding failed", extra={"action": "understanding_failed"})
        return Parsed(text=text, intent=FALLBACK, confidence=0.0, language=None)


def _wordless(message: Message) -> Parsed:
    """What came without a word, as an intent of its own."""
    if message.location is not None:
        place = message.location
        words = ", ".join(part for part in (place.label, place.address) if part)
        point = f"{place.latitude:.6f}, {place.longitude:.6f}"
        # A name alone ("the office") is no address for who has to find it.
        has_number = any(letter.isdigit() for letter in words)
        value = words if has_number else ", ".join(part for part in (words, point) if part)
        return Parsed(
            text="",
            intent="got_location",
            confidence=1.0,
            language=None,
            entities=(Entity(name="delivery_address", value=value, start=0, end=0),),
        )
    return Parsed(text="", intent=_media_intent(message), confidence=1.0, language=None)


def _media_intent(message: Message) -> str:
    if not message.media:
        return "got_nothing"
    content_type = message.media[0].content_type
    # On WhatsApp only stickers are WebP; a picture arrives as JPEG or PNG.
    if content_type == "image/webp" and message.channel is Channel.WHATSAPP:
        return "got_sticker"
    if "vcard" in content_type:
        return "got_contact"
    by_family = {"image": "got_image", "audio": "got_voice", "video": "got_video"}
    return by_family.get(content_type.split("/")[0], "got_document")


def to_json(understood: Understood) -> dict[str, Any]:
    parsed = _PARSED.dump_python(understood.parsed, mode="json") if understood.parsed else None
    return {"with": list(understood.numbers), "parsed": parsed}


def from_json(kept: dict[str, Any]) -> Understood:
    parsed = _PARSED.validate_python(kept["parsed"]) if kept["parsed"] else None
    return Understood(numbers=tuple(InputNumber(number) for number in kept["with"]), parsed=parsed)
