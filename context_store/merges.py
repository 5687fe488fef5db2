"""Two profiles become one person and two again. A pointer, never a copy: nothing that happened changes hands.

What a merge changes beside the pointer is work that waits, and who has the thread; it is kept with the
record of the merge, so that an un-merge puts it back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError

from context_store.families import Families
from context_store.identity_faults import CannotMerge, IdentityMoved
from context_store.identity_record import IdentityRecord
from context_store.inputs import Inputs
from context_store.joining import join_states, stronger, take_apart
from context_store.models.desk import HandoffRow
from context_store.models.people import AddressRow, CustomerRow
from context_store.models.shop import EventRow
from context_store.models.thread import ConversationRow, InputRow, MessageRow, TimerRow
from context_store.notices import Notices
from context_store.records import (
    OPEN_HANDOFF,
    AddressId,
    ConflictStatus,
    Controller,
    Conversation,
    ConversationState,
    CustomerId,
    CustomerStatus,
    HandoffStatus,
    IdentityChangeKind,
    InputKind,
    InputStatus,
    NoticeKind,
    TimerKind,
    TimerStatus,
    Why,
    new_id,
)
from context_store.rows import columns_of, table_of

customers = table_of(CustomerRow)
addresses = table_of(AddressRow)
conversations = table_of(ConversationRow)
inputs = table_of(InputRow)
timers = table_of(TimerRow)
handoffs = table_of(HandoffRow)
messages = table_of(MessageRow)
events = table_of(EventRow)

CONVERSATION = columns_of(Conversation, conversations)
_STATE: TypeAdapter[ConversationState] = TypeAdapter(ConversationState)
# What their carts are told from is not the same facts as before.
RETELL_CARTS = "retell_carts"
MERGE_NOTE = "joined with another request of the same person"


class Merges:
    def __init__(self, connection: Connection, notices: Notices, families: Families) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families
        self._inputs = Inputs(connection)
        self.record = IdentityRecord(connection)

    def merge(self, survivor_id: CustomerId, other_id: CustomerId, why: Why, now: datetime) -> bool:
        """Both are one person from now on, and `survivor_id`'s thread is theirs. False when they were before.

        Raises `CannotMerge`, and `IdentityMoved` when somebody else joins one of them at this moment.
        """
        kept, other = self._families.of(survivor_id), self._families.of(other_id)
        if kept[0] == other[0]:
            return False
        threads = self._lock(kept[0], other[0])
        if self._families.survivor(kept[0]) != kept[0] or self._families.survivor(other[0]) != other[0]:
            raise IdentityMoved
        self._refuse_if_erased((*kept, *other))
        self._point(other[0], kept[0], now)
        undo = self._join_threads(threads[kept[0]], threads[other[0]], now)
        self._move_waiting_inputs(other[0], kept[0])
        self.record.settle(kept, other, ConflictStatus.JOINED, why.actor, now)
        self._inputs.add(kept[0], InputKind.COMMAND, now=now, payload={"command": RETELL_CARTS})
        self.record.note(IdentityChangeKind.MERGED, kept[0], other[0], why, now, undo)
        self._families.forget()
        self._notices.add(NoticeKind.CUSTOMER_MERGED, kept[0], {"merged_id": str(other[0])})
        return True

    def unmerge(self, merged_id: CustomerId, why: Why, now: datetime) -> CustomerId | None:
        """Two people again, each with what came from their own addresses and shops, before and since.

        Whom they were joined to; None when they are not joined to anybody. Whoever was joined to
        `merged_id` before stays with it.
        """
        into = self._pointer_of(merged_id)
        if into is None:
            return None
        survivor_id = self._families.survivor(merged_id)
        threads = self._lock(survivor_id, merged_id, into)
        if self._pointer_of(merged_id) != into or self._families.survivor(merged_id) != survivor_id:
            raise IdentityMoved
        merge = self.record.last_merge(merged_id)
        self._connection.execute(
            update(customers)
            .where(customers.c.id == merged_id)
            .values(status=CustomerStatus.ACTIVE, merged_into=None, merged_at=None)
        )
        leaving = self._subtree(merged_id)
        self._regroup(merged_id, leaving)
        self._regroup(survivor_id, self._subtree(survivor_id))
        self._families.forget()
        undo = merge.undo if merge else {}
        for thread in {survivor_id: threads[survivor_id], into: threads[into]}.values():
            self._give_up_state(thread, undo)
        self._restore_form_timers(merged_id, undo, now)
        self._reopen(undo.get("handoff"))
        for thread in (threads[survivor_id], threads[merged_id]):
            self._set_holder(thread)
        self._give_back_inputs(survivor_id, merged_id, leaving)
        for one in (survivor_id, merged_id):
            self._inputs.add(one, InputKind.COMMAND, now=now, payload={"command": RETELL_CARTS})
        self.record.note(IdentityChangeKind.UNMERGED, survivor_id, merged_id, why, now)
        self._notices.add(NoticeKind.CUSTOMER_UNMERGED, survivor_id, {"merged_id": str(merged_id)})
        return survivor_id

    def _lock(self, *ids: CustomerId) -> dict[CustomerId, Conversation]:
        """In the order of their ids, whoever joins whom: two who do it at once never wait for one another."""
        try:
            rows = self._connection.execute(
                select(*CONVERSATION)
                .where(conversations.c.customer_id.in_(ids))
                .order_by(conversations.c.customer_id)
                .with_for_update(key_share=True)
            )
        except OperationalError as error:
            # Whoever joins several in one transaction may cross another who does.
            if type(error.orig).__name__ == "DeadlockDetected":
                raise IdentityMoved from error
            raise
        self._families.forget()
        return {CustomerId(row.customer_id): Conversation(**row._mapping) for row in rows}

    def _refuse_if_erased(self, ids: tuple[CustomerId, ...]) -> None:
        erased = select(customers.c.id).where(
            customers.c.id.in_(ids), customers.c.status == CustomerStatus.ERASED
        )
        if self._connection.execute(erased.limit(1)).first() is not None:
            raise CannotMerge("one of them was erased: there is nothing left to join")

    def _point(self, other: CustomerId, kept: CustomerId, now: datetime) -> None:
        self._connection.execute(
            update(customers)
            .where(customers.c.id == other)
            .values(status=CustomerStatus.MERGED, merged_into=kept, merged_at=now)
        )
        self._connection.execute(
            update(customers)
            .where(customers.c.id.in_((kept, other)) | (customers.c.survivor_id == other))
            .values(survivor_id=kept)
        )
        self._families.forget()

    def _pointer_of(self, customer_id: CustomerId) -> CustomerId | None:
        query = select(customers.c.merged_into).where(customers.c.id == customer_id)
        found = self._connection.execute(query).scalar_one_or_none()
        return CustomerId(found) if found else None

    def _subtree(self, top: CustomerId) -> list[CustomerId]:
        """All that point to it, and to those; itself first."""
        tree = select(customers.c.id).where(customers.c.id == top).cte(recursive=True)
        tree = tree.union_all(select(customers.c.id).where(customers.c.merged_into == tree.c.id))
        found = [CustomerId(row.id) for row in self._connection.execute(select(tree.c.id))]
        return [top, *(one for one in found if one != top)]

    def _regroup(self, top: CustomerId, ids: list[CustomerId]) -> None:
        survivor_id = top if len(ids) > 1 else None
        self._connection.execute(
            update(customers).where(customers.c.id.in_(ids)).values(survivor_id=survivor_id)
        )

    def _join_threads(self, kept: Conversation, other: Conversation, now: datetime) -> dict[str, Any]:
        """The survivor's thread takes in the other one's, whose row stays as it is for an un-merge."""
        joined = join_states(kept.state, other.state)
        holder = stronger(kept, other)
        undo: dict[str, Any] = {
            "before": _STATE.dump_python(kept.state, mode="json"),
            "after": _STATE.dump_python(joined, mode="json"),
            "timers": self._join_form_timers(kept, other),
            "handoff": self._join_handoffs(holder, now),
        }
        self._write(
            kept.customer_id,
            state=joined,
            controller=holder.controller,
            agent_id=holder.agent_id,
            controller_until=holder.controller_until,
            last_address_id=kept.last_address_id or other.last_address_id,
        )
        # Nobody has the other thread: no lease of it runs out.
        self._write(other.customer_id, controller=Controller.BOT, agent_id=None, controller_until=None)
        return undo

    def _write(self, customer_id: CustomerId, **values: Any) -> None:
        self._connection.execute(
            update(conversations)
            .where(conversations.c.customer_id == customer_id)
            .values(version=conversations.c.version + 1, **values)
        )

    def _join_form_timers(self, kept: Conversation, other: Conversation) -> list[dict[str, Any]]:
        """A form that goes on keeps its time, now as the survivor's; one that is set aside has none."""
        rows = self._waiting_form_timers(other.customer_id)
        self._cancel([row.id for row in rows])
        if kept.state.form is None:
            taken = {row.key for row in self._waiting_form_timers(kept.customer_id)}
            for row in rows:
                if row.key not in taken:
                    self._set_timer(kept.customer_id, row.key, row.due_at, row.payload)
        return [{"key": row.key, "due_at": row.due_at.isoformat(), "payload": row.payload} for row in rows]

    def _waiting_form_timers(self, customer_id: CustomerId) -> list[Any]:
        query = select(timers.c.id, timers.c.key, timers.c.due_at, timers.c.payload).where(
            timers.c.customer_id == customer_id,
            timers.c.status == TimerStatus.WAITING,
            timers.c.kind == TimerKind.FORM_TIMEOUT,
        )
        return list(self._connection.execute(query))

    def _cancel(self, ids: Sequence[UUID]) -> None:
        self._connection.execute(
            update(timers).where(timers.c.id.in_(ids)).values(status=TimerStatus.CANCELED)
        )

    def _set_timer(
        self, customer_id: CustomerId, key: str, due_at: datetime, payload: dict[str, Any]
    ) -> None:
        self._connection.execute(
            timers.insert().values(
                id=new_id(),
                customer_id=customer_id,
                kind=TimerKind.FORM_TIMEOUT,
                key=key,
                due_at=due_at,
                payload=payload,
                status=TimerStatus.WAITING,
            )
        )

    def _open_handoff(self, customer_id: CustomerId) -> Any:
        query = select(handoffs).where(
            handoffs.c.customer_id.in_(self._families.of(customer_id)), handoffs.c.status.in_(OPEN_HANDOFF)
        )
        return self._connection.execute(query.order_by(handoffs.c.requested_at).limit(1)).one_or_none()

    def _join_handoffs(self, holder: Conversation, now: datetime) -> dict[str, Any] | None:
        """Of several open requests one stays: that of the person who has the thread, else the oldest."""
        query = select(handoffs).where(
            handoffs.c.customer_id.in_(self._families.of(holder.customer_id)),
            handoffs.c.status.in_(OPEN_HANDOFF),
        )
        found = sorted(
            self._connection.execute(query),
            key=lambda row: (
                row.status is not HandoffStatus.ASSIGNED,
                row.agent_id != holder.agent_id,
                row.requested_at,
            ),
        )
        stays, closed = found[:1], found[1:]
        if not closed:
            return None
        self._connection.execute(
            update(handoffs)
            .where(handoffs.c.id.in_([row.id for row in closed]))
            .values(status=HandoffStatus.RESOLVED, closed_at=now, note=MERGE_NOTE)
        )
        return {"stays": str(stays[0].id), "closed": [str(row.id) for row in closed]}

    def _move_waiting_inputs(self, other: CustomerId, kept: CustomerId) -> None:
        self._connection.execute(
            update(inputs)
            .where(inputs.c.customer_id == other, inputs.c.status == InputStatus.WAITING)
            .values(customer_id=kept)
        )

    def _give_up_state(self, thread: Conversation, undo: dict[str, Any]) -> None:
        if "before" not in undo:
            return
        before, after = (_STATE.validate_python(undo[name]) for name in ("before", "after"))
        state = take_apart(thread.state, before, after)
        self._write(thread.customer_id, state=state)
        if state.form is None and thread.state.form is not None:
            self._cancel([row.id for row in self._waiting_form_timers(thread.customer_id)])

    def _restore_form_timers(self, customer_id: CustomerId, undo: dict[str, Any], now: datetime) -> None:
        for timer in undo.get("timers", ()):
            due_at = max(datetime.fromisoformat(timer["due_at"]), now)
            self._set_timer(customer_id, timer["key"], due_at, timer["payload"])

    def _reopen(self, joined: dict[str, Any] | None) -> None:
        """Requests that were closed for the sake of another one wait again, unless that one was seen to."""
        if joined is None:
            return
        stays = select(handoffs.c.status).where(handoffs.c.id == UUID(joined["stays"]))
        if self._connection.execute(stays).scalar_one_or_none() not in OPEN_HANDOFF:
            return
        self._connection.execute(
            update(handoffs)
            .where(handoffs.c.id.in_([UUID(one) for one in joined["closed"]]))
            .values(status=HandoffStatus.QUEUED, closed_at=None, note=None, agent_id=None, assigned_at=None)
        )

    def _set_holder(self, thread: Conversation) -> None:
        """Each thread is with whom its own open request says, and answers where they wrote from."""
        handoff = self._open_handoff(thread.customer_id)
        is_held = (
            handoff is not None
            and handoff.status is HandoffStatus.ASSIGNED
            and thread.agent_id == handoff.agent_id
        )
        values: dict[str, Any] = {"last_address_id": self._last_address(thread)}
        if handoff is None:
            values |= {"controller": Controller.BOT, "agent_id": None, "controller_until": None}
        elif not is_held:
            values |= {"controller": Controller.QUEUE, "agent_id": None, "controller_until": None}
            self._connection.execute(
                update(handoffs)
                .where(handoffs.c.id == handoff.id, handoffs.c.status == HandoffStatus.ASSIGNED)
                .values(status=HandoffStatus.QUEUED, agent_id=None, assigned_at=None)
            )
        self._write(thread.customer_id, **values)

    def _last_address(self, thread: Conversation) -> AddressId | None:
        rows = self._connection.execute(
            select(addresses.c.id, addresses.c.last_inbound_at).where(
                addresses.c.customer_id.in_(self._families.of(thread.customer_id))
            )
        ).all()
        if any(row.id == thread.last_address_id for row in rows):
            return thread.last_address_id
        heard = [row for row in rows if row.last_inbound_at is not None]
        return AddressId(max(heard, key=lambda row: row.last_inbound_at).id) if heard else None

    def _give_back_inputs(
        self, survivor_id: CustomerId, merged_id: CustomerId, leaving: list[CustomerId]
    ) -> None:
        """What waits goes with whom it is from."""
        waiting = (
            select(
                inputs.c.number,
                inputs.c.payload,
                messages.c.customer_id.label("writer"),
            )
            .outerjoin(messages, messages.c.id == inputs.c.message_id)
            .where(inputs.c.customer_id == survivor_id, inputs.c.status == InputStatus.WAITING)
        )
        rows = self._connection.execute(waiting).all()
        told = [UUID(row.payload["event_id"]) for row in rows if row.payload.get("event_id")]
        found = self._connection.execute(
            select(events.c.id, events.c.customer_id).where(events.c.id.in_(told))
        )
        whose = {str(row.id): row.customer_id for row in found}
        theirs = [
            row.number
            for row in rows
            if (row.writer or whose.get(row.payload.get("event_id")) or _timer_owner(row.payload)) in leaving
        ]
        self._connection.execute(
            update(inputs).where(inputs.c.number.in_(theirs)).values(customer_id=merged_id)
        )


def _timer_owner(payload: dict[str, Any]) -> CustomerId | None:
    owner = payload.get("customer_id")
    return CustomerId(UUID(owner)) if owner else None
