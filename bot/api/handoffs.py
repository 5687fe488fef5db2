"""Requests for a person that other systems make."""

from dataclasses import replace
from uuid import UUID

from bot.api.answers import HandoffTold
from bot.api.bodies import HandoffBody
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Done, Given, Operation
from bot.api.problems import Problem
from context_store.records import HandoffId
from flows.forms import MOST_INTERRUPTED
from handoff import desk


def ask(given: Given) -> HandoffTold | Done:
    """201 with the new request, 200 with the one that is open already. The bot falls silent."""
    body: HandoffBody = given.body
    customer = customer_named(given, body.customer)
    conversation = given.uow.conversations.wait_for(customer.id)
    wish = desk.Wish(details=body.details, language=customer.language)
    is_new = desk.ask_for_person(given.uow, customer.id, body.reason, given.now, wish)
    request = given.uow.handoffs.open_of(customer.id)
    if request is None or conversation is None:
        raise LookupError("a request that was made is not there")
    state = conversation.state
    if is_new and state.form is not None:
        # To be offered again when the bot is back.
        aside = (*state.interrupted, replace(state.form, failed_answers=0))[-MOST_INTERRUPTED:]
        changed = replace(state, form=None, interrupted=aside)
        given.uow.conversations.save(replace(conversation, state=changed, updated_at=given.now))
    return Done(answer=HandoffTold.model_validate(request), status=201 if is_new else 200)


def show(given: Given) -> HandoffTold:
    try:
        found = given.uow.handoffs.get(HandoffId(UUID(given.path["handoff_id"])))
    except ValueError:
        found = None
    if found is None:
        raise Problem(404, "no-such-handoff", "there is no such request")
    return HandoffTold.model_validate(found)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/handoffs",
        name="askForPerson",
        summary="Put a customer into the desk's queue; the bot falls silent until the agent gives back",
        scope=Scope.HANDOFFS_WRITE,
        body=HandoffBody,
        answer=HandoffTold,
        status=201,
        also={200: "A request is open already.", 404: "Nobody is known by that name."},
        do=ask,
    ),
    Operation(
        method="GET",
        path="/v1/handoffs/{handoff_id}",
        name="readHandoff",
        summary="How a request for a person stands",
        scope=Scope.HANDOFFS_READ,
        answer=HandoffTold,
        also={404: "There is no such request."},
        do=show,
    ),
)
