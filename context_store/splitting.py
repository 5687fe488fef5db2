"""A text too long for one message becomes several, at the most natural places. Pure.

Each part is a message of its own: so the lane keeps their order and each one's fate is known.
"""

import re
from dataclasses import replace

from context_store.records import Message, MessageId, new_id

# What Twilio takes in one message.
LONGEST = 1600
# From the most natural place to cut to the least: after a paragraph, a line, a sentence, a word.
PLACES = tuple(re.compile(pattern) for pattern in (r"\n\n", r"\n", r"(?<=[.!?…])\s", r"\s"))
# A part shorter than this share of the room would be a strange cut: the next kind of place is tried.
LEAST_SHARE = 0.5


def parts_of(message: Message) -> list[Message]:
    """The message, or the messages that it takes: options and pictures stay with the last one."""
    # As "1. Label" on lines of their own, where the channel has no buttons.
    options = sum(len(option.title) + 6 for option in message.options)
    texts = split(message.text, last_room=LONGEST - options)
    if len(texts) == 1:
        return [message]
    *before, last = texts
    return [
        *(
            replace(
                message,
                id=MessageId(new_id()),
                text=text,
                options=(),
                media=(),
                dedupe_key=f"{message.dedupe_key}#{number}" if message.dedupe_key else None,
            )
            for number, text in enumerate(before, start=1)
        ),
        replace(message, text=last),
    ]


def split(text: str, room: int = LONGEST, last_room: int | None = None) -> list[str]:
    """Parts of at most `room` characters; the last of at most `last_room`, where options follow it.

    Nothing is lost but the blanks at the cuts. A text that fits comes back as it is.
    """
    last_room = room if last_room is None else last_room
    parts: list[str] = []
    rest = text
    while len(rest) > last_room:
        # What would fit but for the options is cut too, else the last part could not follow.
        cut = _cut(rest, min(room, max(len(rest) - 1, 1)))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part] or [text]


def _cut(text: str, room: int) -> int:
    for place in PLACES:
        ends = [found.end() for found in place.finditer(text, 0, room + 1) if found.start() <= room]
        if ends and ends[-1] >= room * LEAST_SHARE:
            return ends[-1]
    return _between_characters(text, room)


def _between_characters(text: str, room: int) -> int:
    """Not within an emoji that is joined of several, nor before an accent that stands alone."""
    cut = room
    while cut > room // 2 and _joins(text, cut):
        cut -= 1
    return cut if cut > room // 2 else room


def _joins(text: str, cut: int) -> bool:
    return cut < len(text) and (text[cut] in JOINING or text[cut - 1] == ZERO_WIDTH_JOINER)


ZERO_WIDTH_JOINER = "\u200d"
JOINING = frozenset((ZERO_WIDTH_JOINER, "\ufe0f", *map(chr, range(0x300, 0x370))))
