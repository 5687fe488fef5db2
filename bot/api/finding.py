"""Whom a request is about: by our own id, or by kind:value where the key may look people up."""

from uuid import UUID

from bot.api.callers import Scope
from bot.api.operations import Given
from bot.api.problems import Problem
from context_store.records import Customer, CustomerId, CustomerStatus, Identifier, IdentifierKind

LOOK_UP = (Scope.CUSTOMERS_READ, Scope.CUSTOMERS_SEARCH)


def customer_named(given: Given, name: str, pointer: str | None = None) -> Customer:
    """`0192…` (our id), `user_id:42`, `phone:+34…`, `email:…`, `anonymous_id:…`. Raises `Problem`."""
    customer_id = _by_id(name) or _by_identifier(given, name)
    customer = given.uow.customers.person(customer_id) if customer_id else None
    if customer is None or customer.status is CustomerStatus.ERASED:
        raise Problem(404, "no-such-customer", "nobody is known by that identifier")
    return customer


def identifier_of(name: str) -> Identifier | None:
    kind, _, value = name.partition(":")
    if kind not in IdentifierKind.__members__.values() or not value.strip():
        return None
    if kind == IdentifierKind.EMAIL:
        value = value.strip().casefold()
    return Identifier(kind=IdentifierKind(kind), value=value)


def _by_id(name: str) -> CustomerId | None:
    try:
        return CustomerId(UUID(name))
    except ValueError:
        return None


def _by_identifier(given: Given, name: str) -> CustomerId | None:
    identifier = identifier_of(name)
    if identifier is None:
        detail = "name the customer by its id or as kind:value, for example user_id:42 or phone:+34600000001"
        raise Problem(400, "invalid-customer", detail)
    # Else a key that may only write could find out who is a customer here.
    if not any(given.caller.may(scope) for scope in LOOK_UP):
        raise Problem(
            403, "scope-missing", "this key may name customers by id only: kind:value needs customers:read"
        )
    return given.uow.customers.find_by(identifier)
