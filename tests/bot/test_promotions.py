"""Promotions from SQL: for whom, by which code, used or used up, and the same for other systems."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.promotions import code_for, promotions_for
from context_store.records import Method, PromotionRecord, PromotionStatus
from context_store.records.identity import Why
from context_store.records.segments import Change
from flows.promotions import Promotion, Refusal
from tests.bot.helpers import LUCIA, add_order, at_once, count_rows
from tests.bot.offers import offer_promotions, promotion
from tests.bot.test_events import post
from tests.context_store.test_segments import segment
from tests.world import World

MARIO = "+34600000002"
KEY = {"Authorization": "Bearer test-api-key"}
UNIQUE = {"code": "VUELVE", "code_source": "generated"}


@pytest.fixture
def shop(world: World) -> World:
    for phone in (LUCIA, MARIO):
        world.says(phone, "hola")
    return world


def seen(world: World, phone: str = LUCIA, said: str = "", **parts: Any) -> list[Promotion]:
    customer = world.customer(phone)
    with world.database.read() as uow:
        return list(
            promotions_for(
                uow, replace(world.house.parts, **parts), customer, now=world.clock.now(), said=said
            )
        )


def blocked(world: World, phone: str = LUCIA, **parts: Any) -> list[Refusal | None]:
    return [each.blocked for each in seen(world, phone, **parts)]


def complete(world: World, number: str, coupon: object, phone: str = LUCIA) -> None:
    body = {
        "userId": phone,
        "messageId": f"order-{number}-{phone}",
        "event": "Order Completed",
        "context": {"traits": {"phone": phone}},
        "properties": {"order_id": number, "total": 20, "currency": "EUR", "coupon": coupon},
        "timestamp": world.clock.now().isoformat(),
    }
    assert (
        post(world, "identify", {**body, "messageId": f"i{number}", "traits": {"phone": phone}}).status_code
        == 200
    )
    assert post(world, "track", body).status_code == 200
    world.work()


def asked(world: World, path: str) -> Any:
    return json.loads(world.client.get(path, headers=KEY).data)


def record(world: World, code: str) -> PromotionRecord:
    with world.database.read() as uow:
        found: PromotionRecord = uow.promotions.by_code(code)
    return found


def test_a_draft_is_told_to_nobody(shop: World) -> None:
    offer_promotions(shop, [{"code": "LATER", "status": "draft"}])
    assert seen(shop) == []
    assert "ninguna promoción" in shop.says(LUCIA, "¿qué promociones hay?")[0]


def test_newcomers_are_those_without_an_order(shop: World) -> None:
    offer_promotions(shop, [{"code": "HELLO", "audience": "new"}])
    add_order(shop, MARIO)
    assert (blocked(shop), blocked(shop, MARIO)) == ([None], [Refusal.AUDIENCE])


def test_loyal_ones_are_those_with_points(shop: World) -> None:
    offer_promotions(shop, [{"code": "POINTS", "audience": "loyalty"}])
    with shop.database.write() as uow:
        uow.customers.save(replace(uow.customers.get(shop.customer_id(LUCIA)), loyalty_points=5))
        uow.commit()
    assert (blocked(shop), blocked(shop, MARIO)) == ([None], [Refusal.AUDIENCE])


def test_a_segment_is_asked_for_by_its_name(shop: World) -> None:
    offer_promotions(shop, [{"code": "VIPS", "audience": "segment:vip"}])
    asked: list[Any] = []

    def in_segment(uow: Any, customer_id: Any, name: str) -> bool:
        asked.append((customer_id, name))
        return True

    assert blocked(shop) == [Refusal.AUDIENCE], "nobody knows that segment"
    assert blocked(shop, in_segment=in_segment) == [None]
    assert asked == [(shop.customer_id(LUCIA), "vip")]


def test_a_code_is_made_once_for_each_and_told_again(shop: World) -> None:
    offer_promotions(shop, [UNIQUE])
    first, again = (shop.says(LUCIA, "¿qué promociones hay?")[0] for _ in range(2))
    mine = code_for(record(shop, "VUELVE"), shop.customer_id(LUCIA), "s" * 32)
    assert mine in first
    assert mine in again
    assert mine not in shop.says(MARIO, "¿qué promociones hay?")[0]
    assert count_rows(shop, "promotion_codes") == 2


def test_somebody_elses_code_is_refused_as_such(shop: World) -> None:
    offer_promotions(shop, [{"code": "POOL", "code_source": "pool", "codes": ["AB12-CD34", "EF56-GH78"]}])
    shop.says(MARIO, "¿qué promociones hay?")
    refused = shop.says(LUCIA, "tengo un código de descuento AB12-CD34")[0]
    assert "personal de otra persona" in refused


def test_an_empty_pool_promises_nothing(shop: World) -> None:
    offer_promotions(shop, [{"code": "POOL", "code_source": "pool", "codes": ["AB12-CD34"]}])
    shop.says(LUCIA, "¿qué promociones hay?")
    assert seen(shop, MARIO) == []
    assert [each.code for each in seen(shop)] == ["AB12-CD34"]


def test_many_at_once_get_a_code_each(shop: World) -> None:
    phones = [f"+3460000020{number}" for number in range(6)]
    for phone in phones:
        shop.says(phone, "hola")
    codes = [f"CODE-{number:04d}" for number in range(6)]
    offer_promotions(shop, [{"code": "POOL", "code_source": "pool", "codes": codes}])
    for phone in phones:
        shop.receive(phone, "¿qué promociones hay?")
    people = [shop.customer_id(phone) for phone in phones]
    at_once([partial(shop.house.turns.take, one) for one in people])
    shop.work()
    assert sorted(each.code for phone in phones for each in seen(shop, phone)) == codes


def test_an_order_with_the_code_uses_it_once_however_often_it_is_told(shop: World) -> None:
    offer_promotions(shop, [{"code": "ALL10", "most_uses": 2}])
    complete(shop, "1", "all10")
    complete(shop, "1", "ALL10", MARIO)
    assert record(shop, "ALL10").uses == 1
    complete(shop, "2", "ALL10", MARIO)
    assert blocked(shop) == [Refusal.USED_UP]


@pytest.mark.parametrize("coupon", [None, 7, ["x"], "", "x" * 500, "NUL\x00", "UNKNOWN"])
def test_what_is_no_code_of_ours_counts_nothing(shop: World, coupon: object) -> None:
    offer_promotions(shop, [{"code": "ALL10"}])
    complete(shop, "1", coupon)
    assert count_rows(shop, "promotion_uses") == 0


def test_a_stopped_one_is_over_and_remembered(shop: World) -> None:
    offer_promotions(shop, [{"code": "ALL10"}])
    with shop.database.write() as uow:
        assert uow.promotions.stop(record(shop, "ALL10").id)
        uow.commit()
    assert "esa promoción terminó" in shop.says(LUCIA, "tengo un código de descuento ALL10")[0]


def test_an_edit_takes_it_off_until_it_is_approved_again(shop: World) -> None:
    offer_promotions(shop, [{"code": "ALL10"}])
    before = record(shop, "ALL10")
    now = shop.clock.now() + timedelta(minutes=1)
    with shop.database.write() as uow:
        assert uow.promotions.edit(replace(before, audience="new", edited_at=now), before.edited_at)
        assert not uow.promotions.edit(before, before.edited_at), "somebody was quicker"
        assert not uow.promotions.approve(before.id, before.edited_at, None, now), "another text was seen"
        uow.commit()
    assert record(shop, "ALL10").status is PromotionStatus.DRAFT
    assert seen(shop) == []


def test_other_systems_read_the_same(shop: World) -> None:
    offer_promotions(shop, [{"code": "ALL10"}, UNIQUE, {"code": "OLD", "ends": "2026-11-01"}])
    told = asked(shop, "/v1/promotions")["promotions"]
    assert [(each["promotion"], each["code"]) for each in told] == [("ALL10", "ALL10"), ("VUELVE", None)]
    theirs = asked(shop, f"/v1/promotions?customer=phone:%2B{LUCIA[1:]}")["promotions"]
    assert [each["code"] for each in theirs] == ["ALL10", None]
    given = [
        shop.client.post("/v1/promotions/vuelve/codes", json={"customer": f"phone:{LUCIA}"}, headers=KEY)
        for _ in range(2)
    ]
    codes = {json.loads(answer.data)["code"] for answer in given}
    assert len(codes) == 1
    assert codes.pop() in shop.says(LUCIA, "¿qué promociones hay?")[0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/promotions?customer=x", 400),
        ("/v1/promotions?customer=phone:%00", 400),
        ("/v1/promotions?customer=phone:%2B34600999999", 404),
    ],
)
def test_a_bad_question_is_answered_clearly(shop: World, path: str, status: int) -> None:
    assert shop.client.get(path, headers=KEY).status_code == status
    assert shop.client.get(path).status_code == 401
    assert shop.client.post("/v1/promotions/NONE/codes", json=[], headers=KEY).status_code == 422
    answer = shop.client.post("/v1/promotions/NONE/codes", json={"customer": f"phone:{LUCIA}"}, headers=KEY)
    assert answer.status_code == 404


def test_amounts_and_texts_are_kept_as_they_are(shop: World) -> None:
    kept = promotion(shop, code="EXACT", value="7.50", terms={"es": "a", "en": "b", "pt": "c"})
    with shop.database.write() as uow:
        assert uow.promotions.add(kept)
        assert not uow.promotions.add(replace(kept, audience="new")), "one of that code is there"
        uow.commit()
    assert record(shop, "EXACT") == kept


def test_who_became_one_person_has_one_code(shop: World) -> None:
    offer_promotions(shop, [UNIQUE])
    mine = shop.says(LUCIA, "¿qué promociones hay?")[0]
    code = code_for(record(shop, "VUELVE"), shop.customer_id(LUCIA), "s" * 32)
    assert code in mine
    lucia, mario = shop.customer_id(LUCIA), shop.customer_id(MARIO)
    with shop.database.write() as uow:
        why = Why(method=Method.STAFF, actor="a test")
        assert uow.customers.merges.merge(mario, lucia, why, shop.clock.now())
        uow.commit()
    shop.work()
    assert code in shop.says(MARIO, "¿qué promociones hay?")[0]
    assert count_rows(shop, "promotion_codes") == 1


def test_the_members_of_a_saved_segment_are_its_audience(shop: World) -> None:
    offer_promotions(shop, [{"code": "VIPS", "audience": "segment:vip"}])
    saved = segment("vip", {"kind": "handoff", "state": "had"})
    with shop.database.write() as uow:
        uow.segments.save(saved)
        mine = Change(customer_id=shop.customer_id(LUCIA), segment=saved, has_entered=True)
        uow.segment_members.write([mine], shop.clock.now())
        uow.commit()
    assert (blocked(shop), blocked(shop, MARIO)) == ([None], [Refusal.AUDIENCE])
