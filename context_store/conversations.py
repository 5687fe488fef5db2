"""The state of each customer's one thread, and the lock that puts its inputs in order."""

from sqlalchemy import Connection, select, update

from context_store.models.thread import ConversationRow
from context_store.records import Conversation, CustomerId
from context_store.rows import columns_of, table_of, to_record

conversations = table_of(ConversationRow)
CONVERSATION = columns_of(Conversation, conversations)


class Conversations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, customer_id: CustomerId) -> Conversation | None:
        row = self._connection.execute(
            select(*CONVERSATION).where(conversations.c.customer_id == customer_id)
        ).one_or_none()
        return to_record(Conversation, row)

    def lock(self, customer_id: CustomerId) -> Conversation | None:
        """The conversation, locked until the transaction ends; None when another worker has it.

        `FOR NO KEY UPDATE`: a webhook that inserts a message for this customer is not held up. On SQLite
        the transaction itself is the lock.
        """
        row = self._connection.execute(
            select(*CONVERSATION)
            .where(conversations.c.customer_id == customer_id)
            .with_for_update(key_share=True, skip_locked=True)
        ).one_or_none()
        return to_record(Conversation, row)

    def save(self, conversation: Conversation) -> None:
        """Write the locked conversation back; its version counts up."""
        values = {name: value for name, value in vars(conversation).items() if name != "customer_id"}
        values["version"] = conversation.version + 1
        self._connection.execute(
            update(conversations)
            .where(conversations.c.customer_id == conversation.customer_id)
            .values(values)
        )
