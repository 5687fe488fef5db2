"""A step that reads all of something large is found, wherever in the plan it stands."""

from typing import Any

import pytest

from bench.plans import _numbered, whole_reads

LARGE = {"messages": 1_000_000, "ix_messages_customer_id_position": 1_000_000}


def step(kind: str, *below: dict[str, Any], **facts: str) -> dict[str, Any]:
    return {
        "Node Type": kind,
        "Plans": list(below),
        **{name.replace("_", " "): facts[name] for name in facts},
    }


@pytest.mark.parametrize(
    ("plan", "faults"),
    [
        (step("Limit", step("Seq Scan", Relation_Name="messages")), ["Seq Scan on messages"]),
        (step("Seq Scan", Relation_Name="switches"), []),
        (
            step("Index Scan", Relation_Name="messages", Index_Name="ix_messages_customer_id_position"),
            ["Index Scan of all of ix_messages_customer_id_position"],
        ),
        (
            step(
                "Index Scan",
                Relation_Name="messages",
                Index_Name="ix_messages_customer_id_position",
                Index_Cond="(customer_id = $1)",
            ),
            [],
        ),
        # Only what waits is in it.
        (step("Index Scan", Relation_Name="messages", Index_Name="ix_messages_sweep"), []),
    ],
    ids=["a table", "a small table", "an index", "by an index", "a small index"],
)
def test_what_is_read_whole_is_a_fault(plan: dict[str, Any], faults: list[str]) -> None:
    assert list(whole_reads(plan, LARGE)) == faults


def test_a_statement_is_numbered_as_postgresql_does() -> None:
    statement = "SELECT %(a)s::UUID, %(b)s::VARCHAR WHERE x = %(a)s AND y LIKE '%%'"
    assert _numbered(statement) == "SELECT $1::UUID, $2::VARCHAR WHERE x = $1 AND y LIKE '%'"
