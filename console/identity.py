"""Who is who: the conflicts that wait for a decision, and what a customer is known by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console.auth import require_staff
from console.desk import HELPERS
from console.parts import ConsoleParts
from context_store.identity import join, join_conflict, keep_apart, part, unlink
from context_store.identity_faults import CannotMerge, again_if_moved
from context_store.identity_rules import numbers_heard
from context_store.phones import canonical_phone
from context_store.records import (
    Conflict,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityChange,
    IdentityLink,
    LinkStatus,
    Method,
    Why,
)
from context_store.unit_of_work import UnitOfWork

LONGEST_REASON = 160
LONGEST_NAME = 320
LISTED = 50
# Taking one of these away would not change whom a message from there is from.
REMOVABLE = (
    IdentifierKind.USER_ID,
    IdentifierKind.ANONYMOUS_ID,
    IdentifierKind.EMAIL,
    IdentifierKind.STORE_CARD,
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """One identifier of theirs, with how we know."""

    link: IdentityLink
    # They have written from it.
    is_proven: bool
    is_removable: bool


@dataclass(frozen=True, kw_only=True)
class Panel:
    known: Sequence[Known]
    # The profiles that are joined in them, each with who joined it and why.
    merged: Sequence[tuple[Customer, IdentityChange | None]]
    conflicts: Sequence[Conflict]
    changes: Sequence[IdentityChange]
    people: dict[CustomerId, Customer]


@dataclass(frozen=True, kw_only=True)
class Side:
    customer: Customer
    links: Sequence[IdentityLink]


@dataclass(frozen=True, kw_only=True)
class Question:
    conflict: Conflict
    sides: Sequence[Side]


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = IdentityPages(parts)
    rules: tuple[tuple[str, str, Callable[..., ResponseReturnValue], str], ...] = (
        ("/identity", "show_identity", pages.show, "GET"),
        ("/identity/<uuid:conflict_id>/join", "join_conflict", pages.join_conflict, "POST"),
        ("/identity/<uuid:conflict_id>/apart", "keep_apart", pages.keep_apart, "POST"),
        ("/customers/<uuid:customer_id>/join", "join_customer", pages.join_customer, "POST"),
        ("/customers/<uuid:customer_id>/part", "part_customer", pages.part_customer, "POST"),
        ("/customers/<uuid:customer_id>/unlink", "unlink_customer", pages.unlink, "POST"),
    )
    for path, endpoint, view, method in rules:
        blueprint.add_url_rule(path, endpoint, view, methods=[method])


class IdentityPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(*HELPERS)
    def show(self) -> ResponseReturnValue:
        return self._questions()

    @require_staff(*HELPERS)
    def join_conflict(self, conflict_id: UUID) -> ResponseReturnValue:
        return self._decide(lambda uow, why, now: join_conflict(uow.customers, conflict_id, why, now))

    @require_staff(*HELPERS)
    def keep_apart(self, conflict_id: UUID) -> ResponseReturnValue:
        return self._decide(lambda uow, why, now: keep_apart(uow.customers, conflict_id, why, now))

    @require_staff(*HELPERS)
    def join_customer(self, customer_id: UUID) -> ResponseReturnValue:
        """Somebody else, named by number, e-mail or id, is the same person."""
        named = request.form.get("other", "").strip()[:LONGEST_NAME]

        def act(uow: UnitOfWork) -> str:
            other = find(uow, named)
            if other is None:
                return "nobody"
            join(uow.customers, CustomerId(customer_id), other, _why(), self._parts.now())
            return ""

        fault = self._write(act, CustomerId(customer_id))
        return self._to_customer(customer_id, fault)

    @require_staff(*HELPERS)
    def part_customer(self, customer_id: UUID) -> ResponseReturnValue:
        """The profile is a person of its own again."""
        survivors: list[CustomerId] = []

        def act(uow: UnitOfWork) -> str:
            survivor_id = part(uow.customers, CustomerId(customer_id), _why(), self._parts.now())
            survivors[:] = [survivor_id] if survivor_id else []
            return "" if survivor_id else "alone"

        fault = self._write(act, CustomerId(customer_id))
        for survivor_id in survivors:
            self._parts.ring_turns(survivor_id)
        return self._to_customer(survivors[0] if survivors else customer_id, fault)

    @require_staff(*HELPERS)
    def unlink(self, customer_id: UUID) -> ResponseReturnValue:
        kind, value = request.form.get("kind", ""), request.form.get("value", "")[:LONGEST_NAME]
        if kind not in REMOVABLE:
            abort(400)
        identifier = Identifier(kind=IdentifierKind(kind), value=value)

        def act(uow: UnitOfWork) -> str:
            owner = uow.customers.owner(identifier)
            if owner is None or owner.profile not in uow.customers.family(CustomerId(customer_id)):
                return "nobody"
            unlink(uow.customers, identifier, _why(), self._parts.now())
            return ""

        return self._to_customer(customer_id, self._write(act, None))

    def _decide(self, decide: Callable[[UnitOfWork, Why, Any], bool]) -> ResponseReturnValue:
        fault = self._write(lambda uow: "" if decide(uow, _why(), self._parts.now()) else "decided", None)
        return self._questions(fault, 409) if fault else redirect(url_for("console.show_identity"), 303)

    def _write(self, act: Callable[[UnitOfWork], str], ring_for: CustomerId | None) -> str:
        """Do it and commit; a fault in one word, or nothing."""

        def once() -> str:
            with self._parts.database.write() as uow:
                try:
                    fault = act(uow)
                except CannotMerge:
                    return "cannot"
                if not fault:
                    uow.commit()
                return fault

        fault = again_if_moved(once)
        if not fault and ring_for is not None:
            self._parts.ring_turns(ring_for)
        return fault

    def _questions(self, fault: str = "", status: int = 200) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            questions, waiting = read_questions(uow), uow.handoffs.count_queued()
        page = render_template("console/identity.html", questions=questions, fault=fault, waiting=waiting)
        return page, status

    def _to_customer(self, customer_id: UUID, fault: str) -> ResponseReturnValue:
        place = url_for(
            "console.show_customer", customer_id=customer_id, fault=fault or None, _anchor="identity"
        )
        return redirect(place, 303)


def read_questions(uow: UnitOfWork) -> list[Question]:
    conflicts = uow.customers.merges.record.waiting(LISTED)
    ids = {one for conflict in conflicts for one in (conflict.first_id, conflict.second_id)}
    people, links = uow.customers.by_ids(list(ids)), uow.customers.evidence_of_all(list(ids))
    return [
        Question(
            conflict=conflict,
            sides=[
                Side(customer=people[one], links=links.get(one, []))
                for one in (conflict.first_id, conflict.second_id)
            ],
        )
        for conflict in conflicts
    ]


def read_panel(uow: UnitOfWork, customer_id: CustomerId) -> Panel:
    family = uow.customers.family(customer_id)
    record = uow.customers.merges.record
    changes, conflicts = record.of(family), record.about(family)
    named = {one for change in changes for one in (change.customer_id, change.other_id) if one}
    named |= {one for conflict in conflicts for one in (conflict.first_id, conflict.second_id)}
    people = uow.customers.by_ids([*family, *named])
    numbers = numbers_heard(uow.customers.addresses_of(customer_id))
    merges: dict[CustomerId | None, IdentityChange] = {}
    for change in changes:
        merges.setdefault(change.other_id, change)
    return Panel(
        known=[_known(link, numbers) for link in uow.customers.evidence_of(customer_id)],
        merged=[(people[one], merges.get(one)) for one in family[1:]],
        conflicts=conflicts,
        changes=changes,
        people=people,
    )


def _known(link: IdentityLink, numbers: frozenset[str]) -> Known:
    kind = link.identifier.kind
    return Known(
        link=link,
        is_proven=link.method == Method.CARRIER or canonical_phone(link.identifier.value) in numbers,
        is_removable=kind in REMOVABLE and link.status is not LinkStatus.UNLINKED,
    )


def find(uow: UnitOfWork, named: str) -> CustomerId | None:
    """By id, number, e-mail or a shop's user id."""
    try:
        customer = uow.customers.get(CustomerId(UUID(named)))
    except ValueError:
        customer = None
    if customer is not None:
        return customer.id
    if "\x00" in named:
        return None
    digits = "".join(sign for sign in named if sign.isdigit()).removeprefix("00")
    asked = (
        Identifier(kind=IdentifierKind.PHONE, value=f"+{digits}"),
        Identifier(kind=IdentifierKind.EMAIL, value=named.casefold()),
        Identifier(kind=IdentifierKind.USER_ID, value=named),
    )
    return next((found for one in asked if (found := uow.customers.find_by(one))), None)


def _why() -> Why:
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    return Why(method=Method.STAFF, actor=f"agent:{g.agent.id}", reason=reason or "staff")
