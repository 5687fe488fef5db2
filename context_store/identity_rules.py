"""May two profiles be taken for one person? Evidence in, verdict out. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from context_store.phones import canonical_phone
from context_store.records import Address, CustomerId, Identifier, IdentifierKind, IdentityLink, Method
from context_store.records.identity import Why

# These are their own: nobody types another's by mistake.
OWN = (
    IdentifierKind.USER_ID,
    IdentifierKind.ANONYMOUS_ID,
    IdentifierKind.WHATSAPP_USER_ID,
    IdentifierKind.STORE_CARD,
)
# What people type into forms, their own or somebody else's, and what families share.
CLAIMS = (IdentifierKind.PHONE, IdentifierKind.EMAIL)
PROOFS = (Method.CARRIER, Method.TOKEN, Method.LOGIN, Method.ALIAS)
# People decide these; two accounts or two numbers do not speak against it.
EXPLICIT = (Method.STAFF, Method.COMMAND)


class Verdict(StrEnum):
    # It names nobody yet, or somebody of whom nothing else is known.
    LINK = "link"
    MERGE = "merge"
    CONFLICT = "conflict"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    verdict: Verdict
    # In one word that pages translate.
    reason: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is known of one person, whatever the number of profiles that are joined in them."""

    # None: nobody is kept for it yet.
    id: CustomerId | None = None
    created_at: datetime | None = None
    # With the shop that gave them: two shops number their customers independently.
    user_ids: frozenset[tuple[str, str]] = frozenset()
    # Canonical numbers that they have written from.
    numbers: frozenset[str] = frozenset()
    has_own_key: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Something came together with `one` that names `other`."""

    why: Why
    is_disputed: bool = False
    # Staff have looked at these two before and said no.
    is_kept_apart: bool = False


def judge(one: Profile, other: Profile | None, evidence: Evidence) -> Judgement:
    """The first rule that applies. `other` is None for an identifier that names nobody."""
    if other is None:
        return Judgement(verdict=Verdict.LINK, reason="new")
    if one.id is not None and one.id == other.id:
        return Judgement(verdict=Verdict.NOTHING, reason="same")
    method = evidence.why.method
    if method in EXPLICIT:
        return Judgement(verdict=Verdict.MERGE, reason=method.value)
    if evidence.is_kept_apart:
        return Judgement(verdict=Verdict.NOTHING, reason="kept_apart")
    against = _what_speaks_against(one, other, method)
    if against is not None:
        return Judgement(verdict=Verdict.CONFLICT, reason=against)
    if method in PROOFS and not evidence.is_disputed:
        return Judgement(verdict=Verdict.MERGE, reason=method.value)
    return _judge_claim(one, other, evidence)


def _what_speaks_against(one: Profile, other: Profile, method: Method) -> str | None:
    """Two accounts of one shop, or two numbers that both wrote, are two people until somebody says no."""
    shops = {shop for shop, _ in one.user_ids} & {shop for shop, _ in other.user_ids}
    if shops and method is not Method.ALIAS:
        return "two_accounts"
    are_apart = one.numbers and other.numbers and not one.numbers & other.numbers
    return "two_numbers" if are_apart else None


def _judge_claim(one: Profile, other: Profile, evidence: Evidence) -> Judgement:
    kind = evidence.why.identifier.kind if evidence.why.identifier else None
    if evidence.is_disputed:
        return Judgement(verdict=Verdict.CONFLICT, reason="disputed")
    if one.id is None and kind is IdentifierKind.ANONYMOUS_ID and not other.user_ids:
        # A visitor of whom no account is known, and an account of which nothing else is.
        return Judgement(verdict=Verdict.LINK, reason="visitor")
    if kind not in CLAIMS:
        # Two ids of one browser in an event: no proof without a sign-in, and nothing to worry about.
        return Judgement(verdict=Verdict.NOTHING, reason="no_proof")
    has_account = bool(one.user_ids)
    if kind is IdentifierKind.PHONE and has_account and other.numbers and not other.user_ids:
        # The shop vouches for its account's number, and whoever holds that number wrote to us from it.
        return Judgement(verdict=Verdict.MERGE, reason="verified_phone")
    if one.id is None and not other.has_own_key and not other.numbers:
        # A bare contact: there is nothing that could make it somebody else.
        return Judgement(verdict=Verdict.LINK, reason="contact")
    return Judgement(verdict=Verdict.CONFLICT, reason=f"shared_{kind.value}")


def survivor_of(one: Profile, other: Profile) -> tuple[Profile, Profile]:
    """Who stays, and who is joined to them: an account before a number, that before a visitor, the older."""
    first, second = sorted((one, other), key=_standing)
    return first, second


def _standing(profile: Profile) -> tuple[bool, bool, float, UUID]:
    created = profile.created_at.timestamp() if profile.created_at else float("inf")
    return not profile.user_ids, not profile.numbers, created, profile.id or UUID(int=0)


def profile_of(
    customer_id: CustomerId,
    created_at: datetime,
    links: Iterable[IdentityLink],
    addresses: Iterable[Address],
) -> Profile:
    """From what is kept of all the profiles that are this one person."""
    known = list(links)
    return Profile(
        id=customer_id,
        created_at=created_at,
        user_ids=frozenset(
            (link.source, link.identifier.value)
            for link in known
            if link.identifier.kind is IdentifierKind.USER_ID
        ),
        numbers=numbers_heard(addresses),
        has_own_key=any(link.identifier.kind in OWN for link in known),
    )


def numbers_heard(addresses: Iterable[Address]) -> frozenset[str]:
    return frozenset(
        canonical_phone(address.value)
        for address in addresses
        if address.last_inbound_at is not None and address.value.startswith("+")
    )


def newcomer(identifiers: Iterable[Identifier], source: str) -> Profile:
    """Somebody who is named by what nobody has been named by."""
    named = list(identifiers)
    return Profile(
        user_ids=frozenset((source, one.value) for one in named if one.kind is IdentifierKind.USER_ID),
        has_own_key=any(one.kind in OWN for one in named),
    )
