"""Somebody whom others tell of: the customer behind them, unless they were erased."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from context_store.identity import Person, resolve_person
from context_store.records import CustomerId, Identifier
from context_store.tombstones import digest_of
from context_store.unit_of_work import UnitOfWork


def resolve_told(
    uow: UnitOfWork, secret_key: str, person: Person, now: datetime, happened_at: datetime
) -> CustomerId | None:
    """The customer, made if new. None when they were erased: nothing of this may be kept.

    Who was erased and has written to us since is a new customer: what happened after the erasure is theirs.
    Raises `AlreadyLinked` like `resolve`.
    """
    living = without_erased(uow, secret_key, person.identifiers, happened_at)
    if not living:
        return None
    customer_id = resolve_person(uow.customers, replace(person, identifiers=living), now)
    # Found a moment ago, and erased since by somebody who is at it now.
    return None if uow.erasing.is_erased(customer_id) else customer_id


def without_erased(
    uow: UnitOfWork, secret_key: str, identifiers: Sequence[Identifier], happened_at: datetime
) -> tuple[Identifier, ...]:
    """The identifiers that may be used; none when they name somebody who was erased."""
    digests = {identifier: digest_of(secret_key, identifier) for identifier in identifiers}
    graves = uow.tombstones.find(digests.values())
    if not graves:
        return tuple(identifiers)
    living = tuple(
        identifier
        for identifier, digest in digests.items()
        if digest not in graves or uow.customers.find_by(identifier) is not None
    )
    is_old = happened_at <= max(grave.erased_at for grave in graves.values())
    is_back = any(digest in graves and identifier in living for identifier, digest in digests.items())
    return () if is_old or not is_back else living
