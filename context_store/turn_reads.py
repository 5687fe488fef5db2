"""What a turn reads, in as few statements as can be: each costs a round trip, and every message pays it."""

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Uuid, and_, bindparam, exists, func, or_, select

from context_store.conversations import CONVERSATION, conversations
from context_store.customers import ADDRESS, CUSTOMER, addresses, customers
from context_store.families import Families
from context_store.inputs import INPUT, IS_WAITING, inputs
from context_store.messages import MESSAGE, messages
from context_store.records import (
    Address,
    AddressId,
    Conversation,
    Customer,
    CustomerId,
    Input,
    Message,
    MessageId,
)

Record = TypeVar("Record")

WAITING = (
    select(*INPUT, *MESSAGE, *CUSTOMER)
    .select_from(inputs)
    .join(customers, customers.c.id == inputs.c.customer_id)
    .outerjoin(messages, messages.c.id == inputs.c.message_id)
    .where(inputs.c.customer_id == bindparam("customer"), IS_WAITING)
    .order_by(inputs.c.number)
    .limit(bindparam("most"))
)
# Of one person with the thread's owner.
profile = customers.alias("profile")
LOCK = (
    select(*CONVERSATION, *CUSTOMER, *ADDRESS)
    .select_from(conversations)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .outerjoin(
        addresses,
        and_(
            addresses.c.id
            == func.coalesce(bindparam("address", type_=Uuid()), conversations.c.last_address_id),
            or_(
                addresses.c.customer_id == conversations.c.customer_id,
                # Asked of the few only that the line before does not settle.
                exists().where(
                    profile.c.id == addresses.c.customer_id,
                    profile.c.survivor_id == conversations.c.customer_id,
                ),
            ),
        ),
    )
    .where(conversations.c.customer_id == bindparam("customer"))
    .with_for_update(of=conversations, key_share=True, skip_locked=True)
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Inputs that wait, oldest first, with the messages behind them and whose they are."""

    inputs: list[Input]
    messages: dict[MessageId, Message]
    customer: Customer


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A conversation that is ours until the transaction ends."""

    conversation: Conversation
    customer: Customer
    # Where the message came from, or where the customer was written to last.
    address: Address | None


class TurnReads:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def waiting(self, customer_id: CustomerId, limit: int) -> Waiting | None:
        """None when nothing waits."""
        rows = self._connection.execute(WAITING, {"customer": customer_id, "most": limit}).all()
        if not rows:
            return None
        found = [_record(Message, MESSAGE, row, len(INPUT)) for row in rows if row[len(INPUT)] is not None]
        return Waiting(
            inputs=[_record(Input, INPUT, row, 0) for row in rows],
            messages={message.id: message for message in found},
            customer=_record(Customer, CUSTOMER, rows[0], len(INPUT) + len(MESSAGE)),
        )

    def lock(self, customer_id: CustomerId, address_id: AddressId | None) -> Locked | None:
        """None when another worker has the conversation.

        `FOR NO KEY UPDATE`: a webhook that inserts a message for this customer is not held up. On SQLite
        the transaction itself is the lock.
        """
        row = self._connection.execute(LOCK, {"customer": customer_id, "address": address_id}).one_or_none()
        if row is None:
            return None
        at = len(CONVERSATION) + len(CUSTOMER)
        customer = _record(Customer, CUSTOMER, row, len(CONVERSATION))
        # Who is alone need not be asked about again in this turn.
        self._families.note(customer)
        return Locked(
            conversation=_record(Conversation, CONVERSATION, row, 0),
            customer=customer,
            address=_record(Address, ADDRESS, row, at) if row[at] is not None else None,
        )


def _record(record_type: type[Record], columns: list[Any], row: Row[Any], start: int) -> Record:
    values = row[start : start + len(columns)]
    return record_type(**{column.name: value for column, value in zip(columns, values, strict=True)})
