"""From an address or a shop's ids to the one customer behind them; creates the customer on first sight.

What proves that two known customers are one joins them; what only suggests it is put before staff. Which is
which, `identity_rules` says.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from context_store.customers import Customers, Owner
from context_store.identity_faults import CannotMerge
from context_store.identity_rules import (
    CLAIMS,
    OWN,
    Evidence,
    Judgement,
    Profile,
    Verdict,
    judge,
    newcomer,
    survivor_of,
)
from context_store.phones import canonical_phone
from context_store.records import (
    Address,
    AddressId,
    AddressStatus,
    Channel,
    ConflictStatus,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityChangeKind,
    IdentityLink,
    LinkStatus,
    Method,
    Why,
    new_id,
)

Owners = dict[Identifier, Owner | None]
# Somebody typed it; that it reaches them is not known until they write from it.
CLAIMED = 0.6


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes, as a channel tells it. The first identifier that is known decides who they are."""

    channel: Channel
    address: str
    identifiers: tuple[Identifier, ...]
    name: str | None = None
    # Set when nothing can ever be sent there: why, in one word.
    unreachable: str | None = None
    country: str | None = None
    source: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whom a shop tells of. Their own ids decide who they are, a phone or an e-mail hardly."""

    identifiers: tuple[Identifier, ...]
    source: str
    name: str | None = None
    country: str | None = None
    # What their own ids prove of one another. An account's and a visitor's id together are a sign-in.
    method: Method = Method.LOGIN


def resolve(customers: Customers, sender: Sender, now: datetime) -> Address:
    """The sender's address, with the profile that it belongs to; both are made if new.

    Raises `AlreadyLinked` when another transaction makes, joins or parts the same person at this moment:
    the caller rolls back and calls again.
    """
    if sender.unreachable is None:
        heard = customers.heard_from(sender.channel, sender.address, sender.identifiers, now)
        if heard is not None and heard.are_linked:
            return heard.address
        address = heard.address if heard else None
    else:
        address = customers.find_address(sender.channel, sender.address)
    owners = _owners(customers, sender)
    if address is None:
        address = _new_address(customers, sender, owners, now)
    _take_in(customers, address.customer_id, sender, owners, now)
    return address


def resolve_person(customers: Customers, person: Person, now: datetime) -> CustomerId:
    """The profile that the identifiers name, made if new. A phone number becomes an address to write to.

    Facts belong to this profile, also while it is one person with others: so they can be told apart again.
    Raises `AlreadyLinked` like `resolve`.
    """
    owners = _owners(customers, person)
    profile = _whom(customers, person, owners) or _new_customer(customers, person, now)
    _take_in(customers, profile, person, owners, now)
    for identifier, owner in owners.items():
        if identifier.kind is IdentifierKind.PHONE and (owner is None or owner.profile == profile):
            _add_phone_addresses(customers, profile, identifier.value)
    return profile


def resolve_alias(
    customers: Customers, previous_id: str, user_id: str, source: str, now: datetime
) -> CustomerId:
    """A shop's old id, of an account or of a visitor, is an account's now. Raises `AlreadyLinked`."""
    kinds = (IdentifierKind.USER_ID, IdentifierKind.ANONYMOUS_ID)
    known = (Identifier(kind=kind, value=previous_id) for kind in kinds)
    previous = next(
        (one for one in known if customers.owner(one)),
        Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=previous_id),
    )
    named = Identifier(kind=IdentifierKind.USER_ID, value=user_id)
    person = Person(identifiers=(named, previous), source=source, method=Method.ALIAS)
    return resolve_person(customers, person, now)


def bind(customers: Customers, writer: CustomerId, session: CustomerId, why: Why, now: datetime) -> Judgement:
    """Whoever writes has shown what was given to that session's customer alone (`Method.TOKEN`).

    Afterwards both are one person, or staff are asked. Raises `AlreadyLinked` like `resolve`.
    """
    return _decide(customers, writer, session, replace(why, method=Method.TOKEN), now)


def join(
    customers: Customers, survivor_id: CustomerId, other_id: CustomerId, why: Why, now: datetime
) -> bool:
    """Somebody of staff says that these are one person, with the first one's thread.

    False when they were before. Raises `CannotMerge`.
    """
    for one in (survivor_id, other_id):
        if customers.get(one) is None:
            raise CannotMerge(f"there is no customer {one}")
    links = [*customers.evidence_of(survivor_id), *customers.evidence_of(other_id)]
    is_new = customers.merges.merge(survivor_id, other_id, why, now)
    _end_dispute(customers, links)
    return is_new


def join_conflict(customers: Customers, conflict_id: UUID, why: Why, now: datetime) -> bool:
    """Staff say that the two of a conflict are one. False when somebody has decided on them before."""
    record = customers.merges.record
    conflict = record.get(conflict_id)
    if conflict is None or not record.decide(conflict_id, ConflictStatus.JOINED, why.actor, now):
        return False
    two = customers.profile(conflict.first_id), customers.profile(conflict.second_id)
    first, second = survivor_of(*two)
    said = replace(why, identifier=conflict.identifier)
    if first.id is not None and second.id is not None:
        join(customers, first.id, second.id, said, now)
    return True


def part(customers: Customers, merged_id: CustomerId, why: Why, now: datetime) -> CustomerId | None:
    """Two people again, and nothing joins them by itself any more. Whom they were joined to, or None."""
    survivor_id = customers.merges.unmerge(merged_id, why, now)
    if survivor_id is not None:
        customers.merges.record.keep_apart(survivor_id, merged_id, why, now)
    return survivor_id


def keep_apart(customers: Customers, conflict_id: UUID, why: Why, now: datetime) -> bool:
    """These are two people. False when somebody has decided on them before."""
    record = customers.merges.record
    conflict = record.get(conflict_id)
    if conflict is None or not record.decide(conflict_id, ConflictStatus.KEPT_APART, why.actor, now):
        return False
    said = replace(why, identifier=conflict.identifier)
    record.note(IdentityChangeKind.KEPT_APART, conflict.first_id, conflict.second_id, said, now)
    if conflict.identifier is not None:
        customers.mark_link(conflict.identifier, LinkStatus.LINKED)
    return True


def unlink(customers: Customers, identifier: Identifier, why: Why, now: datetime) -> bool:
    """It is not theirs, and free for whomever it is told of next. False when nobody has it.

    Raises `CannotMerge` for what they are written to at: whose an address is, only its next message tells.
    """
    owner = customers.owner(identifier)
    if owner is None:
        return False
    if identifier.kind not in (*OWN, IdentifierKind.EMAIL) or (
        identifier.kind is IdentifierKind.WHATSAPP_USER_ID
    ):
        raise CannotMerge("it is an address that they are written to at")
    customers.mark_link(identifier, LinkStatus.UNLINKED)
    said = replace(why, identifier=identifier)
    customers.merges.record.note(IdentityChangeKind.UNLINKED, owner.profile, None, said, now)
    return True


def _owners(customers: Customers, who: Sender | Person) -> Owners:
    """Looked up once: whoever takes one of them from now on is this very person, and `link` says so."""
    return {identifier: customers.owner(identifier) for identifier in who.identifiers}


def _whom(customers: Customers, person: Person, owners: Owners) -> CustomerId | None:
    """The profile that is meant, if one is known. A claim alone may name one that nothing else speaks for."""
    own = [one for one in person.identifiers if one.kind in OWN]
    first = owners[own[0]] if own else None
    if first is not None:
        return first.profile
    stranger = newcomer(person.identifiers, person.source)
    for identifier, owner in owners.items():
        if owner is None:
            continue
        if not own:
            # An order of a guest, a line of a list: nobody else could be meant.
            return owner.profile
        evidence = _evidence(customers, person, identifier, owner, ())
        verdict = judge(stranger, customers.profile(owner.person), evidence).verdict
        if verdict in (Verdict.LINK, Verdict.MERGE):
            return owner.profile
    return None


def _take_in(
    customers: Customers, profile: CustomerId, who: Sender | Person, owners: Owners, now: datetime
) -> None:
    """What nobody is known by becomes theirs; what names somebody else is evidence about both."""
    for identifier, owner in owners.items():
        if owner is None:
            customers.link(_link(identifier, profile, who, now))
    for identifier, owner in owners.items():
        if owner is not None and owner.profile != profile:
            _compare(customers, profile, identifier, owner, who, now)


def _compare(
    customers: Customers,
    profile: CustomerId,
    identifier: Identifier,
    owner: Owner,
    who: Sender | Person,
    now: datetime,
) -> None:
    if owner.profile in customers.family(profile):
        return
    one, other = customers.profile(profile), customers.profile(owner.profile)
    family = customers.family(profile)
    evidence = _evidence(customers, who, identifier, owner, family)
    judgement = judge(one, other, evidence)
    _act(customers, (one, other), replace(evidence.why, reason=judgement.reason), judgement, now)
    is_claimed = identifier.kind in (*CLAIMS, IdentifierKind.ANONYMOUS_ID)
    is_proven = canonical_phone(identifier.value) in other.numbers
    if judgement.verdict is Verdict.CONFLICT and is_claimed and not is_proven:
        customers.mark_link(identifier, LinkStatus.DISPUTED)


def _evidence(
    customers: Customers,
    who: Sender | Person,
    identifier: Identifier,
    owner: Owner,
    family: tuple[CustomerId, ...],
) -> Evidence:
    record = customers.merges.record
    others = customers.family(owner.profile)
    return Evidence(
        why=Why(method=_method(who, identifier.kind), actor=who.source, identifier=identifier),
        is_disputed=owner.link.status is LinkStatus.DISPUTED,
        is_kept_apart=bool(family) and record.are_kept_apart(family, others),
    )


def _method(who: Sender | Person, kind: IdentifierKind) -> Method:
    if isinstance(who, Sender):
        return Method.CARRIER
    named = {identifier.kind for identifier in who.identifiers}
    is_about_two_ids = kind in OWN and IdentifierKind.USER_ID in named
    return who.method if is_about_two_ids else Method.IDENTIFY


def _decide(
    customers: Customers, one_id: CustomerId, other_id: CustomerId, why: Why, now: datetime
) -> Judgement:
    one, other = customers.profile(one_id), customers.profile(other_id)
    families = customers.family(one_id), customers.family(other_id)
    is_kept_apart = customers.merges.record.are_kept_apart(*families)
    judgement = judge(one, other, Evidence(why=why, is_kept_apart=is_kept_apart))
    _act(customers, (one, other), replace(why, reason=judgement.reason), judgement, now)
    return judgement


def _act(
    customers: Customers, two: tuple[Profile, Profile], why: Why, judgement: Judgement, now: datetime
) -> None:
    first, second = survivor_of(*two)
    if first.id is None or second.id is None:
        return
    if judgement.verdict is Verdict.MERGE:
        customers.merges.merge(first.id, second.id, why, now)
    elif judgement.verdict is Verdict.CONFLICT and customers.merges.record.open_conflict(
        first.id, second.id, why, now
    ):
        customers.merges.record.note(IdentityChangeKind.DISPUTED, first.id, second.id, why, now)


def _end_dispute(customers: Customers, links: list[IdentityLink]) -> None:
    for link in links:
        if link.status is LinkStatus.DISPUTED:
            customers.mark_link(link.identifier, LinkStatus.LINKED)


def _new_address(customers: Customers, sender: Sender, owners: Owners, now: datetime) -> Address:
    owner = next((owner for owner in owners.values() if owner), None)
    address = Address(
        id=AddressId(new_id()),
        customer_id=owner.profile if owner else _new_customer(customers, sender, now),
        channel=sender.channel,
        value=sender.address,
        status=AddressStatus.UNREACHABLE if sender.unreachable else AddressStatus.REACHABLE,
        reason=sender.unreachable,
        last_inbound_at=now,
    )
    customers.add_address(address)
    return address


def _new_customer(customers: Customers, who: Sender | Person, now: datetime) -> CustomerId:
    customer_id = CustomerId(new_id())
    customers.add(Customer(id=customer_id, name=who.name, country=who.country, created_at=now))
    return customer_id


def _link(
    identifier: Identifier, customer_id: CustomerId, who: Sender | Person, now: datetime
) -> IdentityLink:
    method = Method.CARRIER if isinstance(who, Sender) else who.method
    is_claim = isinstance(who, Person) and identifier.kind in CLAIMS
    values: dict[str, Any] = {
        "method": Method.IDENTIFY if method is Method.LOGIN else method,
        "confidence": CLAIMED if is_claim else 1.0,
    }
    return IdentityLink(
        identifier=identifier, customer_id=customer_id, source=who.source, created_at=now, **values
    )


def _add_phone_addresses(customers: Customers, customer_id: CustomerId, phone: str) -> None:
    """A number can be tried on both channels; what is not there is learnt from the first refusal."""
    known = {
        (address.channel, canonical_phone(address.value))
        for address in customers.own_addresses_of(customer_id)
    }
    for channel in (Channel.WHATSAPP, Channel.SMS):
        is_new = (channel, canonical_phone(phone)) not in known
        if is_new and customers.find_address(channel, phone) is None:
            customers.add_address(
                Address(id=AddressId(new_id()), customer_id=customer_id, channel=channel, value=phone)
            )
