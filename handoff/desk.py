"""What agents do with a thread: it is asked for, taken, answered, given back. Writes; commits nothing.

The conversation's controller is a lease: it runs out by the database's clock when the agent's page is gone.
"""

from dataclasses import dataclass
from datetime import datetime

from context_store.records import (
    Agent,
    AgentId,
    Author,
    Controller,
    CustomerId,
    Direction,
    Handoff,
    HandoffId,
    HandoffStatus,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    new_id,
)
from context_store.unit_of_work import UnitOfWork

# The desk's page renews it every few seconds; this long after the last sign of life the thread is free.
LEASE_SECONDS = 120.0
# Four messages, if need be: more is a letter.
LONGEST_REPLY = 6400
LONGEST_DETAILS = 1000


class DeskFault(Exception):
    """Why it cannot be done: in words, and in one word that pages translate."""

    def __init__(self, text: str, code: str = "refused") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Reply:
    text: str
    # The last message that the agent had seen: a newer one is pointed out instead of talked over.
    seen: int | None = None


def ask_for_person(
    uow: UnitOfWork, customer_id: CustomerId, reason: str, now: datetime, details: str | None = None
) -> bool:
    """Queue a request; the bot falls silent. False when one is open already. Call it in a turn."""
    handoff = Handoff(
        id=HandoffId(new_id()),
        customer_id=customer_id,
        status=HandoffStatus.QUEUED,
        reason=reason,
        requested_at=now,
        details=details[:LONGEST_DETAILS] if details else None,
    )
    if not uow.handoffs.add(handoff):
        return False
    uow.conversations.hand_to(customer_id, Controller.QUEUE)
    return True


def take(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId, now: datetime) -> Handoff:
    """The thread is this agent's. Raises `DeskFault` when somebody was quicker."""
    handoff = _found(uow, handoff_id)
    if not uow.handoffs.take(handoff_id, agent_id, now):
        raise DeskFault("Somebody else has taken this thread, or it is closed.", "taken")
    uow.conversations.hand_to(handoff.customer_id, Controller.AGENT, agent_id, LEASE_SECONDS)
    return handoff


def keep(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId) -> bool:
    """The agent is still there. False when the thread is not theirs any more."""
    handoff = _found(uow, handoff_id)
    return uow.conversations.renew(handoff.customer_id, agent_id, LEASE_SECONDS)


def reply(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, said: Reply, now: datetime) -> Message:
    """Queue the agent's words on the channel that the customer used last. Raises `DeskFault`."""
    handoff = _held_by(uow, handoff_id, agent.id)
    text = said.text.strip()
    if not text:
        raise DeskFault("Write something first.", "empty")
    if len(text) > LONGEST_REPLY:
        raise DeskFault(
            f"That is {len(text)} characters; {LONGEST_REPLY} are the most that one reply takes.",
            "too_long",
        )
    newest = uow.messages.newest_inbound(handoff.customer_id)
    if newest is None or newest.address_id is None:
        raise DeskFault("This customer has never written: there is nowhere to answer.", "nowhere")
    if said.seen is not None and newest.position is not None and newest.position > said.seen:
        raise DeskFault("The customer has written again meanwhile. Read it, then send.", "crossed")
    message = Message(
        id=MessageId(new_id()),
        # It follows the address that it goes to, should two people have been taken for one.
        customer_id=newest.customer_id,
        address_id=newest.address_id,
        channel=newest.channel,
        direction=Direction.OUT,
        author=Author.AGENT,
        agent_id=agent.id,
        purpose=Purpose.REPLY,
        status=MessageStatus.QUEUED,
        text=text,
        created_at=now,
    )
    uow.messages.say(message)
    return message


def give_back(
    uow: UnitOfWork, handoff_id: HandoffId, agent: Agent, *, is_resolved: bool, note: str, now: datetime
) -> Handoff:
    """Close the request and let the bot go on, by a command that takes its turn like any input."""
    handoff = _held_by(uow, handoff_id, agent.id)
    status = HandoffStatus.RESOLVED if is_resolved else HandoffStatus.RETURNED
    if not uow.handoffs.close(handoff_id, status, now, note.strip()[:2000] or None):
        raise DeskFault("This thread is closed already.", "closed")
    payload = {"command": "return_to_bot", "handoff_id": str(handoff_id), "is_resolved": is_resolved}
    uow.inputs.add(handoff.customer_id, InputKind.COMMAND, now=now, payload=payload)
    return handoff


def release(uow: UnitOfWork, handoff_id: HandoffId, agent: Agent) -> Handoff:
    """Back into the queue for somebody else."""
    handoff = _held_by(uow, handoff_id, agent.id)
    _requeue(uow, handoff)
    return handoff


def expire_leases(uow: UnitOfWork) -> list[CustomerId]:
    """Threads whose agent has vanished go back to the queue."""
    freed = uow.conversations.expired()
    for customer_id in freed:
        handoff = uow.handoffs.open_of(customer_id)
        if handoff is not None:
            _requeue(uow, handoff)
    return freed


def _requeue(uow: UnitOfWork, handoff: Handoff) -> None:
    uow.handoffs.put_back(handoff.id)
    uow.conversations.hand_to(handoff.customer_id, Controller.QUEUE)


def _found(uow: UnitOfWork, handoff_id: HandoffId) -> Handoff:
    handoff = uow.handoffs.get(handoff_id)
    if handoff is None:
        raise DeskFault("There is no such request.", "missing")
    return handoff


def _held_by(uow: UnitOfWork, handoff_id: HandoffId, agent_id: AgentId) -> Handoff:
    handoff = _found(uow, handoff_id)
    if handoff.status is not HandoffStatus.ASSIGNED or handoff.agent_id != agent_id:
        raise DeskFault("This thread is not yours (any more). Take it first.", "not_yours")
    return handoff
