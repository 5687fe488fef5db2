"""What the consents on record say of one channel and topic, in one word. Pure.

As the rules `opted_out` and `consent` of the contact policy judge it.
"""

from collections.abc import Sequence
from datetime import datetime

from context_store.records import Channel, Consent, ConsentStatus, Topic


def consent_state(consents: Sequence[Consent], channel: Channel, topic: Topic, now: datetime) -> str:
    """allowed, paused, refused, or none: silence, which is no consent to marketing.

    `consents` are the lines that count now; where two people are one, the stricter word counts.
    """
    lines = [line for line in consents if line.channel is channel and line.topic in (Topic.ALL, topic)]
    if any(line.status is ConsentStatus.OPTED_OUT for line in lines):
        return "refused"
    if any(_is_paused(line, topic, now) for line in lines):
        return "paused"
    if topic is Topic.MARKETING and not any(_gives_leave(line) for line in lines):
        return "none"
    return "allowed"


def _is_paused(line: Consent, topic: Topic, now: datetime) -> bool:
    if line.until is None or line.until <= now:
        return False
    # A limit on everything may carry a pause with it.
    return line.status is ConsentStatus.PAUSED or (
        line.topic is Topic.ALL and line.status is ConsentStatus.LIMITED
    )


def _gives_leave(line: Consent) -> bool:
    return line.topic is Topic.MARKETING and line.status is not ConsentStatus.PAUSED
