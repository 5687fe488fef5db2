"""Removes a person for good, and leaves behind what keeps them from coming back by themselves."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.media import folder_of
from bot.settings import Settings
from context_store.database import Database
from context_store.media import place_of
from context_store.records import (
    Channel,
    ConsentStatus,
    CustomerId,
    Identifier,
    IdentifierKind,
    MediaFileId,
)
from context_store.tombstones import digest_of, digest_of_address, identifier_of_address
from context_store.unit_of_work import UnitOfWork

log = logging.getLogger("hilo.erasure")

DROPPED = "about somebody who was erased"
# The end of a number, however it is written around it.
TELLING_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Erased:
    # One, or several who had been merged.
    customer_ids: Sequence[CustomerId]
    # How many rows of each table were emptied or deleted.
    rows: dict[str, int]
    files: int


def erase(database: Database, settings: Settings, customer_id: CustomerId, now: datetime) -> Erased | None:
    """All of them, with everybody who was merged into them. None when there is nobody of that id.

    Safe to repeat: what stops in between is done again.
    """
    with database.read() as uow:
        ids = uow.relatives.of(customer_id)
        files = uow.erasing.files(ids) if ids else []
    if not ids:
        return None
    # First the files, then the record of them.
    _delete_files(settings, files)
    with database.write() as uow:
        uow.erasing.lock(ids)
        # What was fetched or merged meanwhile.
        ids = uow.relatives.of(customer_id)
        late = uow.erasing.files(ids)
        identifiers = _bury(uow, settings.secret_key, ids, now)
        rows = uow.erasing.erase(ids, now)
        uow.scraps.delete(lambda text: _is_about(text, ids, identifiers))
        uow.commit()
    _delete_files(settings, late)
    log.info("a customer was erased", extra={"action": "customer_erased", "customers": len(ids)})
    return Erased(customer_ids=ids, rows=rows, files=len({*files, *late}))


def _is_about(text: str, ids: Sequence[CustomerId], identifiers: set[Identifier]) -> bool:
    return any(str(customer_id) in text for customer_id in ids) or mentions(text, identifiers)


def _bury(uow: UnitOfWork, secret_key: str, ids: Sequence[CustomerId], now: datetime) -> set[Identifier]:
    """Hashes of whatever names them, which it returns; parked deliveries that mention them are dropped."""
    addresses = uow.erasing.addresses(ids)
    named = [identifier_of_address(address) for address in addresses]
    identifiers = {*uow.erasing.identifiers(ids), *(each for each in named if each is not None)}
    graves: dict[str, datetime | None] = {digest_of(secret_key, each): None for each in identifiers}
    stops = _stops(uow, ids)
    for address in addresses:
        graves[digest_of_address(secret_key, address.channel, address.value)] = stops.get(address.channel)
    uow.tombstones.set(graves, now)
    mentioned = [
        delivery.number
        for delivery in uow.shop_deliveries.parked()
        if delivery.number is not None and mentions(delivery.payload or "", identifiers)
    ]
    if mentioned:
        uow.shop_deliveries.drop(mentioned, now, DROPPED)
    return identifiers


def _stops(uow: UnitOfWork, ids: Sequence[CustomerId]) -> dict[Channel, datetime]:
    """Where they do not want to hear from us, and since when: the one thing that must outlive them."""
    found: dict[Channel, datetime] = {}
    for customer_id in ids:
        for line in uow.consents.current(customer_id):
            if line.status is ConsentStatus.OPTED_OUT:
                found[line.channel] = max(line.created_at, found.get(line.channel, line.created_at))
    return found


def mentions(payload: str, identifiers: set[Identifier]) -> bool:
    """Does the text name them? Sooner once too often: what is dropped can be told again."""
    text = payload.casefold()
    digits = re.sub(r"[^\d\"]", "", text)
    return any(_names(identifier, text, digits) for identifier in identifiers)


def _names(identifier: Identifier, text: str, digits: str) -> bool:
    if identifier.kind is IdentifierKind.PHONE:
        return identifier.value[-TELLING_DIGITS:] in digits
    own = identifier.value.casefold().rpartition(":")[2]
    return re.search(rf"(?<![\w.]){re.escape(own)}(?![\w.])", text) is not None


def _delete_files(settings: Settings, files: Sequence[MediaFileId]) -> None:
    for file_id in files:
        place = place_of(folder_of(settings), file_id)
        place.unlink(missing_ok=True)
        # What a fetcher that died has left half-written.
        for unfinished in place.parent.glob(f"{place.name}.*") if place.parent.is_dir() else ():
            unfinished.unlink(missing_ok=True)
