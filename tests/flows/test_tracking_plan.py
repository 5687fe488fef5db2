"""The tracking plan: what fits, what does not, and files that are no plan."""

from pathlib import Path
from typing import Any

import pytest

from context_store.records import FaultKind
from flows.tracking_plan import PlanFault, load_plan

SHIPPED = load_plan()


@pytest.mark.parametrize(
    ("event", "properties", "marks"),
    [
        ("Product Added", {"product_id": "x", "price": "9.90", "quantity": "2", "currency": "EUR"}, []),
        ("Product Added", {"product_id": 7, "own": {"is": "fine"}, "price": None}, []),
        ("Product Added", {}, ["product_id: missing"]),
        ("Product Added", {"product_id": "x", "price": "9,90"}, ["price: mistyped"]),
        ("Product Added", {"product_id": "x", "quantity": 1.5}, ["quantity: mistyped"]),
        ("Product Added", {"product_id": True}, ["product_id: mistyped"]),
        ("Cart Viewed", {"products": {}}, ["products: mistyped"]),
        (
            "Cart Viewed",
            {"products": [{"name": "a"}, {"name": "b"}, 3]},
            ["products[].product_id: missing", "products[]: mistyped"],
        ),
        ("Products Searched", {"query": ["a"]}, ["query: mistyped"]),
        ("identify", {"birthday": "soon", "address": "Calle"}, ["birthday: mistyped", "address: mistyped"]),
        ("Order Delivered", {"order_id": "1"}, []),
        ("Button Pressed", {}, ["unplanned"]),
    ],
)
def test_what_does_not_fit(event: str, properties: dict[str, Any], marks: list[str]) -> None:
    assert [fault.mark for fault in SHIPPED.faults(event, properties)] == marks


def test_samples_are_short() -> None:
    (fault,) = SHIPPED.faults("Product Viewed", {"product_id": "x", "price": "y" * 5000})
    assert len(fault.sample) == 80


OWN = """
plan: ours
extends: ecommerce
owner: data team
events:
  Table Reserved:
    owner: restaurant
    every_minutes: 90
    properties:
      guests: {type: integer, required: true}
      room: {type: text, one_of: [hall, terrace]}
"""


def test_an_own_plan_adds_to_the_shipped_one(tmp_path: Path) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(OWN, "utf-8")
    plan = load_plan(file)
    assert (plan.name, plan.owner_of("Table Reserved")) == ("ours", "restaurant")
    assert plan.owner_of("Product Added") == "data team"
    (fault,) = plan.faults("Table Reserved", {"guests": 2, "room": "cellar"})
    assert (fault.kind, fault.sample) == (FaultKind.UNLISTED, "cellar")
    file.write_text(OWN.replace("extends: ecommerce", ""), "utf-8")
    assert list(load_plan(file).events) == ["Table Reserved"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OWN.replace("integer", "whole"), "Table Reserved.properties.guests.type"),
        ("plan: x", "events"),
        ("plan: [", "cannot be read"),
        ("", "plan"),
    ],
)
def test_a_file_that_is_no_plan_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(PlanFault, match=says) as caught:
        load_plan(file)
    assert "plan.yml" in str(caught.value)
