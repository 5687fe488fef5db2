"""Messages of other systems to customers, through the same gate as ours; and what became of them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from bot import sender
from bot.api.answers import DecisionTold, ExplainedMessage, MessageTold
from bot.api.bodies import MessageBody, TemplateBody
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Given, Operation
from bot.api.problems import FieldProblem, Problem, invalid
from context_store.records import (
    Address,
    Author,
    Channel,
    Customer,
    Decision,
    Direction,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    TemplateUse,
    Verdict,
    new_id,
)
from flows.planner import choose_address, is_window_open
from flows.policy import TOPICS, decide


def send(given: Given) -> ExplainedMessage:
    """Queued, held or skipped, with the reason; the policy is asked again when it goes out."""
    body: MessageBody = given.body
    if (body.text is None) == (body.template is None):
        raise invalid("either `text` or `template`", "/text")
    customer = customer_named(given, body.customer)
    address = _address(given, customer, body)
    message = _message(given, customer, address, body)
    given.uow.messages.add(message)
    parts, uow = given.parts, given.uow
    recipient = sender.recipient_of(parts, uow, message, address, given.now)
    decision = decide(recipient, message, parts.limits, given.now)
    if decision.verdict is not Verdict.SEND:
        uow.decisions.add(decision)
        sender.keep_back(uow, message, decision, given.now)
    else:
        given.afterwards.append(partial(parts.bell.ring_sender, customer.id))
    stored = uow.messages.get(message.id) or message
    return _explained(stored, [decision])


def show(given: Given) -> ExplainedMessage:
    try:
        message_id = MessageId(UUID(given.path["message_id"]))
    except ValueError as error:
        raise _no_message() from error
    message = given.uow.messages.get(message_id)
    if message is None:
        raise _no_message()
    return _explained(message, given.uow.decisions.of_message(message.id))


def _address(given: Given, customer: Customer, body: MessageBody) -> Address:
    known = [
        address
        for address in given.uow.customers.addresses_of(customer.id)
        if body.channel in (None, address.channel)
    ]
    # Free text to a closed window would only be skipped: another channel of theirs takes it.
    if body.template is None:
        open_ones = [
            address
            for address in known
            if address.channel is not Channel.WHATSAPP or is_window_open(address, given.now)
        ]
        known = open_ones or known
    topic = TOPICS[Purpose(body.purpose)]
    address = choose_address(known, given.uow.consents.current(customer.id), topic)
    if address is None:
        raise Problem(409, "nowhere-to-write", "this customer has no address that can be written to")
    return address


def _message(given: Given, customer: Customer, address: Address, body: MessageBody) -> Message:
    text, use = body.text or "", None
    if body.template is not None:
        text, use = _rendered(given, customer, address, body.template)
    return Message(
        id=MessageId(new_id()),
        customer_id=customer.id,
        address_id=address.id,
        channel=address.channel,
        direction=Direction.OUT,
        author=Author.SYSTEM,
        purpose=Purpose(body.purpose),
        status=MessageStatus.QUEUED,
        text=text,
        template=use,
        expires_at=given.now + timedelta(hours=body.valid_hours),
        created_at=given.now,
    )


def _rendered(
    given: Given, customer: Customer, address: Address, template: TemplateBody
) -> tuple[str, TemplateUse]:
    texts = given.parts.runner.texts
    response = f"utter_{template.name}"
    if not texts.has(response):
        raise invalid("there is no template of that name", "/template/name")
    places = texts.places(response)
    wrong = [
        *(
            FieldProblem(detail="missing", pointer=f"/template/values/{name}")
            for name in _without(places, template.values)
        ),
        *(
            FieldProblem(detail="the template has no such place", pointer=f"/template/values/{name}")
            for name in _without(tuple(template.values), places)
        ),
    ]
    if wrong:
        raise Problem(422, "invalid", f"this template needs {', '.join(places) or 'no values'}", errors=wrong)
    language = customer.language or given.parts.settings.default_language
    rendered = texts.render(response, language=language, channel=address.channel, values=template.values)
    values = tuple(template.values[place] for place in places)
    return rendered.text, TemplateUse(response=response, language=language, values=values)


def _without(names: Sequence[str], known: object) -> list[str]:
    return [name for name in names if name not in known]  # type: ignore[operator]


def _explained(message: Message, decisions: Sequence[Decision]) -> ExplainedMessage:
    told = MessageTold.model_validate(message)
    return ExplainedMessage(
        **told.model_dump(), decisions=[DecisionTold.model_validate(decision) for decision in decisions]
    )


def _no_message() -> Problem:
    return Problem(404, "no-such-message", "there is no such message")


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages",
        name="sendMessage",
        summary="Write to a customer, if the contact policy lets it; every rule's answer is told",
        scope=Scope.MESSAGES_WRITE,
        body=MessageBody,
        answer=ExplainedMessage,
        status=201,
        also={404: "Nobody is known by that name.", 409: "There is nowhere to write to."},
        do=send,
    ),
    Operation(
        method="GET",
        path="/v1/messages/{message_id}",
        name="readMessage",
        summary="How a message stands, and why",
        scope=Scope.MESSAGES_READ,
        answer=ExplainedMessage,
        also={404: "There is no such message."},
        do=show,
    ),
)
