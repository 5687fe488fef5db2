"""Which real messages were not understood, or not for certain: what the phrases still lack.

Reads newest first, a batch a transaction, until there are enough or they are too old.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.understanding import from_json
from context_store.database import Database
from context_store.understood import AFTER_ALL, AT_ONCE
from nlu.features import plain_words
from nlu.intents import CERTAIN
from nlu.masking import masked_line
from nlu.parsed import FALLBACK, IntentGuess, Parsed

# However little of it is of interest.
MOST_LOOKED_AT = 200_000
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """What customers wrote, once for all who wrote the same; masked."""

    text: str
    count: int
    last_at: datetime
    language: str | None
    intent: str
    confidence: float
    rival: str | None
    ranking: tuple[IntentGuess, ...]


def doubtful(database: Database, since: datetime, most: int) -> list[Doubtful]:
    """Newest first. Counted are those that were seen on the way to the last of them."""
    found: dict[str, Doubtful] = {}
    for created_at, parsed in _parsed(database, since):
        line = masked_line(parsed.text)
        # Any number is the same one, as it is for the engine.
        key = " ".join(plain_words(line))
        if not any(sign.isalpha() for sign in key):
            continue
        if key in found:
            found[key] = replace(found[key], count=found[key].count + 1)
        elif len(found) == most:
            break
        else:
            found[key] = _doubtful(line, created_at, parsed)
    return list(found.values())


def is_doubtful(parsed: Parsed) -> bool:
    return parsed.intent == FALLBACK or parsed.rival is not None or parsed.confidence < CERTAIN


def _parsed(database: Database, since: datetime) -> Iterator[tuple[datetime, Parsed]]:
    before = AFTER_ALL
    for _ in range(MOST_LOOKED_AT // AT_ONCE):
        with database.read() as uow:
            batch = uow.understood.newest(before)
        for entry in batch:
            if entry.created_at < since:
                return
            parsed = _kept(entry.parsed)
            if parsed is not None and is_doubtful(parsed):
                yield entry.created_at, parsed
        if len(batch) < AT_ONCE:
            return
        before = batch[-1].number


def _kept(told: Mapping[str, Any] | None) -> Parsed | None:
    """None where nothing was kept, or by a version that kept it otherwise."""
    try:
        return from_json(dict(told)).parsed if told else None
    except UNREADABLE:
        return None


def _doubtful(line: str, created_at: datetime, parsed: Parsed) -> Doubtful:
    return Doubtful(
        text=line,
        count=1,
        last_at=created_at,
        language=parsed.language,
        intent=parsed.intent,
        confidence=parsed.confidence,
        rival=parsed.rival,
        ranking=parsed.ranking,
    )
