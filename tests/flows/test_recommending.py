"""What is recommended, and when nothing is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from context_store.records import Channel, ConversationState
from flows import recommending
from flows.effects import ChangeCart, Outcome, Say
from flows.situation import Situation
from nlu.parsed import Parsed
from tests.flows.test_any_order import FACTS
from tests.world import load_runner

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def thing(key: str, category: str = "", stock: int | None = None, **more: Any) -> dict[str, Any]:
    told = {"product_id": key, "name": key.title(), "category": category or None, "stock": stock}
    return {**told, "price": 1000, "currency": "EUR", "url": None, "image_url": None, **more}


CANDLE = thing("candle", "Velas")


def known(**lists: Any) -> dict[str, Any]:
    return {**recommending.NOTHING, "is_fitting": True, **lists}


def keys(found: list[dict[str, Any]]) -> list[str]:
    return [each["product_id"] for each in found]


def together(key: str, **more: Any) -> dict[str, Any]:
    return thing(key, **{"with": "candle", **more})


def test_what_others_took_with_it_comes_first_and_two_are_enough() -> None:
    told = known(
        together=[together("mugs"), together("lamp"), together("vase")], alike=[thing("sea", "Velas")]
    )
    found, are_together = recommending.beside(CANDLE, told, ())
    assert (keys(found), are_together) == (["mugs", "lamp"], True)


def test_else_the_same_category_then_what_they_saw() -> None:
    told = known(
        together=[together("mugs", **{"with": "lamp"})],
        alike=[thing("sea", "Velas"), thing("rug", "Textil")],
        seen=[thing("vase")],
    )
    found, are_together = recommending.beside(CANDLE, told, ())
    assert (keys(found), are_together) == (["sea", "vase"], False)


@pytest.mark.parametrize(
    ("candidate", "in_cart"),
    [(together("mugs", stock=0), ()), (together("mugs"), ("mugs",)), (together("candle"), ())],
    ids=["sold out", "in the cart", "the very thing"],
)
def test_never_what_they_have_or_cannot_have(candidate: dict[str, Any], in_cart: tuple[str, ...]) -> None:
    assert recommending.beside(CANDLE, known(together=[candidate]), in_cart)[0] == []


def test_what_they_like_comes_first_by_name_or_category() -> None:
    told = known(together=[together("mugs"), together("alba", category="Lámparas"), together("vase")])
    found, _ = recommending.beside(CANDLE, {**told, "interests": "las lámparas"}, ())
    assert keys(found) == ["alba", "mugs"]


def test_who_has_seen_and_bought_nothing_is_recommended_what_they_said_they_like() -> None:
    assert keys(recommending.in_general(known(liked=[thing("lamp")]), ())) == ["lamp"]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("¿Qué me recomiendas?", True),
        ("o que você sugere", True),
        ("any recommendations?", True),
        ("vamos recomeçar", False),
        ("busco una vela", False),
    ],
)
def test_it_is_known_when_they_ask(said: str, wanted: bool) -> None:
    assert recommending.is_asked_for(said) is wanted


# In the conversation

PARSED = Parsed(text="añade candle", intent="add_to_cart", confidence=1.0, language=None)
FITTING = known(together=[together("mugs"), together("lamp")])


def adds(state: ConversationState | None = None, **facts: Any) -> Outcome:
    plain = {**FACTS, "cart": None, "products": [CANDLE], "recommendable": FITTING}
    situation = Situation(
        state=state or ConversationState(),
        facts={**plain, **facts},
        parsed=PARSED,
        language="es",
        channel=Channel.WHATSAPP,
        now=NOW,
    )
    return load_runner().run(situation)


def told(outcome: Outcome) -> list[str]:
    assert any(isinstance(effect, ChangeCart) for effect in outcome.effects), "it was not even added"
    return [effect.text for effect in outcome.effects if isinstance(effect, Say)]


def test_it_is_one_line_beside_what_was_added_with_something_to_press() -> None:
    outcome = adds()
    line = told(outcome)[1].replace("\xa0", " ")
    assert line == "Quien se lleva Candle suele llevarse también Mugs (10,00 €) y Lamp (10,00 €)."
    assert [option.title for option in outcome.state.last_options] == ["Mugs", "Lamp", "Pagar"]


@pytest.mark.parametrize(
    "facts",
    [
        {"recommendable": {**FITTING, "is_fitting": False}},
        {"recommendable": known()},
        {"recommendable": known(together=[together("mugs", stock=0)])},
    ],
    ids=["not the moment", "nothing known", "sold out"],
)
def test_otherwise_only_what_was_added_is_told(facts: dict[str, Any]) -> None:
    outcome = adds(**facts)
    assert len(told(outcome)) == 1
    assert "recommended_at" not in outcome.state.slots


def test_once_in_a_day() -> None:
    state = adds().state
    assert "added_product" not in state.slots
    for passed, lines in ((timedelta(hours=23), 1), (timedelta(hours=24), 2)):
        before = (NOW - passed).isoformat()
        again = adds(replace(state, slots={**state.slots, "recommended_at": before}))
        assert len(told(again)) == lines
