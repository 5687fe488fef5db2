"""Typed ids: a message's id cannot be handed over as a customer's."""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

CustomerId = NewType("CustomerId", UUID)
AddressId = NewType("AddressId", UUID)
MessageId = NewType("MessageId", UUID)
MediaFileId = NewType("MediaFileId", UUID)
TimerId = NewType("TimerId", UUID)
OrderId = NewType("OrderId", UUID)
CartId = NewType("CartId", UUID)
EventId = NewType("EventId", UUID)
EnrollmentId = NewType("EnrollmentId", UUID)
HandoffId = NewType("HandoffId", UUID)
TeamId = NewType("TeamId", UUID)
AgentId = NewType("AgentId", UUID)
SurveyId = NewType("SurveyId", UUID)
AppointmentId = NewType("AppointmentId", UUID)
EntryId = NewType("EntryId", UUID)
ContextTokenId = NewType("ContextTokenId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
SegmentId = NewType("SegmentId", UUID)
EndpointId = NewType("EndpointId", UUID)
PromotionId = NewType("PromotionId", UUID)
# One database sequence gives it; it is the order in which a customer's inputs are handled.
InputNumber = NewType("InputNumber", int)


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made, so that indexes stay dense."""
    return uuid7()
