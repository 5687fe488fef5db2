"""May this message go out now? Pure: no clock, no database, no network.

Asked by `bot/sender.py` before each send, and by the pages that preview a journey.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from context_store.records import (
    Address,
    AddressStatus,
    Channel,
    Consent,
    ConsentStatus,
    Message,
    Purpose,
    Topic,
)


class Verdict(IntEnum):
    """In order of strictness."""

    SEND = 0
    HOLD = 1
    SKIP = 2


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one rule says."""

    rule: str
    verdict: Verdict
    reason: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    verdict: Verdict
    answers: tuple[Answer, ...]
    decided_at: datetime

    @property
    def reason(self) -> str | None:
        """Why it may not go out: the strictest rule's word."""
        strictest = max(self.answers, key=lambda answer: answer.verdict)
        return strictest.reason


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """What the rules may know of the customer. `consents` are the ledger lines that count now."""

    address: Address
    consents: Sequence[Consent]


Rule = Callable[[Recipient, Message, datetime], Answer]


def decide(recipient: Recipient, message: Message, now: datetime) -> Decision:
    """Ask every rule, keep every answer; the strictest answer is the outcome."""
    answers = tuple(rule(recipient, message, now) for rule in RULES)
    return Decision(verdict=max(answer.verdict for answer in answers), answers=answers, decided_at=now)


def has_opted_out(consents: Sequence[Consent], channel: Channel) -> bool:
    """Did they say STOP on this channel, and not START since?"""
    lines = [line for line in consents if line.channel == channel and line.topic is Topic.ALL]
    return bool(lines) and lines[-1].status is ConsentStatus.OPTED_OUT


def opted_out(recipient: Recipient, message: Message, now: datetime) -> Answer:
    # On WhatsApp nobody else confirms a STOP, so our own confirmation must still go out.
    if message.purpose is Purpose.KEYWORD_ANSWER or not has_opted_out(recipient.consents, message.channel):
        return Answer(rule="opted_out", verdict=Verdict.SEND)
    return Answer(rule="opted_out", verdict=Verdict.SKIP, reason="opted out of this channel")


def reachable(recipient: Recipient, message: Message, now: datetime) -> Answer:
    if recipient.address.status is AddressStatus.REACHABLE:
        return Answer(rule="reachable", verdict=Verdict.SEND)
    return Answer(
        rule="reachable",
        verdict=Verdict.SKIP,
        reason=f"unreachable: {recipient.address.reason or 'unknown reason'}",
    )


RULES: tuple[Rule, ...] = (opted_out, reachable)
