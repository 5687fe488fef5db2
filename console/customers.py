"""Any customer: the list with its search, and the whole story with consents and decisions."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import masking
from console.auth import is_allowed, require_staff
from console.desk import HELPERS, Kept, live
from console.identity import read_panel
from console.parts import ConsoleParts
from console.permissions import Permission
from console.story import Story, tell
from context_store.records import (
    Consent,
    Customer,
    CustomerId,
    Decision,
    Identifier,
    IdentifierKind,
    Message,
    MessageId,
)
from context_store.unit_of_work import UnitOfWork

LISTED = 50
# Enough that the newest threads are among them, without asking each customer.
LOOKED_AT = 500
LONGEST_SEARCH = 200
DECISIONS = 30


@dataclass(frozen=True, kw_only=True)
class Found:
    customer: Customer
    last: Message | None


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    @require_staff(Permission.SEE_CUSTOMERS)
    def show_customers() -> ResponseReturnValue:
        asked = request.args.get("q", "").strip()[:LONGEST_SEARCH]
        with parts.database.read() as uow:
            found = search(uow, asked) if asked else newest(uow)
            waiting = uow.handoffs.count_queued()
        if not is_allowed(Permission.SEE_PERSONAL_DATA):
            found = [masked(each) for each in found]
        return render_template("console/customers.html", found=found, asked=asked, waiting=waiting)

    @require_staff(Permission.SEE_CUSTOMERS)
    def show_customer(customer_id: UUID) -> ResponseReturnValue:
        with parts.database.read() as uow:
            survivor = _survivor(uow, CustomerId(customer_id))
            if survivor != customer_id:
                return redirect(url_for("console.show_customer", customer_id=survivor), 303)
            shown = _read(uow, parts, survivor)
        return render_template("console/customer.html", **shown)

    @require_staff(Permission.SEE_CUSTOMERS)
    def customer_live(customer_id: UUID) -> ResponseReturnValue:
        with parts.database.read() as uow:
            shown = _read(uow, parts, _survivor(uow, CustomerId(customer_id)))
        return live(parts, "console/_customer_live.html", **shown)

    blueprint.add_url_rule("/customers", view_func=show_customers)
    blueprint.add_url_rule("/customers/<uuid:customer_id>", view_func=show_customer)
    blueprint.add_url_rule("/customers/<uuid:customer_id>/live", view_func=customer_live)


def masked(found: Found) -> Found:
    customer = replace(found.customer, name=masking.mask_name(found.customer.name))
    return Found(customer=customer, last=found.last and masking.mask_message(found.last))


def newest(uow: UnitOfWork) -> list[Found]:
    """Who wrote or was written to last, newest first."""
    last: dict[CustomerId, Message] = {}
    for message in uow.messages.newest_of_all(LOOKED_AT):
        last.setdefault(message.customer_id, message)
    people = uow.customers.persons(list(last)[:LISTED])
    found: dict[CustomerId, Found] = {}
    for profile, customer in people.items():
        found.setdefault(customer.id, Found(customer=customer, last=last[profile]))
    return list(found.values())


def search(uow: UnitOfWork, asked: str) -> list[Found]:
    """By a part of the name, or by a whole number or e-mail."""
    named = [customer.id for customer in uow.customers.named(asked, LISTED)]
    people = {customer.id: customer for customer in uow.customers.persons(named).values()}
    for identifier in identifiers_in(asked):
        customer_id = uow.customers.find_by(identifier)
        customer = uow.customers.get(customer_id) if customer_id else None
        if customer is not None:
            people = {customer.id: customer, **people}
    last = uow.messages.last_words(list(people))
    return [Found(customer=customer, last=last.get(customer.id)) for customer in people.values()]


def identifiers_in(asked: str) -> list[Identifier]:
    digits = "".join(character for character in asked if character.isdigit())
    found = []
    if len(digits) >= 7 and all(character.isdigit() or character in "+-(). " for character in asked):
        # As people write it: +34 600 11 22 33, 0034600112233.
        number = digits.removeprefix("00")
        found.append(Identifier(kind=IdentifierKind.PHONE, value=f"+{number}"))
    if "@" in asked:
        found.append(Identifier(kind=IdentifierKind.EMAIL, value=asked.casefold()))
    return found


def _survivor(uow: UnitOfWork, customer_id: CustomerId) -> CustomerId:
    customer = uow.customers.get(customer_id)
    if customer is None:
        abort(404)
    return customer.survivor_id or customer_id


def _read(uow: UnitOfWork, parts: ConsoleParts, customer_id: CustomerId) -> dict[str, Any]:
    fault, words = request.args.get("fault", "")[:LONGEST_SEARCH], g.words
    try:
        story: Story = tell(uow, parts, customer_id)
    except LookupError:
        abort(404)
    decisions: list[Decision] = uow.decisions.newest(customer_id, DECISIONS)
    about = [MessageId(decision.message_id) for decision in decisions if decision.message_id]
    ledger: list[Consent] = uow.consents.ledger(customer_id)
    messages = uow.messages.by_ids(about)
    if not is_allowed(Permission.SEE_PERSONAL_DATA):
        ledger = [
            replace(line, wording=line.wording and masking.mask_text(line.wording), proof=None)
            for line in ledger
        ]
        messages = {key: masking.mask_message(message) for key, message in messages.items()}
    return {
        "story": story,
        "words": story.words,
        "identity": read_panel(uow, customer_id),
        "identity_fault": fault if words.has(f"identity_faults.{fault}") else "",
        "decisions": decisions,
        "about": messages,
        "ledger": list(reversed(ledger)),
        "conversation": uow.conversations.get(customer_id),
        "waiting": uow.handoffs.count_queued(),
        "handoff": None,
        "kept": Kept(),
        "is_helper": g.agent.role in HELPERS,
    }
