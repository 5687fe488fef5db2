"""The catalogue is searched by how words begin: few rows, by index, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.product_facts import products_meant
from context_store.database import Database
from context_store.records import ConversationState, Option, Product
from flows.products import find, hits
from nlu.parsed import FALLBACK, Parsed

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
NAMES = {
    "candle-fig": ("Vela de higuera", "Velas"),
    "candle-sea": ("Vela de sal marina", "Velas"),
    "lamp": ("Lámpara de mesa Alba", "Luz"),
    "cushion": ("Cojín Terra", "Textil"),
    "blanket": ("Manta de lino", "Textil"),
}


def product(product_id: str, name: str, **more: Any) -> Product:
    return Product(
        product_id=product_id, name=name, currency="EUR", **{"price": 100, "changed_at": NOW, **more}
    )


@pytest.fixture
def catalogue(database: Database) -> Database:
    with database.write() as uow:
        for product_id, (name, category) in NAMES.items():
            uow.products.learn(product(product_id, name, category=category))
        uow.commit()
    return database


def said(text: str) -> Parsed:
    return Parsed(text=text, intent=FALLBACK, confidence=0, language=None)


def meant(database: Database, text: str, state: ConversationState | None = None) -> list[str]:
    with database.read() as uow:
        found = products_meant(uow, said(text), state or ConversationState())
    return [each["product_id"] for each in hits(text, [vars(one) for one in found], 4)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("¿tenéis velas?", ["candle-fig", "candle-sea"]),
        ("la vela de higuera", ["candle-fig"]),
        ("busco una lanpara de mesa", ["lamp"]),
        ("quiero dos cojines", ["cushion"]),
        ("do you have candles", ["candle-fig", "candle-sea"]),
        ("a linen blanket", ["blanket"]),
        ("almofadas", ["cushion"]),
        ("algo de textil", ["cushion", "blanket"]),
        ("una bicicleta", []),
        ("", []),
    ],
)
def test_their_words_find_what_they_mean(catalogue: Database, text: str, wanted: list[str]) -> None:
    assert sorted(meant(catalogue, text)) == sorted(wanted)


def test_two_alike_are_not_one(catalogue: Database) -> None:
    with catalogue.read() as uow:
        known = [vars(each) for each in products_meant(uow, said("vela"), ConversationState())]
    assert find("vela", known) is None
    assert len(hits("vela", known, 4)) == 2


def test_what_was_offered_or_shown_is_known_by_its_id(catalogue: Database) -> None:
    offered = (
        Option(title="x", payload='/add_to_cart{"product": "lamp"}'),
        Option(title="y", payload="/deny"),
    )
    state = ConversationState(last_options=offered, slots={"product_in_focus": "blanket"})
    with catalogue.read() as uow:
        found = {each.product_id for each in products_meant(uow, said("2"), state)}
    assert found == {"lamp", "blanket"}


def test_however_large_the_catalogue_few_candidates_come(catalogue: Database) -> None:
    with catalogue.write() as uow:
        for number in range(500):
            uow.products.learn(product(f"v{number}", f"Vela número {number}"))
        uow.commit()
    with catalogue.read() as uow:
        found = products_meant(uow, said("vela de higuera"), ConversationState())
    assert len(found) <= 60
    assert found[0].product_id == "candle-fig"


def test_news_keep_what_they_do_not_tell(catalogue: Database) -> None:
    later = NOW + timedelta(hours=1)
    with catalogue.write() as uow:
        uow.products.learn(product("lamp", "Lámpara Berta", price=0, stock=3, changed_at=later))
        uow.products.learn(product("lamp", "Too late", changed_at=NOW))
        uow.commit()
    with catalogue.read() as uow:
        lamp = uow.products.get("lamp")
    assert lamp is not None
    assert (lamp.name, lamp.price, lamp.category, lamp.stock) == ("Lámpara Berta", 100, "Luz", 3)
    assert meant(catalogue, "lámpara berta") == ["lamp"]
    with catalogue.read() as uow:
        assert uow.products.find(["alba"], 10) == []
