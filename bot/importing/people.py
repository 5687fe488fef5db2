"""Persons of a file, a thousand at a time: found by their identifiers, or made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from bot.importing import cells
from bot.importing.cells import Refused
from bot.importing.csv_files import Columns
from bot.importing.kinds import Frame, Kept
from bot.phone_numbers import country_of
from context_store.bulk import known_as
from context_store.phones import canonical_phone
from context_store.records import (
    Address,
    AddressId,
    Channel,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    new_id,
)
from context_store.tombstones import digest_of
from context_store.unit_of_work import UnitOfWork
from flows.texts import LANGUAGES

NAMES = {
    "customer_id": "user_id",
    "id": "user_id",
    "telefono": "phone",
    "phone_number": "phone",
    "movil": "phone",
    "mobile": "phone",
    "telefone": "phone",
    "correo": "email",
    "correo_electronico": "email",
    "e_mail": "email",
    "email_address": "email",
    "nombre": "name",
    "nome": "name",
    "full_name": "name",
    "nombre_completo": "name",
    "apellidos": "last_name",
    "apellido": "last_name",
    "surname": "last_name",
    "idioma": "language",
    "locale": "language",
    "pais": "country",
    "country_code": "country",
    "puntos": "loyalty_points",
    "points": "loyalty_points",
}
WHO = ("user_id", "phone", "email")
COLUMNS = Columns(
    known=frozenset(
        (*WHO, "name", "first_name", "last_name", "language", "country", "timezone", "loyalty_points")
    ),
    other_names=NAMES,
    needed=(WHO,),
)
METHOD = "import"
CERTAIN = 1.0


@dataclass(frozen=True, kw_only=True)
class Told:
    """One person as a line tells them."""

    # Strongest first, as they are kept.
    identifiers: tuple[Identifier, ...]
    # In the form in which it is written to.
    phone: str | None
    traits: dict[str, Any]


def read(line: dict[str, str], frame: Frame) -> Told:
    """Raises `Refused`."""
    number = cells.phone(line["phone"], frame.country) if line.get("phone") else None
    found = []
    if line.get("user_id"):
        value = cells.short(line["user_id"], "user_id", 300)
        found.append(Identifier(kind=IdentifierKind.USER_ID, value=value))
    if number:
        found.append(known_as(Identifier(kind=IdentifierKind.PHONE, value=number)))
    if line.get("email"):
        found.append(Identifier(kind=IdentifierKind.EMAIL, value=cells.email(line["email"])))
    if not found:
        raise Refused(f"nobody is named: fill in one of {', '.join(WHO)}")
    return Told(identifiers=tuple(found), phone=number, traits=_traits(line, number))


def _traits(line: dict[str, str], number: str | None) -> dict[str, Any]:
    name = line.get("name") or " ".join(line[part] for part in ("first_name", "last_name") if line.get(part))
    language = cells.letters(line["language"], "language").lower() if line.get("language") else None
    timezone = line.get("timezone") or None
    if timezone and timezone not in available_timezones():
        raise Refused(f"there is no time zone {timezone[:40]}: write a name like America/Guayaquil")
    points = line.get("loyalty_points")
    return {
        "name": cells.short(name, "name", 120) if name else None,
        # Others are no fault of the line: we only speak some.
        "language": language if language in LANGUAGES else None,
        "country": cells.letters(line["country"], "country").upper()
        if line.get("country")
        else country_of(number),
        "timezone": timezone,
        "loyalty_points": cells.count(points, "loyalty_points") if points else None,
    }


def keep(uow: UnitOfWork, told: Sequence[Told], frame: Frame, now: datetime) -> list[Kept | Refused]:
    """Raises `AlreadyLinked` when somebody of the file came into being meanwhile: all of it again."""
    return [each if isinstance(each, Refused) else each.kept for each in resolve(uow, told, frame, now)]


@dataclass(kw_only=True)
class Resolved:
    customer_id: CustomerId
    kept: Kept


def resolve(uow: UnitOfWork, told: Sequence[Told], frame: Frame, now: datetime) -> list[Resolved | Refused]:
    """The customer of each line, in order; those who are new, and what is new of the others, are kept."""
    erased = _erased(uow, told, frame)
    known = uow.bulk.linked(identifier for person in told for identifier in person.identifiers)
    before = uow.bulk.customers(set(known.values()))
    plan = Plan(known=known, people=dict(before), now=now, source=frame.source)
    results: list[Resolved | Refused] = []
    for person in told:
        grave = next(
            (erased[each] for each in person.identifiers if each in erased and each not in known), None
        )
        if grave is not None:
            results.append(
                Refused(f"they were erased on {grave:%Y-%m-%d}: only they themselves can come back")
            )
        else:
            results.append(plan.take(person))
    new = [customer for customer in plan.people.values() if customer.id not in before]
    changed = [
        each for known_as, each in plan.people.items() if known_as in before and before[known_as] != each
    ]
    uow.bulk.add_customers(new)
    uow.bulk.complete_customers(changed)
    uow.bulk.add_links(plan.links)
    uow.bulk.add_addresses(_addresses(uow, plan, set(before)))
    return results


def _erased(uow: UnitOfWork, told: Sequence[Told], frame: Frame) -> dict[Identifier, datetime]:
    digests = {
        identifier: digest_of(frame.secret_key, identifier)
        for person in told
        for identifier in person.identifiers
    }
    graves = uow.tombstones.find(digests.values())
    return {each: graves[digest].erased_at for each, digest in digests.items() if digest in graves}


class Plan:
    """What is to be written for a thousand lines, of which several may be about one person."""

    def __init__(
        self,
        *,
        known: dict[Identifier, CustomerId],
        people: dict[CustomerId, Customer],
        now: datetime,
        source: str,
    ) -> None:
        self._known = known
        self.people = people
        self.links: list[IdentityLink] = []
        self.phones: list[tuple[CustomerId, str]] = []
        self._now = now
        self._source = source

    def take(self, person: Told) -> Resolved:
        found = next((self._known[each] for each in person.identifiers if each in self._known), None)
        if found is None:
            found = CustomerId(new_id())
            self.people[found] = Customer(id=found, created_at=self._now)
            kept = Kept.NEW
        else:
            kept = Kept.UNCHANGED
        before = self.people[found]
        self.people[found] = completed(before, person.traits)
        is_news = self._link(person, found) or self.people[found] != before
        return Resolved(customer_id=found, kept=Kept.NEW if kept is Kept.NEW or is_news else kept)

    def _link(self, person: Told, customer_id: CustomerId) -> bool:
        """Identifiers that are nobody's yet become theirs; one that is somebody else's stays theirs."""
        unknown = [each for each in person.identifiers if each not in self._known]
        for identifier in unknown:
            self._known[identifier] = customer_id
            self.links.append(
                IdentityLink(
                    identifier=identifier,
                    customer_id=customer_id,
                    method=METHOD,
                    confidence=CERTAIN,
                    source=self._source,
                    created_at=self._now,
                )
            )
        canonical = canonical_phone(person.phone) if person.phone else ""
        own = self._known.get(Identifier(kind=IdentifierKind.PHONE, value=canonical))
        if person.phone and own == customer_id:
            self.phones.append((customer_id, person.phone))
        return bool(unknown)


def completed(customer: Customer, traits: dict[str, Any]) -> Customer:
    """With what was not known yet. The newest word of the shop counts for its points."""
    missing = {
        name: value for name, value in traits.items() if value is not None and getattr(customer, name) is None
    }
    points = traits.get("loyalty_points")
    return replace(customer, **{**missing, **({"loyalty_points": points} if points is not None else {})})


def _addresses(uow: UnitOfWork, plan: Plan, known_people: set[CustomerId]) -> list[Address]:
    """A number can be tried on both channels; what is not there is learnt from the first refusal."""
    asked = {customer_id for customer_id, _ in plan.phones} & known_people
    have = {
        (address.customer_id, address.channel, canonical_phone(address.value))
        for address in (uow.bulk.addresses(asked) if asked else ())
    }
    added = []
    for customer_id, phone in plan.phones:
        for channel in (Channel.WHATSAPP, Channel.SMS):
            key = (customer_id, channel, canonical_phone(phone))
            if key not in have:
                have.add(key)
                added.append(
                    Address(id=AddressId(new_id()), customer_id=customer_id, channel=channel, value=phone)
                )
    return added
