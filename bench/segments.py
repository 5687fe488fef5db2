"""`python -m bench segments`: counts of conditions beside the same counts written by hand, interleaved.

Ours is measured with all that it takes: from the condition to the number. Then the plans of what a broadcast
and a turn ask: a page of ids, and one customer.
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text

from bench.people import build_audience
from bench.town import empty_town, start_servers
from context_store.database import Database
from context_store.records.conditions import read_condition

GOAL = 3.0
ACTIVE = "SELECT count(*) FROM customers c WHERE c.status = 'active' AND "
# Everybody's history is spread over a year, so that every period cuts through it.
SPREAD = (
    "UPDATE orders SET placed_at = now() - (abs(hashtext(number)) % 365) * interval '1 day'",
    "UPDATE carts SET changed_at = now() - (abs(hashtext(key)) % 30) * interval '1 day'",
    "UPDATE events SET occurred_at = now() - (abs(hashtext(message_id)) % 365) * interval '1 day'",
    "UPDATE customers SET language = 'pt' WHERE abs(hashtext(name)) % 10 = 0",
)


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    condition: dict[str, Any]
    by_hand: str


def _days(op: str, amount: int) -> dict[str, Any]:
    return {"op": op, "amount": amount, "unit": "days"}


IN_PORTUGUESE = {"kind": "customer", "field": "language", "test": {"op": "is", "values": ["pt"]}}
NOT_ADDED = {"kind": "event", "name": "Product Added", "times": {"at_most": 0}, "period": _days("within", 90)}
LAPSED = {"kind": "orders", "last": _days("longer_ago", 60)}
SPENT = {
    "kind": "orders",
    "times": {"at_least": 1, "at_most": 3},
    "total": {"at_least": 4000, "currency": "EUR"},
    "period": _days("within", 180),
}
CART = {"kind": "cart", "value": {"at_least": 4000, "currency": "EUR"}, "changed": _days("longer_ago", 7)}
ALLOWED = {"kind": "consent", "channel": "whatsapp", "topic": "marketing", "state": "allowed"}
BOUGHT = "o.status NOT IN ('cancelled', 'refunded')"
LIVE = "k.status IN ('open', 'abandoned', 'recovered')"
BY_HAND = {
    "language": "c.language = 'pt'",
    "not added": (
        "NOT EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.id AND e.name = 'Product Added' "
        "AND e.occurred_at >= :day_90)"
    ),
    "lapsed": (
        f"EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND {BOUGHT}) AND NOT EXISTS "
        f"(SELECT 1 FROM orders o WHERE o.customer_id = c.id AND {BOUGHT} AND o.placed_at >= :day_60)"
    ),
    "spent": (
        f"c.id IN (SELECT o.customer_id FROM orders o WHERE {BOUGHT} AND o.placed_at >= :day_180 "
        "AND o.currency = 'EUR' GROUP BY o.customer_id "
        "HAVING count(*) BETWEEN 1 AND 3 AND sum(o.total) >= 4000)"
    ),
    "cart": (
        f"EXISTS (SELECT 1 FROM carts k WHERE k.customer_id = c.id AND {LIVE} AND k.currency = 'EUR' "
        "AND k.changed_at < :day_7 AND (SELECT sum((i->>'quantity')::bigint * (i->>'unit_price')::bigint) "
        "FROM jsonb_array_elements(k.items) i) >= 4000)"
    ),
    "allowed": (
        "c.id IN (SELECT customer_id FROM (SELECT DISTINCT ON (customer_id, topic) customer_id, topic, "
        "status, until FROM consents WHERE channel = 'whatsapp' AND topic IN ('all', 'marketing') "
        "ORDER BY customer_id, topic, number DESC) latest GROUP BY customer_id "
        "HAVING bool_or(topic = 'marketing' AND status <> 'paused') AND NOT bool_or(status = 'opted_out') "
        "AND NOT bool_or(status IN ('paused', 'limited') AND coalesce(until > now(), false)))"
    ),
}
CASES = [
    Case(name=name, condition=condition, by_hand=ACTIVE + BY_HAND[name])
    for name, condition in (
        ("language", IN_PORTUGUESE),
        ("not added", NOT_ADDED),
        ("lapsed", LAPSED),
        ("spent", SPENT),
        ("cart", CART),
        ("allowed", ALLOWED),
    )
]
CASES.append(
    Case(
        name="all together",
        condition={"kind": "all", "of": [ALLOWED, LAPSED, {"kind": "any", "of": [CART, NOT_ADDED]}]},
        by_hand=f"{ACTIVE}{BY_HAND['allowed']} AND {BY_HAND['lapsed']} "
        f"AND (({BY_HAND['cart']}) OR {BY_HAND['not added']})",
    )
)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with empty_town() as made:
        servers = start_servers(made, fsync="off", max_wal_size="4GB")
        url = servers.new_database()
        build_audience(url, options.customers, now=datetime.now(UTC))
        _spread(url)
        figures = measure(url, options.rounds)
        steps = whole_reads_of_pages(url)
    print_table(figures, options.customers)
    print_plans(steps)
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "whole_reads": steps}, indent=1), "utf-8")
    return (
        1
        if any(figure["ratio"] > GOAL or not figure["agree"] for figure in figures) or any(steps.values())
        else 0
    )


def _spread(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (*SPREAD, "VACUUM (ANALYZE)"):
            connection.execute(text(statement))
    engine.dispose()


def measure(url: str, rounds: int) -> list[dict[str, Any]]:
    """One after the other within each round, so that a busy moment of the machine hits both."""
    database, engine = Database.connect(url), create_engine(url)
    now = datetime.now(UTC)
    with engine.connect() as connection:
        figures = [_measured(database, connection, case, now, rounds) for case in CASES]
    engine.dispose()
    database.dispose()
    return figures


def _measured(
    database: Database, connection: Connection, case: Case, now: datetime, rounds: int
) -> dict[str, Any]:
    condition = read_condition(case.condition)
    moments = {f"day_{days}": now - timedelta(days=days) for days in (7, 60, 90, 180)}
    by_hand = text(case.by_hand)
    ours, theirs, counts = [], [], set()
    for number in range(rounds + 1):
        began = time.perf_counter()
        with database.read() as uow:
            counts.add(uow.segments.count(condition, now))
        between = time.perf_counter()
        counts.add(connection.execute(by_hand, moments).scalar_one())
        ended = time.perf_counter()
        if number:
            # The first round warms both up.
            ours.append(between - began)
            theirs.append(ended - between)
    return {
        "case": case.name,
        "count": max(counts),
        "agree": len(counts) == 1,
        "ours": statistics.median(ours),
        "by_hand": statistics.median(theirs),
        "ratio": statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True)),
    }


def whole_reads_of_pages(url: str) -> dict[str, list[str]]:
    """Large tables that a page of ids or the answer about one customer would read from end to end."""
    database, found = Database.connect(url), {}
    now = datetime.now(UTC)
    for case in CASES:
        condition = read_condition(case.condition)
        sent: list[tuple[str, Any]] = []

        def note(
            connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any, sent: Any = sent
        ) -> None:
            sent.append((statement, parameters))

        event.listen(database._engine, "before_cursor_execute", note)
        with database.read() as uow:
            some = uow.segments.ids(condition, now, limit=100)
            if some:
                uow.segments.holds(condition, some[0], now)
        event.remove(database._engine, "before_cursor_execute", note)
        found[case.name] = [step for one in sent for step in _whole_reads(database, *one)]
    database.dispose()
    return found


def _whole_reads(database: Database, statement: str, parameters: Any) -> list[str]:
    with database._engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return [str(row[0]).strip() for row in rows if "Seq Scan" in str(row[0])]


def print_table(figures: list[dict[str, Any]], customers: int) -> None:
    head = f"{'condition':>14}{'count':>11}{'ours ms':>10}{'by hand ms':>12}{'ratio':>8}"
    print(f"\n{customers:,} customers\n{head}")
    for figure in figures:
        print(
            f"{figure['case']:>14}{figure['count']:>11,}{figure['ours'] * 1000:>10.0f}"
            f"{figure['by_hand'] * 1000:>12.0f}{figure['ratio']:>8.2f}"
            f"{'' if figure['agree'] else '  the counts differ!'}"
        )
    print(f"  the worst: {max(figure['ratio'] for figure in figures):.2f} (goal {GOAL})")


def print_plans(steps: dict[str, list[str]]) -> None:
    faults = [f"  {name}: {step}" for name, found in steps.items() for step in found]
    print("\n".join(faults) or "  A page of ids, and one customer, are found by indexes in every case.")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench segments", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    return parser.parse_args(arguments)
