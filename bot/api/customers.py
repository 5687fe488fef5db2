"""Customers: who they are, what the bot knows of them, what other systems tell of them."""

from dataclasses import replace
from typing import Any

from bot.api.answers import (
    AddressTold,
    ConsentTold,
    ContextTold,
    ConversationTold,
    CustomerTold,
    EntryInBrief,
    FoundCustomer,
    FoundCustomers,
    IdentifierTold,
    JourneyRunTold,
)
from bot.api.bodies import ConsentBody, CustomerPatch, SearchQuery
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Given, Operation
from bot.api.problems import FieldProblem, Problem
from bot.facts import Facts
from context_store.records import (
    Consent,
    ConsentStatus,
    Customer,
    CustomerId,
    CustomerStatus,
    Identifier,
    IdentifierKind,
)
from flows.policy import consent_for, has_opted_out

AGREEING = (ConsentStatus.OPTED_IN, ConsentStatus.LIMITED)
ENTRIES_IN_CONTEXT = 5
SEARCHED = ("phone", "email", "user_id", "anonymous_id", "store_card")
PLAIN = ("name", "language", "timezone", "country")


def search(given: Given) -> FoundCustomers:
    query: SearchQuery = given.query
    asked = [name for name in (*SEARCHED, "name") if getattr(query, name) is not None]
    if len(asked) != 1:
        raise Problem(400, "invalid-query", f"search by one of {', '.join(SEARCHED)}, name")
    if query.name is not None:
        named = given.uow.customers.named(query.name, query.limit + 1)
        living = [customer for customer in named if customer.status is CustomerStatus.ACTIVE]
        return _found(living[: query.limit], has_more=len(named) > query.limit)
    value = str(getattr(query, asked[0])).strip()
    # A plus in an address is a space to whoever forgot to write %2B.
    if asked[0] == "phone" and value and value[0].isdigit():
        value = f"+{value}"
    value = value.casefold() if asked[0] == "email" else value
    identifier = Identifier(kind=IdentifierKind(asked[0]), value=value)
    customer_id = given.uow.customers.find_by(identifier)
    customer = given.uow.customers.get(customer_id) if customer_id else None
    return _found([customer] if customer else [], has_more=False)


def show(given: Given) -> CustomerTold:
    return told(given, customer_named(given, given.path["customer"]))


def told(given: Given, customer: Customer) -> CustomerTold:
    uow = given.uow
    conversation = uow.conversations.get(customer.id)
    if conversation is None:
        raise LookupError("a customer without a conversation")
    return CustomerTold(
        **{name: getattr(customer, name) for name in CustomerTold.model_fields if hasattr(customer, name)},
        identifiers=_each(IdentifierTold, uow.customers.links_of(customer.id)),
        addresses=_each(AddressTold, uow.customers.addresses_of(customer.id)),
        traits={trait.name: trait.value for trait in uow.traits.of(customer.id)},
        consents=_each(ConsentTold, uow.consents.current(customer.id)),
        controller=conversation.controller,
    )


def show_context(given: Given) -> ContextTold:
    """The same that the bot sees in a turn."""
    customer = customer_named(given, given.path["customer"])
    uow = given.uow
    conversation = uow.conversations.get(customer.id)
    if conversation is None:
        raise LookupError("a customer without a conversation")
    facts = Facts(uow, customer, given.parts)
    state = conversation.state
    return ContextTold.model_validate(
        {
            "id": customer.id,
            **{name: facts[name] for name in ("customer", "cart", "cart_link", "orders", "appointments")},
            "conversation": ConversationTold(
                controller=conversation.controller,
                slots=state.slots,
                form=state.form.name if state.form else None,
            ),
            "consents": _each(ConsentTold, uow.consents.current(customer.id)),
            "journeys": _each(JourneyRunTold, uow.enrollments.running(customer.id)),
            "entries": _each(EntryInBrief, uow.entries.newest(customer.id, ENTRIES_IN_CONTEXT)),
        }
    )


def change(given: Given) -> CustomerTold:
    """Traits and consents. The ledger is only added to."""
    patch: CustomerPatch = given.body
    found = customer_named(given, given.path["customer"])
    # A turn under way writes the same row: it ends first.
    given.uow.conversations.wait_for(found.id)
    customer = given.uow.customers.get(found.id) or found
    plain: dict[str, Any] = {name: getattr(patch, name) for name in PLAIN if name in patch.model_fields_set}
    if plain:
        customer = replace(customer, **plain)
        given.uow.customers.save(customer)
    for name, value in patch.traits.items():
        given.uow.traits.answer(customer.id, name, value, given.now)
    for index, body in enumerate(patch.consents):
        line = _consent(given, customer.id, body)
        _refuse_silent_consent(given, line, body, f"/consents/{index}")
        given.uow.consents.add(line)
    return told(given, customer)


def _consent(given: Given, customer_id: CustomerId, body: ConsentBody) -> Consent:
    return Consent(
        customer_id=customer_id,
        channel=body.channel,
        topic=body.topic,
        status=body.status,
        method="api",
        wording=body.wording,
        proof=body.proof,
        until=body.until if body.status is ConsentStatus.PAUSED else None,
        per_week=body.per_week if body.status is ConsentStatus.LIMITED else None,
        created_at=min(body.given_at or given.now, given.now),
    )


def _refuse_silent_consent(given: Given, line: Consent, body: ConsentBody, pointer: str) -> None:
    """A yes needs proof, and none is stronger than the customer's own no that came after it."""
    if line.status is ConsentStatus.PAUSED and line.until is None:
        raise _unfit(f"{pointer}/until", "a pause needs its end")
    if line.status is ConsentStatus.LIMITED and line.per_week is None:
        raise _unfit(f"{pointer}/per_week", "a limit needs a number")
    current = given.uow.consents.current(line.customer_id)
    if has_opted_out(current, line.channel) and line.status is not ConsentStatus.OPTED_OUT:
        detail = "they said STOP on this channel: only their own START opens it again"
        raise Problem(
            409, "opted-out", detail, errors=[FieldProblem(detail=detail, pointer=f"{pointer}/status")]
        )
    if line.status not in AGREEING:
        return
    if not (body.wording or body.proof):
        raise _unfit(f"{pointer}/proof", "consent needs proof: `wording`, `proof`, or both")
    before = consent_for(current, line.channel, line.topic)
    is_refused = before is not None and before.status is ConsentStatus.OPTED_OUT
    if before is not None and is_refused and (body.given_at is None or line.created_at <= before.created_at):
        detail = "they refused this topic: send `given_at` of a consent that came later"
        raise Problem(
            409, "opted-out", detail, errors=[FieldProblem(detail=detail, pointer=f"{pointer}/given_at")]
        )


def _unfit(pointer: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[FieldProblem(detail=detail, pointer=pointer)])


def _found(customers: list[Customer], *, has_more: bool) -> FoundCustomers:
    return FoundCustomers(customers=_each(FoundCustomer, customers), has_more=has_more)


def _each(model: Any, records: Any) -> list[Any]:
    return [model.model_validate(record) for record in records]


NOBODY = {404: "Nobody is known by that name."}
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/customers",
        name="searchCustomers",
        summary="Find a customer by one of their identifiers, or by a part of their name",
        scope=Scope.CUSTOMERS_SEARCH,
        query=SearchQuery,
        answer=FoundCustomers,
        do=search,
    ),
    Operation(
        method="GET",
        path="/v1/customers/{customer}",
        name="readCustomer",
        summary="Who a customer is, where they can be written to, and what they agreed to",
        scope=Scope.CUSTOMERS_READ,
        answer=CustomerTold,
        also=NOBODY,
        do=show,
    ),
    Operation(
        method="PATCH",
        path="/v1/customers/{customer}",
        name="changeCustomer",
        summary="Change name, language and traits; add consents to the ledger, with their proof",
        scope=Scope.CUSTOMERS_WRITE,
        body=CustomerPatch,
        answer=CustomerTold,
        also={**NOBODY, 409: "The customer's own no came after it."},
        do=change,
    ),
    Operation(
        method="GET",
        path="/v1/customers/{customer}/context",
        name="readContext",
        summary="The context that the bot sees: cart, orders, appointments, journeys, entries, slots",
        scope=Scope.CUSTOMERS_READ,
        answer=ContextTold,
        also=NOBODY,
        do=show_context,
    ),
)
