"""May two profiles be taken for one? Each rule by its case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from context_store.identity_rules import (
    Evidence,
    Judgement,
    Profile,
    Verdict,
    judge,
    newcomer,
    survivor_of,
)
from context_store.records import CustomerId, Identifier, IdentifierKind, Method, Why, new_id

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
PHONE = Identifier(kind=IdentifierKind.PHONE, value="+34600000001")
EMAIL = Identifier(kind=IdentifierKind.EMAIL, value="ana@example.com")
VISITOR = Identifier(kind=IdentifierKind.ANONYMOUS_ID, value="a1")
ACCOUNT = Identifier(kind=IdentifierKind.USER_ID, value="u1")


def known(**values: Any) -> Profile:
    return replace(Profile(id=CustomerId(new_id()), created_at=NOW, has_own_key=True), **values)


ANA = known(user_ids=frozenset({("web", "u1")}))
EVA = known(user_ids=frozenset({("web", "u2")}))
ANA_AT_ANOTHER_SHOP = known(user_ids=frozenset({("outlet", "u1")}))
WRITER = known(numbers=frozenset({PHONE.value}))
OTHER_WRITER = known(numbers=frozenset({"+34600000002"}))
SOMEBODY = known()
CONTACT = known(has_own_key=False)
NEW_ACCOUNT = newcomer([ACCOUNT], "web")
NEW_VISITOR = newcomer([VISITOR], "web")

MERGE, LINK, CONFLICT, NOTHING = Verdict.MERGE, Verdict.LINK, Verdict.CONFLICT, Verdict.NOTHING
CASES = {
    "an id that names nobody": (ANA, None, Method.LOGIN, VISITOR, LINK, "new"),
    "an id that names them": (ANA, ANA, Method.LOGIN, VISITOR, NOTHING, "same"),
    "a visitor who signs in": (ANA, SOMEBODY, Method.LOGIN, VISITOR, MERGE, "login"),
    "two who sign in on one browser": (ANA, EVA, Method.LOGIN, VISITOR, CONFLICT, "two_accounts"),
    "accounts of two shops": (ANA, ANA_AT_ANOTHER_SHOP, Method.TOKEN, VISITOR, MERGE, "token"),
    "an account that has got a new id": (ANA, EVA, Method.ALIAS, ACCOUNT, MERGE, "alias"),
    "a token of a web session": (WRITER, SOMEBODY, Method.TOKEN, VISITOR, MERGE, "token"),
    "a token that was passed on to a friend": (
        WRITER,
        OTHER_WRITER,
        Method.TOKEN,
        VISITOR,
        CONFLICT,
        "two_numbers",
    ),
    "the carrier names both": (WRITER, SOMEBODY, Method.CARRIER, PHONE, MERGE, "carrier"),
    "a user id that has changed its number": (
        WRITER,
        OTHER_WRITER,
        Method.CARRIER,
        PHONE,
        CONFLICT,
        "two_numbers",
    ),
    "an account's number, written from": (ANA, WRITER, Method.IDENTIFY, PHONE, MERGE, "verified_phone"),
    "a new account's number, written from": (
        NEW_ACCOUNT,
        WRITER,
        Method.IDENTIFY,
        PHONE,
        MERGE,
        "verified_phone",
    ),
    "a number that a visitor typed": (SOMEBODY, WRITER, Method.IDENTIFY, PHONE, CONFLICT, "shared_phone"),
    "a new visitor who types a number": (
        NEW_VISITOR,
        WRITER,
        Method.IDENTIFY,
        PHONE,
        CONFLICT,
        "shared_phone",
    ),
    "a family's number": (ANA, EVA, Method.IDENTIFY, PHONE, CONFLICT, "two_accounts"),
    "a number that nobody wrote from": (ANA, SOMEBODY, Method.IDENTIFY, PHONE, CONFLICT, "shared_phone"),
    "a shared e-mail": (ANA, WRITER, Method.IDENTIFY, EMAIL, CONFLICT, "shared_email"),
    "a new account of an imported contact": (
        NEW_ACCOUNT,
        CONTACT,
        Method.IDENTIFY,
        EMAIL,
        LINK,
        "contact",
    ),
    "a known account of an imported contact": (
        ANA,
        CONTACT,
        Method.IDENTIFY,
        EMAIL,
        CONFLICT,
        "shared_email",
    ),
    "a visitor's first sign-in, seen in an event": (
        NEW_ACCOUNT,
        SOMEBODY,
        Method.IDENTIFY,
        VISITOR,
        LINK,
        "visitor",
    ),
    "two ids without a sign-in": (ANA, SOMEBODY, Method.IDENTIFY, VISITOR, NOTHING, "no_proof"),
    "staff, whatever speaks against it": (ANA, EVA, Method.STAFF, PHONE, MERGE, "staff"),
}


@pytest.mark.parametrize(("one", "other", "method", "named", "verdict", "reason"), CASES.values(), ids=CASES)
def test_the_first_rule_that_applies_decides(
    one: Profile, other: Profile | None, method: Method, named: Identifier, verdict: Verdict, reason: str
) -> None:
    why = Why(method=method, actor="web", identifier=named)
    assert judge(one, other, Evidence(why=why)) == Judgement(verdict=verdict, reason=reason)


def test_what_staff_have_kept_apart_no_proof_joins_but_they_themselves_may() -> None:
    login = Evidence(why=Why(method=Method.LOGIN, actor="web", identifier=VISITOR), is_kept_apart=True)
    assert judge(ANA, SOMEBODY, login).verdict is NOTHING
    staff = Evidence(why=Why(method=Method.STAFF, actor="agent"), is_kept_apart=True)
    assert judge(ANA, SOMEBODY, staff).verdict is MERGE


def test_a_disputed_identifier_proves_nothing() -> None:
    why = Why(method=Method.LOGIN, actor="web", identifier=VISITOR)
    assert judge(ANA, SOMEBODY, Evidence(why=why, is_disputed=True)).reason == "disputed"
    claim = Why(method=Method.IDENTIFY, actor="web", identifier=PHONE)
    assert judge(ANA, WRITER, Evidence(why=claim, is_disputed=True)).reason == "disputed"


OLDER = known(created_at=NOW - timedelta(days=1))
SURVIVORS = {
    "an account before a number": (WRITER, ANA, ANA),
    "a number before a visitor": (SOMEBODY, WRITER, WRITER),
    "of two of a kind the older": (SOMEBODY, OLDER, OLDER),
}


@pytest.mark.parametrize(("one", "other", "stays"), SURVIVORS.values(), ids=SURVIVORS)
def test_who_stays_does_not_depend_on_who_is_named_first(
    one: Profile, other: Profile, stays: Profile
) -> None:
    assert survivor_of(one, other)[0] == survivor_of(other, one)[0] == stays
