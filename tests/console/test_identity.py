"""Who is who: conflicts are decided, customers joined and parted, and each step is on record."""

import pytest

from context_store.identity import Person, resolve_person
from context_store.records import Agent, CustomerId, Identifier, IdentifierKind, LinkStatus
from tests.console.conftest import Desk

EMAIL = Identifier(kind=IdentifierKind.EMAIL, value="casa@example.com")


def account(desk: Desk, user_id: str, *more: Identifier) -> CustomerId:
    named = Identifier(kind=IdentifierKind.USER_ID, value=user_id)
    with desk.database.write() as uow:
        person = Person(identifiers=(named, *more), source="web", name=user_id.title())
        customer_id = resolve_person(uow.customers, person, desk.now)
        uow.commit()
    return customer_id


@pytest.fixture
def family(any_desk: Desk) -> tuple[CustomerId, CustomerId]:
    """Two accounts that share an e-mail."""
    return account(any_desk, "ana", EMAIL), account(any_desk, "eva", EMAIL)


def question_of(desk: Desk) -> str:
    with desk.database.read() as uow:
        (conflict,) = uow.customers.merges.record.waiting()
    return str(conflict.id)


def same(desk: Desk, two: tuple[CustomerId, CustomerId]) -> bool:
    with desk.database.read() as uow:
        return two[1] in uow.customers.family(two[0])


def test_a_conflict_is_shown_with_what_both_are_known_by(
    any_desk: Desk, family: tuple[CustomerId, CustomerId]
) -> None:
    mine = any_desk.browser(any_desk.staff("marta@casaluna.example"))
    page = mine.page("/identity", query_string={"lang": "en"})
    for shown in ("Two accounts of one shop", "casa@example.com", "Ana", "Eva", "They are one person"):
        assert shown in page, shown
    assert "Son la misma persona" in mine.page("/identity", query_string={"lang": "es"})
    customer = mine.page(f"/customers/{family[0]}", query_string={"lang": "en"})
    for shown in ("Who this is", "casa@example.com", "disputed", "To be decided"):
        assert shown in customer, shown


def test_staff_join_them_and_part_them_again(any_desk: Desk, family: tuple[CustomerId, CustomerId]) -> None:
    mine = any_desk.browser(any_desk.staff("marta@casaluna.example", name="Marta"))
    question = question_of(any_desk)
    assert mine.post(f"/identity/{question}/join").location == "/identity"
    assert same(any_desk, family)
    assert mine.get(f"/customers/{family[1]}").location == f"/customers/{family[0]}"
    page = mine.page(f"/customers/{family[0]}", query_string={"lang": "en"})
    assert "Another person after all" in page
    assert "Marta" in page
    assert mine.post(f"/customers/{family[1]}/part").location == f"/customers/{family[0]}#identity"
    assert not same(any_desk, family)
    assert family[1] in any_desk.bell.turns or family[0] in any_desk.bell.turns


def test_kept_apart_they_are_no_question_any_more(
    any_desk: Desk, family: tuple[CustomerId, CustomerId]
) -> None:
    mine = any_desk.browser(any_desk.staff("marta@casaluna.example"))
    question = question_of(any_desk)
    assert mine.post(f"/identity/{question}/apart").location == "/identity"
    assert "Nothing to decide" in mine.page("/identity", query_string={"lang": "en"})
    late = mine.post(f"/identity/{question}/join")
    assert (late.status_code, "decided on these two already" in late.text) == (409, True)
    assert not same(any_desk, family)


@pytest.mark.parametrize("other", ["+34 600 111 222", "CASA@example.com", "ana"])
def test_another_profile_is_named_by_what_it_is_known_by(any_desk: Desk, other: str) -> None:
    phone = Identifier(kind=IdentifierKind.PHONE, value="+34600111222")
    ana, eva = account(any_desk, "ana", EMAIL, phone), account(any_desk, "eva")
    mine = any_desk.browser(any_desk.staff("marta@casaluna.example"))
    assert mine.post(f"/customers/{eva}/join", other=other).location == f"/customers/{eva}#identity"
    assert same(any_desk, (eva, ana))
    assert mine.get(f"/customers/{ana}").location == f"/customers/{eva}"


def test_what_names_nobody_is_told(office: Desk, agent: Agent) -> None:
    eva = account(office, "eva")
    mine = office.browser(agent)
    place = mine.post(f"/customers/{eva}/join", other="<b>nobody</b>").location
    assert place == f"/customers/{eva}?fault=nobody#identity"
    assert "Nobody is known by that" in mine.page(place, query_string=None)
    assert mine.post(f"/customers/{eva}/part").location == f"/customers/{eva}?fault=alone#identity"


def test_an_identifier_that_is_not_theirs_is_taken_away_and_free_again(office: Desk, agent: Agent) -> None:
    eva = account(office, "eva", EMAIL)
    mine = office.browser(agent)
    fields = {"kind": "email", "value": EMAIL.value}
    assert mine.post(f"/customers/{eva}/unlink", **fields).location == f"/customers/{eva}#identity"
    with office.database.read() as uow:
        assert uow.customers.find_by(EMAIL) is None
        (_, link) = uow.customers.evidence_of(eva)
    assert link.status is LinkStatus.UNLINKED
    ana = account(office, "ana", EMAIL)
    with office.database.read() as uow:
        assert uow.customers.find_by(EMAIL) == ana


def test_an_address_cannot_be_taken_away(office: Desk, agent: Agent) -> None:
    lucia, address = office.customer()
    fields = {"kind": "phone", "value": address.value}
    assert office.browser(agent).post(f"/customers/{lucia}/unlink", **fields).status_code == 400


def test_a_merged_customer_is_listed_and_found_once(any_desk: Desk) -> None:
    lucia, first = any_desk.customer("Lucía Fernández")
    again, second = any_desk.customer("Lucía F.", "+34600999888")
    for address in (first, second):
        any_desk.says(address)
    mine = any_desk.browser(any_desk.staff("marta@casaluna.example"))
    mine.post(f"/customers/{lucia}/join", other=str(again))
    for query in (None, {"q": "lucía"}, {"q": "+34600999888"}):
        page = mine.page("/customers", query_string=query)
        assert page.count('class="name"') == 1, query
        assert f"/customers/{lucia}" in page, query
