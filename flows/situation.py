"""What a run starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from context_store.records import Channel, ConversationState
from nlu.parsed import Parsed


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a run may know. `facts` answers only what an action wants, by name."""

    state: ConversationState
    facts: Mapping[str, Any]
    parsed: Parsed
    language: str
    channel: Channel
    now: datetime
    # The id behind a pressed button, when the channel tells.
    choice: str | None = None
