"""What one turn knows."""

from dataclasses import dataclass
from datetime import datetime

from context_store.records import Address, Conversation, Customer, CustomerId, Input, Message
from nlu.parsed import Parsed


@dataclass(frozen=True, kw_only=True)
class Context:
    customer: Customer
    conversation: Conversation
    inputs: list[Input]
    # Oldest first; empty for what is not a message.
    messages: list[Message]
    # Where to answer; None when they have never written.
    address: Address | None
    parsed: Parsed
    now: datetime
    # False where there is none to be read: most customers.
    has_consents: bool = True
    has_runs: bool = True

    @property
    def profile_id(self) -> CustomerId:
        """Whose facts come of what they say now: they follow the address that it was said from.

        The customer, unless several profiles are joined in them.
        """
        spoke_from = self.address if self.messages else None
        return spoke_from.customer_id if spoke_from else self.customer.id

    @property
    def carrier_keyword(self) -> str | None:
        """What the carrier has judged the message to be: STOP, START or HELP."""
        found = self.inputs[-1].payload.get("carrier_keyword")
        return str(found) if found else None
