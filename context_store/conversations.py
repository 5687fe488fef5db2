"""The state of each customer's one thread, and the lock that puts its inputs in order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Float, bindparam, literal, select, update

from context_store.families import survivor_of
from context_store.models.base import DatabaseTime, Word
from context_store.models.thread import ConversationRow
from context_store.notices import Notices
from context_store.records import AgentId, Controller, Conversation, CustomerId, NoticeKind, Option
from context_store.rows import changed_rows, columns_of, table_of, to_record

conversations = table_of(ConversationRow)
CONVERSATION = columns_of(Conversation, conversations)

# What every message runs is built once: building a statement costs several times what running it does.
GET = select(*CONVERSATION).where(conversations.c.customer_id == survivor_of(bindparam("customer")))
LOCK = GET.with_for_update(key_share=True, skip_locked=True)
SAVE = (
    update(conversations)
    .where(conversations.c.customer_id == bindparam("customer"))
    .values(
        state=bindparam("new_state"),
        last_address_id=bindparam("new_address_id"),
        updated_at=bindparam("now"),
        version=conversations.c.version + 1,
    )
)


# The word is written out, not bound: only so can the planner of either database use the partial index.
EXPIRED = (
    select(conversations.c.customer_id)
    .where(
        conversations.c.controller == literal(Controller.AGENT, Word(Controller), literal_execute=True),
        conversations.c.controller_until <= DatabaseTime(),
    )
    .limit(bindparam("most"))
)
RENEW_ALL = (
    update(conversations)
    .where(
        conversations.c.controller == literal(Controller.AGENT, Word(Controller), literal_execute=True),
        conversations.c.agent_id == bindparam("agent"),
    )
    .values(controller_until=DatabaseTime(bindparam("lease", type_=Float)))
)


class Conversations:
    """Whoever is one person has one thread: asked for any of their profiles, it is the survivor's."""

    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

    def get(self, customer_id: CustomerId) -> Conversation | None:
        row = self._connection.execute(GET, {"customer": customer_id}).one_or_none()
        return to_record(Conversation, row)

    def lock(self, customer_id: CustomerId) -> Conversation | None:
        """The conversation, locked until the transaction ends; None when another worker has it.

        `FOR NO KEY UPDATE`: a webhook that inserts a message for this customer is not held up. On SQLite
        the transaction itself is the lock.
        """
        row = self._connection.execute(LOCK, {"customer": customer_id}).one_or_none()
        return to_record(Conversation, row)

    def wait_for(self, customer_id: CustomerId) -> Conversation | None:
        """The same, but waits for a turn under way; None for an unknown customer."""
        statement = GET.with_for_update(key_share=True)
        row = self._connection.execute(statement, {"customer": customer_id}).one_or_none()
        return to_record(Conversation, row)

    def save(self, conversation: Conversation) -> None:
        """Write the locked conversation's state back; its version counts up. Who speaks is `hand_to`'s."""
        values = {
            "customer": conversation.customer_id,
            "new_state": conversation.state,
            "new_address_id": conversation.last_address_id,
            "now": conversation.updated_at,
        }
        self._connection.execute(SAVE, values)

    def offer(
        self, customer_id: CustomerId, options: tuple[Option, ...], slots: Mapping[str, Any] | None = None
    ) -> None:
        """What was offered and asked last, outside of a turn. Waits for a turn under way."""
        row = self._connection.execute(
            select(conversations.c.state)
            .where(conversations.c.customer_id == survivor_of(customer_id))
            .with_for_update(key_share=True)
        ).one()
        self._connection.execute(
            update(conversations)
            .where(conversations.c.customer_id == survivor_of(customer_id))
            .values(
                state=replace(row.state, last_options=options, slots={**row.state.slots, **(slots or {})})
            )
        )

    def hand_to(
        self,
        customer_id: CustomerId,
        controller: Controller,
        agent_id: AgentId | None = None,
        lease_seconds: float | None = None,
    ) -> None:
        """Change who speaks. An agent's lease runs out by the database's clock."""
        values: dict[str, Any] = {
            "controller": controller,
            "agent_id": agent_id,
            "controller_until": None if lease_seconds is None else DatabaseTime(lease_seconds),
            "version": conversations.c.version + 1,
        }
        self._connection.execute(
            update(conversations)
            .where(conversations.c.customer_id == survivor_of(customer_id))
            .values(values)
        )
        told = {"controller": controller.value, "agent_id": str(agent_id) if agent_id else None}
        self._notices.add(NoticeKind.CONTROLLER_CHANGED, customer_id, told)

    def renew(self, customer_id: CustomerId, agent_id: AgentId, lease_seconds: float) -> bool:
        """A sign of life of the agent who has it. False when they have it no more."""
        statement = (
            update(conversations)
            .where(
                conversations.c.customer_id == survivor_of(customer_id),
                conversations.c.controller == Controller.AGENT,
                conversations.c.agent_id == agent_id,
            )
            .values(controller_until=DatabaseTime(lease_seconds))
        )
        return changed_rows(self._connection, statement) == 1

    def renew_all(self, agent_id: AgentId, lease_seconds: float) -> None:
        """The same for all that they have."""
        self._connection.execute(RENEW_ALL, {"agent": agent_id, "lease": lease_seconds})

    def expired(self, limit: int = 200) -> list[CustomerId]:
        """Threads held by an agent whose lease has run out."""
        rows = self._connection.execute(EXPIRED, {"most": limit})
        return [CustomerId(row.customer_id) for row in rows]
