"""Two names of one person, as a shop says: the one they had before, and the one they have now."""

from dataclasses import replace
from datetime import datetime

from context_store.customers import Customers
from context_store.identity import Person, resolve_person
from context_store.records import CustomerId, Identifier, IdentifierKind


def resolve_alias(customers: Customers, previous: str, person: Person, now: datetime) -> CustomerId:
    """The customer behind the new name, to whom the previous one is linked where nobody else has it.

    Two customers who are known by one name each stay two: joining them takes more than this.
    Raises `AlreadyLinked` like `resolve_person`.
    """
    before = _known_as(customers, previous) or Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=previous)
    return resolve_person(customers, replace(person, identifiers=(*person.identifiers, before)), now)


def _known_as(customers: Customers, previous: str) -> Identifier | None:
    """Before somebody signs up they have an anonymous id; after, another user id."""
    for kind in (IdentifierKind.ANONYMOUS_ID, IdentifierKind.USER_ID):
        identifier = Identifier(kind=kind, value=previous)
        if customers.find_by(identifier) is not None:
            return identifier
    return None
