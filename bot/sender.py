"""The only place that sends: claim -> policy -> plan -> send -> record.

No transaction is open while the carrier is called. One message in flight per recipient, in order.
"""

import logging
import os
import socket
import threading
import time
from dataclasses import replace
from datetime import datetime
from enum import Enum

from bot import surveying
from bot.aftermath import after_failure, alarm, may_try_again, tell_journey, wait_before
from bot.channels.base import Fate, SendFault
from bot.contents import content_sid
from bot.one_at_a_time import OneAtATime
from bot.parts import Parts
from context_store.lanes import Head
from context_store.records import (
    Address,
    Author,
    Controller,
    CustomerId,
    Decision,
    Message,
    MessageStatus,
    NoticeKind,
    OutgoingClaim,
    Purpose,
    Verdict,
)
from context_store.unit_of_work import UnitOfWork
from flows.costs import Prices, cost_of
from flows.planner import plan
from flows.policy import PLANNED, WEEK, Recipient, day_of, decide

log = logging.getLogger("hilo.sender")

MOST_SENDS_IN_A_ROW = 50
# A reply that the rate held back is rung for again; the tokens come anew each second.
RATE_PAUSE_SECONDS = 0.2
# Nearer to the day's cap than so many messages, senders go one after the other.
MOST_UNDER_WAY = 100


class Went(Enum):
    """How one look at a customer's lanes ended."""

    ON = "on to the next"
    NOTHING = "nothing may go out"
    DENIED = "nothing of anybody's may go out now"


class Sender:
    """Sends what waits for a customer; threads may call it for the same customer at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._one_at_a_time = OneAtATime()
        self._process = f"{socket.gethostname()[:40]}:{os.getpid()}"

    def send_waiting(self, customer_id: CustomerId) -> None:
        self.send_bulk(customer_id)

    def send_bulk(self, customer_id: CustomerId) -> bool:
        """The same; False when nothing may go out now, whoever it is for."""
        owner = f"{self._process}:{threading.get_ident()}"
        ends: list[Went] = []
        self._one_at_a_time.run(
            customer_id, lambda: ends.append(send_waiting(self._parts, customer_id, owner))
        )
        return Went.DENIED not in ends


def send_waiting(parts: Parts, customer_id: CustomerId, owner: str) -> Went:
    """Send the customer's messages until nothing may go out now."""
    for _ in range(MOST_SENDS_IN_A_ROW):
        went = send_next(parts, customer_id, owner)
        if went is not Went.ON:
            return went
    return Went.NOTHING


def send_next(parts: Parts, customer_id: CustomerId, owner: str) -> Went:
    """The head of a lane: may it go, and off it goes."""
    with parts.database.read() as uow:
        # A look without the writer's lock: most rings find nothing to do.
        found = uow.outgoing.next_in_lane(customer_id)
    if found is None:
        return Went.NOTHING
    if not may_start(parts, found.message):
        return Went.DENIED
    claim = claim_plain_reply(parts, found, owner) or claim_or_keep_back(parts, found, owner)
    if isinstance(claim, Went):
        parts.breaker.give_back()
        return claim
    is_sent = deliver(parts, claim)
    # What failed may have queued the same words for another channel.
    return Went.ON if found.has_more or not is_sent else Went.NOTHING


def may_start(parts: Parts, message: Message) -> bool:
    """Does the carrier answer, and has the sender's number room this second? Before any transaction."""
    if not parts.breaker.allows():
        return False
    is_bulk = message.author is Author.JOURNEY
    if parts.rates.allows(message.channel, is_bulk=is_bulk):
        return True
    parts.breaker.give_back()
    if not is_bulk:
        parts.bell.ring_sender(message.customer_id, RATE_PAUSE_SECONDS)
    return False


def claim_plain_reply(parts: Parts, head: Head, owner: str) -> OutgoingClaim | None:
    """The quick way for most messages: a reply to somebody who never said a word about consent.

    The same rules are asked; it is the reading that is spared. None when it is not that simple.
    """
    message = head.message
    is_plain = message.purpose not in PLANNED and message.fallback_of is None
    if head.has_consents or head.is_joined or not is_plain or parts.limits.spend_cap is not None:
        return None
    decision = decide(Recipient(address=head.address, consents=()), message, parts.limits, parts.now())
    if decision.verdict is not Verdict.SEND:
        return None
    lease = parts.settings.lease_seconds
    with parts.database.alone() as uow:
        return uow.outgoing.claim(message, head.address, owner, lease, unless_consents=True)


def claim_or_keep_back(parts: Parts, head: Head, owner: str) -> OutgoingClaim | Went:
    """Take the message for sending, if the policy lets it go; else what is to be done next."""
    message, address = head.message, head.address
    now = parts.now()
    with parts.database.write() as uow:
        if not head.is_joined:
            uow.families.note_alone(message.customer_id)
        decision = decide(recipient_of(parts, uow, message, address, now), message, parts.limits, now)
        if message.purpose in PLANNED or decision.verdict is not Verdict.SEND:
            uow.decisions.add(decision)
        if decision.verdict is Verdict.SEND:
            claim = uow.outgoing.claim(message, address, owner, parts.settings.lease_seconds)
            if claim is not None and parts.limits.spend_cap is not None:
                uow.spending.add(day_of(now, parts.limits.default_timezone), cost_of(message, prices(parts)))
            uow.commit()
            # Another sender was quicker, or an operator holds everything: either way it is theirs to go on.
            return claim or Went.NOTHING
        is_told = keep_back(uow, message, decision, now)
        uow.commit()
    if is_told:
        parts.bell.ring_turns(message.customer_id)
    if decision.verdict is Verdict.SKIP:
        parts.metrics.message_skipped(decision.strictest.rule)
    return Went.ON


def prices(parts: Parts) -> Prices:
    settings = parts.settings
    return Prices(sms_segment=settings.sms_segment_price, whatsapp_message=settings.whatsapp_message_price)


def recipient_of(
    parts: Parts, uow: UnitOfWork, message: Message, address: Address, now: datetime
) -> Recipient:
    """What the rules ask about. A plain reply is asked little about, and costs one query."""
    consents = uow.consents.current(message.customer_id)
    first = uow.messages.get(message.fallback_of) if message.fallback_of else None
    plain = Recipient(
        address=address,
        consents=consents,
        spent=spent_today(parts, uow, message, now),
        first_try=first.status if first else None,
    )
    return with_history(uow, plain, message, now) if message.purpose in PLANNED else plain


def spent_today(parts: Parts, uow: UnitOfWork, message: Message, now: datetime) -> int:
    """Millionths; 0 where there is no cap."""
    cap = parts.limits.spend_cap
    if cap is None:
        return 0
    room = MOST_UNDER_WAY * cost_of(message, prices(parts))
    return uow.spending.on(day_of(now, parts.limits.default_timezone), exact_from=cap - room)


def with_history(uow: UnitOfWork, plain: Recipient, message: Message, now: datetime) -> Recipient:
    customer = uow.customers.person(message.customer_id)
    conversation = uow.conversations.get(message.customer_id)
    newest = uow.messages.newest_inbound(message.customer_id)
    return replace(
        plain,
        timezone=customer.timezone if customer else None,
        country=customer.country if customer else None,
        controller=conversation.controller if conversation else Controller.BOT,
        last_inbound_at=newest.created_at if newest else None,
        unasked_at=uow.messages.unasked_since(message.customer_id, now - WEEK),
        run=uow.enrollments.get(message.enrollment_id) if message.enrollment_id else None,
        has_waiting_inputs=bool(uow.inputs.waiting(uow.families.survivor(message.customer_id), limit=1)),
    )


def keep_back(uow: UnitOfWork, message: Message, decision: Decision, now: datetime) -> bool:
    """Hold it until the rules may have let go, or drop it for good. True when a journey was told."""
    reason = decision.strictest.reason
    is_told = False
    if decision.verdict is Verdict.HOLD and decision.until is not None:
        uow.outgoing.hold(message.id, decision.until, reason)
    else:
        uow.outgoing.settle(message.id, MessageStatus.SKIPPED, reason=reason)
        is_told = tell_journey(uow, message, now, skipped=reason)
    log.info(
        "message kept back: %s",
        decision.strictest.rule,
        extra={"action": f"message_{decision.verdict.value}", "message_id": str(message.id)},
    )
    return is_told


def deliver(parts: Parts, claim: OutgoingClaim) -> bool:
    """Hand the claimed message to the carrier and record what became of it. True when it was taken."""
    message = claim.message
    try:
        form = plan(message, claim.address, parts.runner.texts, language_of(parts, message), parts.now())
        sid = content_sid(parts, form)
        started = time.perf_counter()
        provider_id = parts.channel.send(message.id, claim.address, form, sid)
    except SendFault as fault:
        note_trouble(parts, fault)
        record_fault(parts, claim, fault)
        return False
    parts.breaker.succeeded()
    now = parts.now()
    parts.metrics.message_sent(message, time.perf_counter() - started)
    record_accepted(parts, claim, provider_id, now)
    log.info("message sent", extra={"action": "message_sent", "message_id": str(message.id)})
    return True


def record_accepted(parts: Parts, claim: OutgoingClaim, provider_id: str, now: datetime) -> None:
    message = claim.message
    # A turn keeps what it offers itself; this was said outside of one.
    is_survey = message.purpose is Purpose.SURVEY
    has_news = (bool(message.options) or is_survey) and message.author is not Author.BOT
    # Whoever is told of it is told in the same transaction.
    is_watched = NoticeKind.MESSAGE_STATUS in parts.database.wanted.kinds
    if not has_news and message.enrollment_id is None and not is_watched:
        with parts.database.alone(is_hasty=True) as uow:
            uow.outgoing.mark_accepted(claim, provider_id, now, is_hasty=True)
        return
    with parts.database.write() as uow:
        uow.outgoing.mark_accepted(claim, provider_id, now)
        is_told = tell_journey(uow, message, now, skipped=None)
        if has_news:
            asked = surveying.slots_after_asking(uow, replace(message, sent_at=now))
            uow.conversations.offer(message.customer_id, message.options, asked)
        uow.commit()
    if is_told:
        parts.bell.ring_turns(message.customer_id)


def language_of(parts: Parts, message: Message) -> str:
    """The language that buttons are labelled in, asked for only where there are any."""
    if not message.options:
        return parts.settings.default_language
    with parts.database.read() as uow:
        customer = uow.customers.get(message.customer_id)
    return (customer.language if customer else None) or parts.settings.default_language


def note_trouble(parts: Parts, fault: SendFault) -> None:
    """The account's trouble stops everything for a while; a recipient's shows that the carrier answers."""
    parts.metrics.message_not_sent(fault.fate.value)
    if not fault.is_of_account:
        parts.breaker.succeeded()
    elif fault.fate is Fate.RETRYABLE and fault.retry_after is not None:
        parts.breaker.rest(fault.retry_after)
    elif parts.breaker.failed():
        log.error("sending pauses, the carrier fails: %s", fault.reason, extra={"action": "breaker_opened"})


def record_fault(parts: Parts, claim: OutgoingClaim, fault: SendFault) -> None:
    message = claim.message
    with parts.database.write() as uow:
        if fault.fate is Fate.UNKNOWN:
            uow.outgoing.mark_unknown(claim, fault.reason, parts.settings.lane_wait_seconds)
        elif may_try_again(claim.attempt, fault):
            uow.outgoing.put_off(claim, fault.reason, wait_before(claim.attempt, fault))
        elif uow.outgoing.mark_failed(claim, fault.reason):
            after_failure(parts, uow, message, fault, was_accepted=False)
        uow.commit()
    if fault.is_alarming:
        alarm(message, fault)
    log.warning(
        "message not sent: %s",
        fault.reason,
        extra={"action": "send_fault", "fate": fault.fate.value, "message_id": str(message.id)},
    )
    if fault.fate not in (Fate.UNKNOWN, Fate.RETRYABLE) and message.enrollment_id is not None:
        parts.bell.ring_turns(message.customer_id)
