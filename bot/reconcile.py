"""Sends whose fate nobody knows: look for them in the carrier's list, and only then decide.

Twilio has no idempotency key. A message that timed out may be on a phone already, so it is never tried
again blindly: its callback settles it, or the list does. Only when a list that can be trusted did not show
it in several looks over the whole horizon is a reply said again, once; all else waits for an operator.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.aftermath import tell_journey
from bot.channels.base import Listed, SendFault
from bot.chores import Chore
from bot.parts import Parts
from bot.settings import Settings
from context_store.records import Author, MessageStatus, Purpose
from context_store.unknown import Unknown
from flows.options import with_numbered

log = logging.getLogger("hilo.sender")

MOST_AT_ONCE = 50
LEAST_LOOKS = 3
# Twilio's clock and the database's differ by this at most.
CLOCK_SKEW = timedelta(seconds=60)
# A person looks after it when the list has been away for so long.
ALARM_AFTER = timedelta(minutes=10)
# Prefer a rare double to silence for these; for all else the other way round.
SAID_AGAIN = (Purpose.REPLY, Purpose.KEYWORD_ANSWER)
LOST = "nobody can say whether it went out"


def chore(settings: Settings) -> Chore:
    return Chore(
        name="reconcile",
        every_seconds=min(1.0, settings.look_seconds),
        # Two at once do no harm: what is settled is the very try that was looked for.
        lease_seconds=20.0,
        do=_look,
        is_needed=_is_any_due,
    )


def _is_any_due(parts: Parts) -> bool:
    with parts.database.read() as uow:
        return uow.unknown.is_any_due()


def _look(parts: Parts, known_since: datetime) -> None:
    look_for_unknown(parts)


def look_for_unknown(parts: Parts) -> int:
    """Look for every message whose look is due. Returns how many were settled."""
    with parts.database.read() as uow:
        due = uow.unknown.to_look_for(parts.settings.unknown_horizon_seconds, MOST_AT_ONCE)
    return sum(look_for(parts, one) for one in due)


def look_for(parts: Parts, one: Unknown) -> bool:
    """One look. True when the message's fate is settled."""
    try:
        listed = parts.channel.list_sent(one.address)
        is_trusted = shows_what_it_must(parts, one, listed)
    except SendFault as fault:
        log.warning(
            "the carrier's list cannot be read: %s", fault.reason, extra={"action": "list_unreadable"}
        )
        put_off(parts, one)
        return False
    match = find(parts, one, listed)
    if match is not None:
        return adopt(parts, one, match)
    if not is_trusted:
        put_off(parts, one)
        return False
    if one.is_beyond_horizon and one.looks + 1 >= LEAST_LOOKS:
        return give_up(parts, one)
    with parts.database.write() as uow:
        uow.unknown.not_found(one, parts.settings.look_seconds)
        uow.commit()
    return False


def find(parts: Parts, one: Unknown, listed: Sequence[Listed]) -> Listed | None:
    """The entry that is this message: same recipient, same words, no older, and nobody else's."""
    candidates = [entry for entry in listed if is_like(entry, one)]
    if not candidates:
        return None
    with parts.database.read() as uow:
        owned = uow.unknown.owned(one.message.channel, [entry.provider_id for entry in candidates])
    # The oldest of them: the lane lets no second message of the same words start meanwhile.
    return next((entry for entry in reversed(candidates) if entry.provider_id not in owned), None)


def is_like(entry: Listed, one: Unknown) -> bool:
    # What failed at its creation has not reached anybody: it is as if it had never been tried.
    if entry.status is MessageStatus.FAILED or entry.created_at < one.claimed_at - CLOCK_SKEW:
        return False
    message = one.message
    bodies = {message.text, with_numbered(message.text, message.options)}
    return entry.body.strip() in {body.strip() for body in bodies}


def shows_what_it_must(parts: Parts, one: Unknown, listed: Sequence[Listed]) -> bool:
    """Does the list show a message that was certainly taken after this one was tried? If not, it lags.

    Raises `SendFault`. Without such a message there is nothing to hold against it.
    """
    position = one.message.position or 0
    with parts.database.read() as uow:
        known = uow.unknown.known_after(one.message.channel, one.claimed_at, position)
    if known is None:
        return True
    shown = listed if known.address.id == one.address.id else parts.channel.list_sent(known.address)
    return any(entry.provider_id == known.provider_id for entry in shown)


def adopt(parts: Parts, one: Unknown, entry: Listed) -> bool:
    now = parts.now()
    with parts.database.write() as uow:
        found = uow.unknown.found(one, entry.provider_id, entry.status or MessageStatus.SENT, now)
        if found:
            tell_journey(uow, one.message, now, skipped=None)
        uow.commit()
    if found:
        log.info(
            "an unknown message was found in the carrier's list",
            extra={"action": "message_found", "message_id": str(one.message.id)},
        )
        parts.metrics.unknown_settled("found")
        ring(parts, one)
    return found


def give_up(parts: Parts, one: Unknown) -> bool:
    """It is not there: a reply is said again, once; all else is set aside for an operator."""
    message = one.message
    is_reply = message.purpose in SAID_AGAIN and message.author is not Author.JOURNEY
    now = parts.now()
    with parts.database.write() as uow:
        if is_reply and not one.is_resent:
            settled, how = uow.unknown.say_again(one), "said_again"
        else:
            settled, how = uow.unknown.park(one, LOST), "parked"
            if settled:
                tell_journey(uow, message, now, skipped=LOST)
        uow.commit()
    if settled:
        level = logging.ERROR if how == "parked" else logging.WARNING
        log.log(
            level,
            "a message of unknown fate was %s",
            how.replace("_", " "),
            extra={"action": f"message_{how}", "message_id": str(message.id)},
        )
        parts.metrics.unknown_settled(how)
        ring(parts, one)
    return settled


def put_off(parts: Parts, one: Unknown) -> None:
    """This look said nothing. Never guess: it stays unknown, and after a while somebody is called."""
    with parts.database.write() as uow:
        uow.unknown.look_later(one, parts.settings.look_seconds)
        uow.commit()
    if datetime.now(one.claimed_at.tzinfo) - one.claimed_at > ALARM_AFTER:
        log.error(
            "the fate of a message cannot be found out: the carrier's list does not answer, or lags",
            extra={"action": "message_undecidable", "message_id": str(one.message.id)},
        )


def ring(parts: Parts, one: Unknown) -> None:
    parts.bell.ring_sender(one.message.customer_id)
    if one.message.enrollment_id is not None:
        parts.bell.ring_turns(one.message.customer_id)
