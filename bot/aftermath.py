"""What follows when a message has failed, or when its fate is learnt late. Writes; commits nothing.

The sender comes here with the carrier's answer, the webhook with its callback, the reconciler with its list.
"""

import logging
from datetime import datetime, timedelta

from bot.breaker import LONGEST_PAUSE
from bot.channels.base import Fate, SendFault, StatusReport
from bot.commands_in_turn import STEP_DONE
from bot.fallback import fall_back
from bot.parts import Parts
from context_store.records import (
    Address,
    Consent,
    ConsentStatus,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    Topic,
)
from context_store.unit_of_work import UnitOfWork
from flows.planner import WINDOW

log = logging.getLogger("hilo.sender")

MOST_ATTEMPTS = 6
LONGEST_WAIT = timedelta(hours=24).total_seconds()


def wait_before(attempt: int, fault: SendFault) -> float:
    """Seconds until the next try, doubled with each."""
    first = fault.retry_after if fault.retry_after is not None else 1.0
    longest = LONGEST_PAUSE if is_accounts(fault) else LONGEST_WAIT
    return float(min(first * 2 ** min(max(attempt, 1) - 1, MOST_ATTEMPTS), longest))


def may_try_again(attempt: int, fault: SendFault) -> bool:
    """What is the account's trouble is no try of this message: it waits until that is over."""
    return fault.fate.may_try_again and (is_accounts(fault) or attempt < MOST_ATTEMPTS)


def is_accounts(fault: SendFault) -> bool:
    return fault.is_of_account or fault.fate is Fate.MISCONFIGURED


def after_failure(
    parts: Parts, uow: UnitOfWork, message: Message, fault: SendFault, *, was_accepted: bool
) -> None:
    """It has failed for good: learn from it, say it elsewhere if that may be, else tell its journey."""
    now = parts.now()
    address = uow.customers.address(message.address_id) if message.address_id else None
    if address is not None:
        learn(uow, message, address, fault, now)
        if fault.may_fall_back and fall_back(parts, uow, message, address, now):
            log.info(
                "it goes by SMS instead",
                extra={"action": "message_falls_back", "message_id": str(message.id)},
            )
            return
    if not was_accepted:
        tell_journey(uow, message, now, skipped=fault.reason)


def learn(uow: UnitOfWork, message: Message, address: Address, fault: SendFault, now: datetime) -> None:
    """What a refusal says of the recipient holds for every later message too."""
    if fault.fate is Fate.UNREACHABLE:
        uow.customers.mark_unreachable(address.id, fault.reason)
    elif fault.fate is Fate.WINDOW_CLOSED:
        uow.customers.close_window(address.id, now - WINDOW)
    elif fault.fate is Fate.OPTED_OUT:
        uow.consents.add(
            Consent(
                customer_id=message.customer_id,
                channel=message.channel,
                topic=Topic.ALL,
                status=ConsentStatus.OPTED_OUT,
                method="carrier",
                wording=fault.reason,
                proof=str(message.id),
                created_at=now,
            )
        )


def tell_journey(uow: UnitOfWork, message: Message, now: datetime, *, skipped: str | None) -> bool:
    """Its message went out, or never will: the run goes on from there, in its own turn.

    A second try on another channel speaks for the first, unless the carrier had taken that one.
    """
    if message.enrollment_id is None:
        return False
    if message.fallback_of is not None:
        first = uow.messages.get(message.fallback_of)
        if first is not None and first.sent_at is not None:
            return False
    payload = {
        "command": STEP_DONE,
        "enrollment_id": str(message.enrollment_id),
        "skipped": skipped,
    }
    uow.inputs.add(message.customer_id, InputKind.COMMAND, now=now, payload=payload)
    return True


def report_status(parts: Parts, message_id: MessageId, report: StatusReport) -> None:
    """Write down what the carrier's callback says: late, twice, in any order. States only rise."""
    if report.status is None:
        return
    with parts.database.write() as uow:
        before = uow.outgoing.lock(message_id)
        if before is None:
            return
        reason = report.fault.reason if report.fault else None
        now = parts.now()
        is_new_id = before.provider_id != report.provider_id
        if is_new_id and uow.unknown.owned(before.channel, [report.provider_id]):
            # Of another message: taken for this one's, it would hide what became of it.
            log.error(
                "a callback gives one message the id of another",
                extra={"action": "status_confused", "message_id": str(message_id)},
            )
            return
        changed = uow.outgoing.report(message_id, report.status, report.provider_id, reason, now)
        if changed:
            _follow(parts, uow, before, report)
        uow.commit()
    log.info(
        "status %s",
        report.status.value,
        extra={"action": "status_reported", "message_id": str(message_id), "changed": changed},
    )
    if not changed:
        return
    if report.fault is not None and report.fault.is_alarming:
        alarm(before, report.fault)
    # A lane that waited for this very callback can go on.
    parts.bell.ring_sender(before.customer_id)
    if before.enrollment_id is not None:
        parts.bell.ring_turns(before.customer_id)


def _follow(parts: Parts, uow: UnitOfWork, before: Message, report: StatusReport) -> None:
    was_unknown = before.status is MessageStatus.UNKNOWN
    if report.fault is None:
        if was_unknown:
            tell_journey(uow, before, parts.now(), skipped=None)
        return
    attempt = uow.outgoing.attempts(before.id)
    # `undelivered` may still be followed by a `delivered`: only what surely failed is tried again.
    is_certain = report.status is MessageStatus.FAILED
    if is_certain and may_go_again(before, attempt, report.fault):
        if report.fault.fate is Fate.WINDOW_CLOSED and before.address_id is not None:
            uow.customers.close_window(before.address_id, parts.now() - WINDOW)
        uow.outgoing.queue_again(before.id, wait_before(attempt, report.fault))
    else:
        after_failure(parts, uow, before, report.fault, was_accepted=not was_unknown)


def may_go_again(message: Message, attempt: int, fault: SendFault) -> bool:
    """By the same message: later, or now as the template that it should have been."""
    if fault.fate is Fate.WINDOW_CLOSED:
        return message.template is not None and attempt < MOST_ATTEMPTS
    return fault.fate is Fate.RETRYABLE and attempt < MOST_ATTEMPTS


def alarm(message: Message, fault: SendFault) -> None:
    """Somebody has to look after it."""
    log.error(
        "the carrier refused a message: %s",
        fault.reason,
        extra={"action": "send_alarm", "message_id": str(message.id)},
    )
