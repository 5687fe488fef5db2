"""The sender's side of messages: claims with a lease, results with a fence, states that only rise."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from context_store.consents import consents
from context_store.lanes import (
    ADDRESS,
    BULK,
    IS_HELD,
    IS_JOINED,
    IS_OPEN,
    MESSAGE,
    NEXT_IN_LANE,
    OPEN,
    SWEEP,
    Head,
    is_in,
    messages,
)
from context_store.models.base import DatabaseTime, UtcDateTime
from context_store.notices import Notices
from context_store.records import (
    Address,
    CustomerId,
    Direction,
    EnrollmentId,
    Message,
    MessageId,
    MessageStatus,
    OutgoingClaim,
)
from context_store.rows import changed_rows, to_record
from context_store.switches import IS_ON_HOLD

# What is queued (again) is not with the provider: a failure that is told of it is an earlier try's.
ENDED_BY_FAILURE = (
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.SENT,
    MessageStatus.PARKED,
)
# A later word of the provider replaces an earlier one, never the other way round. `delivered` and `read`
# beat `undelivered`; nothing else leaves a final state.
REPLACEABLE: dict[MessageStatus, tuple[MessageStatus, ...]] = {
    MessageStatus.SENT: (*OPEN, MessageStatus.PARKED),
    MessageStatus.DELIVERED: (*OPEN, MessageStatus.SENT, MessageStatus.UNDELIVERED, MessageStatus.PARKED),
    MessageStatus.READ: (
        *OPEN,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
        MessageStatus.PARKED,
    ),
    MessageStatus.UNDELIVERED: ENDED_BY_FAILURE,
    MessageStatus.FAILED: ENDED_BY_FAILURE,
    MessageStatus.CANCELED: ENDED_BY_FAILURE,
}


# It reached them, whichever try that was.
SEEN = (MessageStatus.DELIVERED, MessageStatus.READ)


def _is_about_this_try(status: MessageStatus, provider_id: str) -> Any:
    if status in SEEN:
        return true()
    ours, dead = messages.c.provider_id, messages.c.dead_provider_id
    return and_(or_(dead.is_(None), dead != provider_id), or_(ours.is_(None), ours == provider_id))


CLAIM = (
    update(messages)
    .where(messages.c.id == bindparam("message"), messages.c.status == MessageStatus.QUEUED, ~IS_ON_HOLD)
    .values(
        status=MessageStatus.SENDING,
        owner=bindparam("new_owner"),
        attempt=messages.c.attempt + 1,
        claimed_at=DatabaseTime(),
        lease_until=DatabaseTime(bindparam("lease", type_=Float)),
    )
    .returning(messages.c.attempt)
)
# In the same breath as the claim: they said nothing, ever, of what we may send.
CLAIM_WITHOUT_CONSENTS = CLAIM.where(
    ~exists().where(consents.c.customer_id == messages.c.customer_id), ~IS_JOINED
)
# The fence: a sender that was slow beyond its lease no longer owns the row.
IS_STILL_OURS = and_(
    messages.c.id == bindparam("message"),
    messages.c.status.in_((MessageStatus.SENDING, MessageStatus.UNKNOWN)),
    messages.c.owner == bindparam("claimed_by"),
    messages.c.attempt == bindparam("claimed_as"),
)
ACCEPT = (
    update(messages)
    .where(IS_STILL_OURS)
    .values(
        status=MessageStatus.SENT,
        provider_id=bindparam("new_provider_id"),
        reason=None,
        sent_at=bindparam("now"),
    )
)
# To lose it in a power cut costs a look at the carrier's list; waiting for the disk costs every message.
ACCEPT_WITHOUT_WAITING = ACCEPT.where(func.set_config("synchronous_commit", "off", True) == "off")


LOCK = select(*MESSAGE).where(messages.c.id == bindparam("message")).with_for_update(key_share=True)
# Asked every second by every clock.
ANY_HELD_DUE = select(messages.c.position).where(IS_HELD, messages.c.held_until <= bindparam("now")).limit(1)
ANY_LEASE_OVERDUE = (
    select(messages.c.position)
    .where(IS_OPEN, is_in(MessageStatus.SENDING), messages.c.lease_until <= DatabaseTime())
    .limit(1)
)
WAITING_REPLY = (
    select(messages.c.position)
    .where(
        IS_OPEN,
        is_in(MessageStatus.QUEUED),
        ~messages.c.is_bulk,
        messages.c.not_before.is_(None),
        messages.c.stored_at <= DatabaseTime(bindparam("seconds", type_=Float)),
    )
    .limit(1)
)


class OutgoingMessages:
    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

    def next_in_lane(self, customer_id: CustomerId) -> Head | None:
        """The oldest message that may go out now: the head of its recipient's lane, not put off."""
        row = self._connection.execute(NEXT_IN_LANE, {"customer": customer_id}).one_or_none()
        if row is None:
            return None
        message = {column.name: value for column, value in zip(MESSAGE, row, strict=False)}
        address = {column.name: value for column, value in zip(ADDRESS, row[len(MESSAGE) :], strict=False)}
        return Head(
            message=Message(**message),
            address=Address(**address),
            has_consents=row.has_consents,
            is_joined=row.is_joined,
            has_more=row.has_more,
        )

    def claim(
        self,
        message: Message,
        address: Address,
        owner: str,
        lease_seconds: float,
        *,
        unless_consents: bool = False,
    ) -> OutgoingClaim | None:
        """Take it for sending. None when another sender was quicker, or everything is on hold.

        With `unless_consents` also when they have a line in the ledger: then the policy is to be asked.
        """
        values = {"message": message.id, "new_owner": owner, "lease": lease_seconds}
        statement = CLAIM_WITHOUT_CONSENTS if unless_consents else CLAIM
        row = self._connection.execute(statement, values).one_or_none()
        if row is None:
            return None
        return OutgoingClaim(message=message, address=address, owner=owner, attempt=row.attempt)

    def settle(self, message_id: MessageId, status: MessageStatus, *, reason: str | None = None) -> bool:
        """Close a message that was never claimed: skipped, expired, parked. False when it moved meanwhile."""
        statement = (
            update(messages)
            .where(messages.c.id == message_id, messages.c.status == MessageStatus.QUEUED)
            .values(status=status, reason=reason)
        )
        return self._told(message_id, self._changed(statement))

    def hold(self, message_id: MessageId, until: datetime, reason: str | None) -> bool:
        """Out of the lane until then; business time."""
        return self._changed(
            update(messages)
            .where(messages.c.id == message_id, messages.c.status == MessageStatus.QUEUED)
            .values(status=MessageStatus.HELD, held_until=until, reason=reason)
        )

    def release_held(self, now: datetime, limit: int = 200) -> list[CustomerId]:
        """Held messages whose time has come are queued again, to be decided on anew."""
        due = (
            select(messages.c.position)
            .where(IS_HELD, messages.c.held_until <= now)
            .order_by(messages.c.held_until)
            .limit(limit)
        )
        rows = self._connection.execute(
            update(messages)
            .where(messages.c.position.in_(due), IS_HELD)
            .values(status=MessageStatus.QUEUED, held_until=None, reason=None)
            .returning(messages.c.customer_id)
        )
        return list(dict.fromkeys(CustomerId(row.customer_id) for row in rows))

    def is_any_held_due(self, now: datetime) -> bool:
        return self._connection.execute(ANY_HELD_DUE, {"now": now}).first() is not None

    def take_back(self, enrollment_id: EnrollmentId, reason: str) -> int:
        """The unsent messages of a journey run that was left."""
        return self._take_back(messages.c.enrollment_id == enrollment_id, reason)

    def withdraw(self, dedupe_keys: Sequence[str], reason: str) -> int:
        """The unsent messages of these names: what they say is not so any more."""
        return self._take_back(messages.c.dedupe_key.in_(dedupe_keys), reason)

    def _take_back(self, whose: ColumnElement[bool], reason: str) -> int:
        rows = self._connection.execute(
            update(messages)
            .where(whose, messages.c.status.in_((MessageStatus.QUEUED, MessageStatus.HELD)))
            .values(status=MessageStatus.SKIPPED, reason=reason[:200])
            .returning(messages.c.id)
        ).all()
        self._notices.tell_statuses([row.id for row in rows])
        return len(rows)

    def mark_accepted(
        self, claim: OutgoingClaim, provider_id: str, now: datetime, *, is_hasty: bool = False
    ) -> bool:
        """The provider took it. A callback may have said so before: then only the id is filled in.

        A hasty one is for a statement that is its own transaction.
        """
        values = {
            "message": claim.message.id,
            "claimed_by": claim.owner,
            "claimed_as": claim.attempt,
            "new_provider_id": provider_id,
            "now": now,
        }
        is_postgresql = self._connection.dialect.name == "postgresql"
        statement = ACCEPT_WITHOUT_WAITING if is_hasty and is_postgresql else ACCEPT
        if changed_rows(self._connection, statement, values) == 1:
            return self._told(claim.message.id, True)
        return self._changed(
            update(messages)
            .where(messages.c.id == claim.message.id, messages.c.provider_id.is_(None))
            .values(provider_id=provider_id, sent_at=now)
        )

    def mark_failed(self, claim: OutgoingClaim, reason: str) -> bool:
        return self._told(claim.message.id, self._finish(claim, status=MessageStatus.FAILED, reason=reason))

    def put_off(self, claim: OutgoingClaim, reason: str, seconds: float) -> bool:
        """It was certainly not sent: back to the head of its lane, to be tried again in `seconds`."""
        return self._finish(
            claim,
            status=MessageStatus.QUEUED,
            reason=reason,
            owner=None,
            not_before=DatabaseTime(seconds),
            lease_until=None,
        )

    def mark_unknown(self, claim: OutgoingClaim, reason: str, lane_waits: float) -> bool:
        """Nobody can say whether it went out. Its lane waits that many seconds for a callback."""
        is_ours = self._finish(
            claim,
            status=MessageStatus.UNKNOWN,
            reason=reason,
            lease_until=DatabaseTime(lane_waits),
            look_at=DatabaseTime(lane_waits),
        )
        return self._told(claim.message.id, is_ours)

    def report(
        self,
        message_id: MessageId,
        status: MessageStatus,
        provider_id: str,
        reason: str | None,
        now: datetime,
    ) -> bool:
        """What the provider's callback says. True when it changed something."""
        has_failed = status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED)
        values: dict[str, Any] = {
            "status": status,
            "provider_id": provider_id,
            "reason": reason if has_failed else None,
            # It went out, though we may never have heard it accepted.
            "sent_at": func.coalesce(messages.c.sent_at, literal(now, UtcDateTime())),
        }
        statement = (
            update(messages)
            .where(
                messages.c.id == message_id,
                messages.c.direction == Direction.OUT,
                messages.c.status.in_(REPLACEABLE.get(status, ())),
                _is_about_this_try(status, provider_id),
            )
            .values(values)
        )
        return self._told(message_id, self._changed(statement))

    def lock(self, message_id: MessageId) -> Message | None:
        """As it is now, until this transaction ends: what follows from its state follows once."""
        return to_record(Message, self._connection.execute(LOCK, {"message": message_id}).one_or_none())

    def queue_again(self, message_id: MessageId, seconds: float) -> bool:
        """The provider said for certain that it will not arrive: another try, by the same message."""
        return self._changed(
            update(messages)
            .where(messages.c.id == message_id, messages.c.status == MessageStatus.FAILED)
            .values(
                status=MessageStatus.QUEUED,
                dead_provider_id=messages.c.provider_id,
                provider_id=None,
                owner=None,
                lease_until=None,
                not_before=DatabaseTime(seconds),
            )
        )

    def attempts(self, message_id: MessageId) -> int:
        query = select(messages.c.attempt).where(messages.c.id == message_id)
        return self._connection.execute(query).scalar_one_or_none() or 0

    def has_overdue_leases(self) -> bool:
        """Is there a send whose lease ran out? Cheap, and takes no lock."""
        return self._connection.execute(ANY_LEASE_OVERDUE).first() is not None

    def overdue_leases(self, lane_waits: float) -> int:
        """Messages whose sender vanished in the act become unknown. Returns how many."""
        rows = self._connection.execute(
            update(messages)
            .where(IS_OPEN, is_in(MessageStatus.SENDING), messages.c.lease_until <= DatabaseTime())
            .values(
                status=MessageStatus.UNKNOWN,
                reason="the sender stopped before it could say what happened",
                lease_until=DatabaseTime(lane_waits),
                look_at=DatabaseTime(lane_waits),
            )
            .returning(messages.c.id)
        ).all()
        self._notices.tell_statuses([row.id for row in rows])
        return len(rows)

    def sweep(self, limit: int = 500) -> list[CustomerId]:
        """Customers with a message that could go out and that no bell brought to a sender; bulk apart."""
        rows = self._connection.execute(SWEEP, {"most": limit})
        return list(dict.fromkeys(row.customer_id for row in rows))

    def has_waiting_reply(self, seconds: float) -> bool:
        """Has anything but bulk waited to go out for so long?"""
        return self._connection.execute(WAITING_REPLY, {"seconds": -seconds}).first() is not None

    def bulk(self, limit: int) -> list[CustomerId]:
        """Customers whose part of a journey or broadcast could go out, the longest waiting first."""
        rows = self._connection.execute(BULK, {"most": limit})
        return list(dict.fromkeys(row.customer_id for row in rows))

    def _finish(self, claim: OutgoingClaim, **values: Any) -> bool:
        whose = {"message": claim.message.id, "claimed_by": claim.owner, "claimed_as": claim.attempt}
        return (
            changed_rows(self._connection, update(messages).where(IS_STILL_OURS).values(values), whose) == 1
        )

    def _told(self, message_id: MessageId, is_changed: bool) -> bool:
        """Other systems hear of its new state, where there is one."""
        if is_changed:
            self._notices.tell_statuses([message_id])
        return is_changed

    def _changed(self, statement: Update) -> bool:
        return changed_rows(self._connection, statement) == 1
