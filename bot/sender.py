"""The only place that sends: claim -> policy -> plan -> send -> record.

No transaction is open while the carrier is called. One message in flight per recipient, in order.
"""

import logging
import os
import socket
import threading
from dataclasses import dataclass

from bot.channels.base import Fate, SendFault
from bot.one_at_a_time import OneAtATime
from bot.parts import Parts
from context_store.records import (
    Consent,
    ConsentStatus,
    CustomerId,
    MessageStatus,
    OutgoingClaim,
    Topic,
)
from context_store.unit_of_work import UnitOfWork
from flows.planner import plan
from flows.policy import Recipient, Verdict, decide

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
        if uow.outgoing.next_in_lane(customer_id) is None:
            return None
    with parts.database.write() as uow:
        found = uow.outgoing.next_in_lane(customer_id)
        if found is None:
            return None
        message, address = found
        recipient = Recipient(address=address, consents=uow.consents.current(customer_id))
        decision = decide(recipient, message, parts.now())
        if decision.verdict is not Verdict.SEND:
            uow.outgoing.settle(message.id, MessageStatus.SKIPPED, reason=decision.reason)
            uow.commit()
            log.info("message skipped", extra={"action": "message_skipped", "message_id": str(message.id)})
            return Skipped()
        claim = uow.outgoing.claim(message, address, owner, parts.settings.lease_seconds)
        uow.commit()
    return claim or Skipped()


def deliver(parts: Parts, claim: OutgoingClaim) -> None:
    """Hand the claimed message to the carrier and record what became of it."""
    try:
        provider_id = parts.channel.send(claim.message.id, claim.address, plan(claim.message))
    except SendFault as fault:
        with parts.database.write() as uow:
            record_fault(parts, uow, claim, fault)
            uow.commit()
        log.warning(
            "message not sent: %s",
            fault.reason,
            extra={"action": "send_fault", "fate": fault.fate.value, "message_id": str(claim.message.id)},
        )
        return
    with parts.database.write() as uow:
        uow.outgoing.mark_accepted(claim, provider_id)
        uow.commit()
    log.info("message sent", extra={"action": "message_sent", "message_id": str(claim.message.id)})


def record_fault(parts: Parts, uow: UnitOfWork, claim: OutgoingClaim, fault: SendFault) -> None:
    if fault.fate is Fate.UNKNOWN:
        uow.outgoing.mark_unknown(claim, fault.reason, parts.settings.lane_wait_seconds)
    elif fault.fate is Fate.RETRYABLE and claim.attempt < MOST_ATTEMPTS:
        wait = fault.retry_after or FIRST_RETRY_SECONDS * 2 ** (claim.attempt - 1)
        uow.outgoing.put_off(claim, fault.reason, wait)
    else:
        uow.outgoing.mark_failed(claim, fault.reason)
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
