"""Consents of a file, a thousand at a time. Nothing here opens what somebody has closed, without a proof."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.importing import cells, people
from bot.importing.cells import Refused
from bot.importing.csv_files import Columns
from bot.importing.kinds import Frame, Kept
from bot.importing.shop_lines import NOBODY
from context_store.records import Channel, Consent, ConsentStatus, CustomerId, Identifier, Topic
from context_store.tombstones import digest_of_address
from context_store.unit_of_work import UnitOfWork
from flows.told_consents import OPENS, is_known, refusal

COLUMNS = Columns(
    known=frozenset(
        (*people.WHO, "channel", "topic", "status", "wording", "proof", "date", "until", "per_week")
    ),
    other_names={
        **{told: name for told, name in people.NAMES.items() if name in people.WHO},
        "canal": "channel",
        "tema": "topic",
        "estado": "status",
        "texto": "wording",
        "prueba": "proof",
        "fecha": "date",
        "created_at": "date",
    },
    needed=(people.WHO, ("channel",), ("topic",), ("status",), ("wording",), ("proof",), ("date",)),
)
METHOD = "import"


@dataclass(frozen=True, kw_only=True)
class ToldConsent:
    identifiers: tuple[Identifier, ...]
    # Without its customer.
    consent: Consent


def read(line: dict[str, str], frame: Frame, now: datetime) -> ToldConsent:
    """Raises `Refused`."""
    status = cells.choice(line.get("status", ""), "status", ConsentStatus)
    if status in OPENS and not (line.get("wording") and line.get("proof")):
        raise Refused(
            "a consent needs its wording (what they agreed to) and its proof (where that is written)"
        )
    per_week, until = line.get("per_week"), line.get("until")
    if status is ConsentStatus.LIMITED and not per_week:
        raise Refused("limited needs per_week: how many messages")
    if status is ConsentStatus.PAUSED and not until:
        raise Refused("paused needs until: a date")
    return ToldConsent(
        identifiers=people.read(line, frame).identifiers,
        consent=Consent(
            customer_id=NOBODY,
            channel=cells.choice(line.get("channel", ""), "channel", Channel),
            topic=cells.choice(line.get("topic", ""), "topic", Topic),
            status=status,
            method=METHOD,
            wording=cells.short(line["wording"], "wording", 2000) if line.get("wording") else None,
            proof=cells.short(line["proof"], "proof", 200) if line.get("proof") else None,
            until=cells.any_moment(until, "until", frame.timezone) if until else None,
            per_week=cells.count(per_week, "per_week") if per_week else None,
            created_at=cells.moment(line.get("date", ""), "date", frame.timezone, now),
        ),
    )


def keep(uow: UnitOfWork, told: Sequence[ToldConsent], frame: Frame, now: datetime) -> list[Kept | Refused]:
    known = uow.bulk.linked(identifier for each in told for identifier in each.identifiers)
    ids = set(known.values())
    current = _current(uow, ids)
    stops = _stops(uow, ids, frame)
    added: list[Consent] = []
    results: list[Kept | Refused] = []
    for each in told:
        owner = next((known[identifier] for identifier in each.identifiers if identifier in known), None)
        if owner is None:
            results.append(
                Refused("nobody is known by that: import the customers first; erased people stay erased")
            )
            continue
        consent = replace(each.consent, customer_id=owner)
        lines = current.setdefault(owner, [])
        if is_known(consent, lines):
            results.append(Kept.UNCHANGED)
            continue
        why_not = refusal(consent, lines, stops.get((owner, consent.channel)))
        if why_not is None:
            lines.append(consent)
            added.append(consent)
        results.append(Refused(why_not) if why_not else Kept.NEW)
    uow.bulk.add_consents(added)
    return results


def _current(uow: UnitOfWork, ids: set[CustomerId]) -> dict[CustomerId, list[Consent]]:
    """What counts now; of profiles that are one person, what any of them has said."""
    if not ids:
        return {}
    joined = {known for known, customer in uow.bulk.customers(ids).items() if customer.is_joined}
    found = uow.bulk.consents(ids - joined) if ids - joined else {}
    return found | {customer_id: uow.consents.current(customer_id) for customer_id in joined}


def _stops(uow: UnitOfWork, ids: set[CustomerId], frame: Frame) -> dict[tuple[CustomerId, Channel], datetime]:
    """Those who said STOP, were erased, and have come back: of their STOP only a hash is left."""
    digests = {
        digest_of_address(frame.secret_key, address.channel, address.value): (
            address.customer_id,
            address.channel,
        )
        for address in (uow.bulk.addresses(ids) if ids else ())
    }
    graves = uow.tombstones.find(digests)
    return {
        digests[digest]: grave.stopped_at for digest, grave in graves.items() if grave.stopped_at is not None
    }
