"""What a notice says, as JSON: built when it is delivered, so that nothing of a person is kept for it."""

import json
from typing import Any
from uuid import UUID

from context_store.records import CustomerId, Endpoint, MessageId, Notice, NoticeKind, SurveyId
from context_store.unit_of_work import UnitOfWork

VERSION = 1


def webhook_id(notice: Notice) -> str:
    """The same for every try and every endpoint."""
    return f"msg_{notice.id.hex}"


def body_of(uow: UnitOfWork, notice: Notice, endpoint: Endpoint) -> bytes:
    """The whole of it; the customers' own words only where the endpoint asked for them."""
    words = WORDS.get(notice.kind, _none)(uow, notice) if endpoint.with_body else {}
    told = {
        "type": notice.kind.value,
        "version": VERSION,
        "id": webhook_id(notice),
        "sequence": notice.number,
        "timestamp": notice.created_at.isoformat(),
        "customer": _customer(uow, notice.customer_id),
        "data": {**notice.data, **words},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _customer(uow: UnitOfWork, customer_id: CustomerId | None) -> dict[str, Any] | None:
    if customer_id is None:
        return None
    links = uow.customers.links_of(customer_id)
    return {
        "id": str(customer_id),
        "identifiers": [{"kind": link.kind.value, "value": link.value} for link in links],
    }


def _message_words(uow: UnitOfWork, notice: Notice) -> dict[str, Any]:
    message = uow.messages.get(MessageId(UUID(notice.data["message_id"])))
    if message is None:
        return {}
    return {"text": message.text, "media": [media.content_type for media in message.media]}


def _survey_words(uow: UnitOfWork, notice: Notice) -> dict[str, Any]:
    answers = uow.surveys.answers_to(SurveyId(UUID(notice.data["survey_id"])))
    said = next((one.answer for one in answers if one.question == notice.data["question"]), None)
    return {} if said is None else {"answer": said}


def _none(uow: UnitOfWork, notice: Notice) -> dict[str, Any]:
    return {}


WORDS = {
    NoticeKind.MESSAGE_RECEIVED: _message_words,
    NoticeKind.MESSAGE_STATUS: _message_words,
    NoticeKind.SURVEY_ANSWERED: _survey_words,
}
