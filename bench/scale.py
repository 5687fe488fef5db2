"""`python -m bench scale`: the same full turn with few customers and with very many, interleaved in one run.

Each message is another customer's, all over the tables. At the largest size the plans are looked at as well.
"""

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import plans
from bench.people import Bulk, add_bulk, build, waking_zone
from bench.town import Processes, Servers, Town, empty_town, start_processes, start_servers

WARM_UP_SECONDS = 3.0
# The last customers, who never write: a live conversation would hold the campaign's message back.
SILENT = 2
GOAL = 1.3
# For building: nothing is kept. While measuring it is as it comes, but that nobody tidies up in between.
BUILDING = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "max_connections": "300",
    "autovacuum": "off",
    "fsync": "off",
}


@dataclass(frozen=True, kw_only=True)
class Size:
    customers: int
    database_url: str
    processes: Processes
    seconds_to_build: float


@dataclass(frozen=True, kw_only=True)
class Run:
    customers: int
    round: int
    result: dict[str, Any]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with empty_town() as made:
        servers = start_servers(made, **BUILDING)
        sizes = [_size(made, servers, customers, index) for index, customers in enumerate(options.sizes)]
        _be_durable(servers)
        made.wait()
        runs = measure(made, sizes, options)
        figures = [figures_of(runs, size.customers, options.sizes[0]) for size in sizes]
        print_table(figures, sizes)
        found = _plans(made, sizes[-1])
    plans.print_plans(found)
    if options.json:
        written = {"runs": [vars(run) for run in runs], "figures": figures, "plans": plans.as_json(found)}
        options.json.write_text(json.dumps(written, indent=1), "utf-8")
    went_wrong = any(run.result["failed"] or run.result["lost"] for run in runs)
    return 1 if went_wrong or any(plan.faults for plan in found) else 0


def measure(made: Town, sizes: list[Size], options: argparse.Namespace) -> list[Run]:
    """Every round goes through every size, so that a busy moment of the machine hits all alike."""
    for size in sizes:
        _run(made, size, options.clients, min(WARM_UP_SECONDS, options.seconds * 2))
    runs = []
    for number in range(options.rounds):
        for size in sizes:
            result = _run(made, size, options.clients, options.seconds)
            runs.append(Run(customers=size.customers, round=number, result=result))
    return runs


def figures_of(runs: list[Run], customers: int, smallest: int) -> dict[str, Any]:
    """Of all turns together, but the ratio is the median of the rounds' own."""
    ours = [run for run in runs if run.customers == customers]
    least = [run for run in runs if run.customers == smallest]
    times = sorted(seconds for run in ours for seconds in run.result["times"])
    ratios = [
        run.result["p50"] / other.result["p50"]
        for run, other in zip(ours, least, strict=True)
        if other.result["p50"]
    ]
    cpu = sum(run.result["target_cpu"] or 0.0 for run in ours)
    return {
        "customers": customers,
        "turns": len(times),
        "p50": times[len(times) // 2],
        "p95": times[int(len(times) * 0.95)],
        "cpu": cpu / len(times),
        # By definition for the first itself, also when it was too quick to be measured.
        "ratio": 1.0 if customers == smallest else statistics.median(ratios) if ratios else 0.0,
        "lost": sum(run.result["lost"] + run.result["failed"] for run in ours),
    }


def print_table(figures: list[dict[str, Any]], sizes: list[Size]) -> None:
    head = f"{'customers':>11}{'turns':>8}{'median ms':>11}{'p95 ms':>9}{'CPU ms':>9}{'of the first':>14}"
    print(f"\n{head}{'built in s':>12}")
    for found, size in zip(figures, sizes, strict=True):
        print(
            f"{found['customers']:>11,}{found['turns']:>8}{found['p50'] * 1000:>11.1f}"
            f"{found['p95'] * 1000:>9.1f}{found['cpu'] * 1000:>9.1f}{found['ratio']:>14.2f}"
            f"{size.seconds_to_build:>12.0f}"
        )
    lost = sum(found["lost"] for found in figures)
    print(
        f"  the last of the first, median: {figures[-1]['ratio']:.2f} (goal {GOAL}); lost or refused: {lost}"
    )


def _size(made: Town, servers: Servers, customers: int, number: int) -> Size:
    url = servers.new_database()
    started, now = time.monotonic(), datetime.now(UTC)
    build(url, customers, now=now, timezone=waking_zone(now), country="US")
    seconds = time.monotonic() - started
    settings = made.settings(url)
    name = f"{customers:,} customers"
    processes = start_processes(made, servers, settings, name=name, redis=number, workers=1)
    return Size(customers=customers, database_url=url, processes=processes, seconds_to_build=seconds)


def _plans(made: Town, size: Size) -> list[plans.Plan]:
    """Without its processes: they would take what is put down to be sent."""
    size.processes.stop()
    bulk = Bulk(first=size.customers - SILENT, count=SILENT, now=datetime.now(UTC))
    add_bulk(size.database_url, bulk)
    return plans.plans(made, size.database_url, person=0, bulk_person=bulk.first)


def _be_durable(servers: Servers) -> None:
    servers.postgres.execute("ALTER SYSTEM RESET fsync")
    servers.postgres.execute("SELECT pg_reload_conf()")
    servers.postgres.execute("CHECKPOINT")
    # What building left to be written must not be written while we measure.
    os.sync()


def _run(made: Town, size: Size, clients: int, seconds: float) -> dict[str, Any]:
    return made.outside.run(size.processes.target, clients, seconds, people=size.customers - SILENT)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument(
        "--sizes", type=_numbers, default=[1_000, 100_000, 1_000_000], help="for example 100,2000"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each run")
    parser.add_argument("--clients", type=int, default=2, help="who write at the same time")
    parser.add_argument("--json", type=Path, help="write every run and every plan to this file")
    return parser.parse_args(arguments)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]
