"""The only place that sends: claim -> policy -> plan -> send -> record.

No transaction is open while the carrier is called. One message in flight per recipient, in order.
"""

import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Fate, SendFault
from bot.contents import content_sid
from bot.one_at_a_time import OneAtATime
from bot.parts import Parts
from context_store.records import (
    Address,
    Author,
    Consent,
    ConsentStatus,
    Controller,
    CustomerId,
    Decision,
    InputKind,
    Message,
    MessageStatus,
    OutgoingClaim,
    Topic,
    Verdict,
)
from context_store.unit_of_work import UnitOfWork
from flows.planner import plan
from flows.policy import UNASKED, WEEK, Recipient, decide

log = logging.getLogger("hilo.sender")

MOST_SENDS_IN_A_ROW = 50
MOST_ATTEMPTS = 6
FIRST_RETRY_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """The policy said no; the lane goes on with the next."""


class Sender:
    """Sends what waits for a customer; threads may call it for the same customer at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._one_at_a_time = OneAtATime()
        self._process = f"{socket.gethostname()[:40]}:{os.getpid()}"

    def send_waiting(self, customer_id: CustomerId) -> None:
        owner = f"{self._process}:{threading.get_ident()}"
        self._one_at_a_time.run(customer_id, lambda: send_waiting(self._parts, customer_id, owner))


def send_waiting(parts: Parts, customer_id: CustomerId, owner: str) -> None:
    """Send the customer's messages until nothing may go out now."""
    for _ in range(MOST_SENDS_IN_A_ROW):
        claim = claim_next(parts, customer_id, owner)
        if claim is None:
            return
        if isinstance(claim, OutgoingClaim):
            deliver(parts, claim)


def claim_next(parts: Parts, customer_id: CustomerId, owner: str) -> OutgoingClaim | Skipped | None:
    """Take the head of a lane, if the policy lets it go. None when nothing can go out now."""
    with parts.database.read() as uow:
        # A look without the writer's lock: most rings find nothing to do.
        found = uow.outgoing.next_in_lane(customer_id)
    if found is None:
        return None
    message, address = found
    now = parts.now()
    with parts.database.write() as uow:
        decision = decide(recipient_of(uow, message, address, now), message, parts.limits, now)
        if message.purpose in UNASKED or decision.verdict is not Verdict.SEND:
            uow.decisions.add(decision)
        if decision.verdict is not Verdict.SEND:
            keep_back(uow, message, decision, now)
            uow.commit()
            has_ended = decision.verdict is Verdict.SKIP and message.enrollment_id is not None
            if has_ended:
                parts.bell.ring_turns(customer_id)
            if decision.verdict is Verdict.SKIP:
                parts.metrics.message_skipped(decision.strictest.rule)
            return Skipped()
        claim = uow.outgoing.claim(message, address, owner, parts.settings.lease_seconds)
        uow.commit()
    return claim or Skipped()


def recipient_of(uow: UnitOfWork, message: Message, address: Address, now: datetime) -> Recipient:
    """What the rules ask about. A plain reply is asked little about, and costs one query."""
    consents = uow.consents.current(message.customer_id)
    if message.purpose not in UNASKED:
        return Recipient(address=address, consents=consents)
    customer = uow.customers.get(message.customer_id)
    conversation = uow.conversations.get(message.customer_id)
    newest = uow.messages.newest_inbound(message.customer_id)
    return Recipient(
        address=address,
        consents=consents,
        timezone=customer.timezone if customer else None,
        country=customer.country if customer else None,
        controller=conversation.controller if conversation else Controller.BOT,
        last_inbound_at=newest.created_at if newest else None,
        unasked_at=uow.messages.unasked_since(message.customer_id, now - WEEK),
        run=uow.enrollments.get(message.enrollment_id) if message.enrollment_id else None,
        has_waiting_inputs=bool(uow.inputs.waiting(message.customer_id, limit=1)),
    )


def keep_back(uow: UnitOfWork, message: Message, decision: Decision, now: datetime) -> None:
    """Hold it until the rules may have let go, or drop it for good; its journey is told."""
    reason = decision.strictest.reason
    if decision.verdict is Verdict.HOLD and decision.until is not None:
        uow.outgoing.hold(message.id, decision.until, reason)
    else:
        uow.outgoing.settle(message.id, MessageStatus.SKIPPED, reason=reason)
        tell_journey(uow, message, now, skipped=reason)
    log.info(
        "message kept back: %s",
        decision.strictest.rule,
        extra={"action": f"message_{decision.verdict.value}", "message_id": str(message.id)},
    )


def tell_journey(uow: UnitOfWork, message: Message, now: datetime, *, skipped: str | None) -> None:
    """Its message went out, or never will: the run goes on from there, in its own turn."""
    if message.enrollment_id is not None:
        payload = {
            "command": "journey_step_done",
            "enrollment_id": str(message.enrollment_id),
            "skipped": skipped,
        }
        uow.inputs.add(message.customer_id, InputKind.COMMAND, now=now, payload=payload)


def deliver(parts: Parts, claim: OutgoingClaim) -> None:
    """Hand the claimed message to the carrier and record what became of it."""
    message = claim.message
    try:
        form = plan(message, claim.address, parts.runner.texts, language_of(parts, message), parts.now())
        sid = content_sid(parts, form)
        started = time.perf_counter()
        provider_id = parts.channel.send(message.id, claim.address, form, sid)
    except SendFault as fault:
        parts.metrics.message_not_sent(fault.fate.value)
        with parts.database.write() as uow:
            record_fault(parts, uow, claim, fault)
            uow.commit()
        log.warning(
            "message not sent: %s",
            fault.reason,
            extra={"action": "send_fault", "fate": fault.fate.value, "message_id": str(message.id)},
        )
        return
    now = parts.now()
    parts.metrics.message_sent(message, time.perf_counter() - started)
    with parts.database.write() as uow:
        uow.outgoing.mark_accepted(claim, provider_id, now)
        tell_journey(uow, message, now, skipped=None)
        if message.options and message.author is not Author.BOT:
            # A turn keeps what it offers itself; this was said outside of one.
            uow.conversations.offer(message.customer_id, message.options)
        uow.commit()
    if message.enrollment_id is not None:
        parts.bell.ring_turns(message.customer_id)
    log.info("message sent", extra={"action": "message_sent", "message_id": str(message.id)})


def language_of(parts: Parts, message: Message) -> str:
    """The language that buttons are labelled in, asked for only where there are any."""
    if not message.options:
        return parts.settings.default_language
    with parts.database.read() as uow:
        customer = uow.customers.get(message.customer_id)
    return (customer.language if customer else None) or parts.settings.default_language


def record_fault(parts: Parts, uow: UnitOfWork, claim: OutgoingClaim, fault: SendFault) -> None:
    if fault.fate is Fate.UNKNOWN:
        uow.outgoing.mark_unknown(claim, fault.reason, parts.settings.lane_wait_seconds)
    elif fault.fate is Fate.RETRYABLE and claim.attempt < MOST_ATTEMPTS:
        wait = fault.retry_after or FIRST_RETRY_SECONDS * 2 ** (claim.attempt - 1)
        uow.outgoing.put_off(claim, fault.reason, wait)
    else:
        uow.outgoing.mark_failed(claim, fault.reason)
        tell_journey(uow, claim.message, parts.now(), skipped=fault.reason)
        learn(parts, uow, claim, fault)


def learn(parts: Parts, uow: UnitOfWork, claim: OutgoingClaim, fault: SendFault) -> None:
    """What a refusal says of the recipient holds for every later message too."""
    if fault.fate is Fate.UNREACHABLE:
        uow.customers.mark_unreachable(claim.address.id, fault.reason)
    elif fault.fate is Fate.OPTED_OUT:
        uow.consents.add(
            Consent(
                customer_id=claim.message.customer_id,
                channel=claim.message.channel,
                topic=Topic.ALL,
                status=ConsentStatus.OPTED_OUT,
                method="carrier",
                wording=fault.reason,
                proof=str(claim.message.id),
                created_at=parts.now(),
            )
        )
