"""How PostgreSQL finds the rows of every statement on the road, and how much it reads for it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, text

from bench.road import Recorder, Road, Sent, road
from bench.town import Town
from tests.context_store.test_indexes import HOT

# Less than that is read in no time, whichever way.
LARGE = 10_000
# What PostgreSQL thinks that planning anew costs, for a few tables.
COST_OF_PLANNING = 10.0
PLACE = re.compile(r"%\((\w+)\)s|%s")


@dataclass(frozen=True, kw_only=True)
class Plan:
    step: str
    statement: str
    # Pages of eight kilobytes; None where it was only asked for, not carried out.
    pages: int | None
    milliseconds: float | None
    # Steps that read the whole of something large.
    faults: list[str]


def plans(made: Town, url: str, person: int, bulk_person: int) -> list[Plan]:
    """Of all that one message and one of a campaign ask on their way, and of what the tests call hot."""
    with road(made, url) as way:
        recorder = Recorder(way.house.parts.database)
        # The first walk prepares what the second one is measured with.
        way.walk(Recorder(way.house.parts.database), person, bulk_person)
        way.walk(recorder, person, bulk_person + 1)
        walked = _once_each(recorder.sent)
        hot = _once_each(_hot(way))
    engine = create_engine(url)
    with engine.connect() as connection:
        large = _large(connection)
        found = [_carried_out(connection, sent, large) for sent in walked]
        known = {sent.statement for sent in walked}
        found += [_asked_for(connection, sent, large) for sent in hot if sent.statement not in known]
    engine.dispose()
    return found


def _hot(way: Road) -> list[Sent]:
    recorder = Recorder(way.house.parts.database)
    for name, query in HOT.items():
        with recorder.step(name), way.house.parts.database.write() as uow:
            query(uow)
    return recorder.sent


def _once_each(sent: list[Sent]) -> list[Sent]:
    """Each statement where it came first."""
    first: dict[str, Sent] = {}
    for one in sent:
        if _is_planned(one.statement):
            first.setdefault(one.statement, one)
    return list(first.values())


def _is_planned(statement: str) -> bool:
    return statement.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH"))


def _large(connection: Connection) -> dict[str, int]:
    """Tables and indexes with many entries."""
    rows = connection.execute(
        text(
            "SELECT relname, reltuples::bigint FROM pg_class "
            "WHERE relkind IN ('r', 'i') AND reltuples > :large"
        ),
        {"large": LARGE},
    )
    return {row.relname: row.reltuples for row in rows}


def _carried_out(connection: Connection, sent: Sent, large: Mapping[str, int]) -> Plan:
    asked = _asked_for(connection, sent, large)
    plan = _explained(
        connection, f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sent.statement}", sent.parameters
    )
    top = plan["Plan"]
    return Plan(
        step=sent.step,
        statement=sent.statement,
        pages=top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        milliseconds=plan["Execution Time"],
        faults=asked.faults,
    )


def _asked_for(connection: Connection, sent: Sent, large: Mapping[str, int]) -> Plan:
    """With these values; and with none, where that plan is cheap enough to be taken once it has run often."""
    plan = _explained(connection, f"EXPLAIN (FORMAT JSON) {sent.statement}", sent.parameters)["Plan"]
    general = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {_numbered(sent.statement)}"
    without = _explained(connection, general, None)["Plan"]
    faults = list(whole_reads(plan, large))
    if without["Total Cost"] < plan["Total Cost"] + COST_OF_PLANNING:
        faults += [f"{fault} (in general)" for fault in whole_reads(without, large)]
    return Plan(step=sent.step, statement=sent.statement, pages=None, milliseconds=None, faults=faults)


def _explained(connection: Connection, statement: str, parameters: Any) -> Any:
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor:
            # Without parameters the driver sends it as it is, with its $1.
            cursor.execute(statement, parameters)
            return cursor.fetchone()[0][0]
    finally:
        # What was carried out must leave no trace.
        driver.rollback()


def _numbered(statement: str) -> str:
    """The statement as PostgreSQL itself writes it, with $1 in place of the first value."""
    numbers: dict[str, int] = {}
    unnamed = iter(range(1, 1_000))

    def number(match: re.Match[str]) -> str:
        name = match[1]
        return f"${numbers.setdefault(name, len(numbers) + 1) if name else next(unnamed)}"

    return PLACE.sub(number, statement).replace("%%", "%")


def whole_reads(node: Mapping[str, Any], large: Mapping[str, int]) -> Iterator[str]:
    """The steps that read all of a large table, or of a large index without looking for anything in it."""
    kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
    if kind == "Seq Scan" and table in large:
        yield f"Seq Scan on {table}"
    if index in large and "Index Cond" not in node:
        yield f"{kind} of all of {index}"
    for below in node.get("Plans", ()):
        yield from whole_reads(below, large)


def print_plans(found: list[Plan]) -> None:
    walked = [plan for plan in found if plan.pages is not None]
    print(
        f"\nPlans: {len(walked)} statements on the road, {len(found) - len(walked)} more that are called hot."
    )
    for plan in sorted(walked, key=lambda each: each.pages or 0, reverse=True)[:5]:
        print(f"  {plan.pages:>5} pages {plan.milliseconds:>8.2f} ms  {plan.step}: {_short(plan.statement)}")
    faults = [(plan, fault) for plan in found for fault in plan.faults]
    for plan, fault in faults:
        print(f"  {fault}  ({plan.step}: {_short(plan.statement)})")
    print("  Rows are found by an index in every one of them." if not faults else f"  Faults: {len(faults)}.")


def as_json(found: list[Plan]) -> Any:
    return json.loads(json.dumps([vars(plan) for plan in found]))


def _short(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) < 90 else f"{words[:40]} … {words[-45:]}"
