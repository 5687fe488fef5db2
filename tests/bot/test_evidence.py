"""What joins two customers by itself, and what is put before staff."""

import pytest

from context_store.identity import bind, keep_apart, resolve_alias
from context_store.records import (
    ConflictStatus,
    Identifier,
    LinkStatus,
    Method,
    Why,
)
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP
from tests.bot.test_events import added, post
from tests.bot.test_merging import STAFF, USER, VISITOR, identify, person, unmerge
from tests.world import World


def test_a_visitor_who_signs_in_becomes_that_user_with_one_cart(world: World) -> None:
    post(world, "track", added("m1", userId=None, anonymousId="a1"))
    identify(world, 1, userId="u1", traits={"name": "Ana"})
    assert person(world, VISITOR, "a1") != person(world, USER, "u1")
    identify(world, 2, userId="u1", anonymousId="a1")
    post(world, "track", added("m2"))
    world.work()
    who = person(world, USER, "u1")
    assert who is not None
    assert person(world, VISITOR, "a1") == who
    with world.database.read() as uow:
        cart, known = uow.carts.live(who), uow.customers.person(who)
        (merge_note,) = uow.customers.merges.record.of([who])
    assert (known.name, [item.quantity for item in cart.items]) == ("Ana", [2])
    assert (merge_note.method, merge_note.actor) == (Method.LOGIN, "web")


def test_apart_again_each_has_the_cart_that_its_own_facts_tell(world: World) -> None:
    test_a_visitor_who_signs_in_becomes_that_user_with_one_cart(world)
    with world.database.read() as uow:
        visitor = uow.customers.owner(Identifier(kind=VISITOR, value="a1")).profile
    assert unmerge(world, visitor) == person(world, USER, "u1")
    for kind, value in ((VISITOR, "a1"), (USER, "u1")):
        who = person(world, kind, value)
        with world.database.read() as uow:
            assert [item.quantity for item in uow.carts.live(who).items] == [1], kind


def test_two_who_sign_in_on_one_browser_stay_two_and_staff_are_asked_once(world: World) -> None:
    identify(world, 1, userId="u1", anonymousId="a1")
    for number in (2, 3):
        identify(world, number, userId="u2", anonymousId="a1")
    world.work()
    assert person(world, USER, "u1") != person(world, USER, "u2")
    with world.database.read() as uow:
        (conflict,) = uow.customers.merges.record.waiting()
        owner = uow.customers.owner(Identifier(kind=VISITOR, value="a1"))
    assert (conflict.reason, conflict.source) == ("two_accounts", "web")
    assert owner.person == person(world, USER, "u1")
    assert owner.link.status is LinkStatus.DISPUTED


@pytest.mark.parametrize("traits", [{"phone": LUCIA}, {"email": "casa@example.com"}], ids=["phone", "e-mail"])
def test_what_a_family_shares_joins_nobody(world: World, traits: dict[str, str]) -> None:
    identify(world, 1, userId="u1", traits=traits)
    identify(world, 2, userId="u2", traits=traits)
    assert person(world, USER, "u1") != person(world, USER, "u2")
    with world.database.read() as uow:
        assert uow.customers.merges.record.count_waiting() == 1


def test_the_number_that_a_shop_vouches_for_and_that_they_wrote_from_is_theirs(world: World) -> None:
    identify(world, 1, userId="u1", traits={"name": "Ana"})
    world.says(LUCIA_ON_WHATSAPP, "hola")
    identify(world, 2, userId="u1", traits={"phone": LUCIA})
    assert person(world, USER, "u1") == world.customer_id(LUCIA)


def test_an_alias_joins_two_accounts_of_one_shop(sqlite_world: World) -> None:
    world = sqlite_world
    identify(world, 1, userId="old")
    identify(world, 2, userId="new")
    with world.database.write() as uow:
        resolve_alias(uow.customers, "old", "new", "web", world.clock.now())
        uow.commit()
    assert person(world, USER, "old") == person(world, USER, "new")


def test_whoever_sends_the_token_of_a_session_has_its_cart(world: World) -> None:
    post(world, "track", added("m1", userId=None, anonymousId="a1"))
    world.says(LUCIA_ON_WHATSAPP, "hola")
    session, writer = person(world, VISITOR, "a1"), world.customer_id(LUCIA)
    assert session is not None
    with world.database.write() as uow:
        why = Why(method=Method.TOKEN, actor="token:1")
        assert bind(uow.customers, writer, session, why, world.clock.now()).reason == "token"
        uow.commit()
    world.work()
    assert "Vela" in "".join(world.says(LUCIA_ON_WHATSAPP, "¿qué tengo en el carrito?"))


def test_what_staff_have_parted_the_same_evidence_does_not_join_again(world: World) -> None:
    identify(world, 1, userId=None, anonymousId="a1")
    identify(world, 2, userId="u1")
    identify(world, 3, userId="u1", anonymousId="a1")
    with world.database.read() as uow:
        visitor = uow.customers.owner(Identifier(kind=VISITOR, value="a1")).profile
    unmerge(world, visitor)
    identify(world, 4, userId="u1", anonymousId="a1")
    assert person(world, VISITOR, "a1") != person(world, USER, "u1")


def test_two_who_are_kept_apart_are_no_question_any_more(world: World) -> None:
    identify(world, 1, userId="u1", traits={"email": "casa@example.com"})
    identify(world, 2, userId="u2", traits={"email": "casa@example.com"})
    with world.database.write() as uow:
        record = uow.customers.merges.record
        (conflict,) = record.waiting()
        assert keep_apart(uow.customers, conflict.id, STAFF, world.clock.now())
        assert not keep_apart(uow.customers, conflict.id, STAFF, world.clock.now())
        uow.commit()
    identify(world, 3, userId="u2", traits={"email": "casa@example.com"})
    with world.database.read() as uow:
        record = uow.customers.merges.record
        assert record.count_waiting() == 0
        assert record.get(conflict.id).status is ConflictStatus.KEPT_APART
        owner = uow.customers.owner(conflict.identifier)
    assert owner.link.status is LinkStatus.LINKED
