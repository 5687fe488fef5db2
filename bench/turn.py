"""`python -m bench turn`: our webhook and our full turn beside the anchors, interleaved in one run.

A full turn begins with the webhook and ends when the carrier has accepted the reply. Each client is one
customer, who writes again as soon as the last message was acknowledged (or answered).
"""

import argparse
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.town import Target, Town, town

WARM_UP_SECONDS = 0.3
GOALS = {
    "PostgreSQL + Redis": (
        ("webhook, 8 clients, of hello", "rate", "our webhook", "hello", 0.20),
        ("full turn, 8 clients, of the ORM turn", "rate", "our full turn", "ORM turn", 0.60),
        ("full turn, CPU a message, of the ORM turn's", "cpu", "our full turn", "ORM turn", 2.0),
    ),
    "embedded": (
        ("full turn, 8 clients, of the locked SQLite turn", "rate", "our full turn", "locked ORM turn", 0.70),
    ),
}
GOALS_AT_CLIENTS = 8


@dataclass(frozen=True, kw_only=True)
class Run:
    """One target at one number of clients in one round."""

    place: str
    target: str
    clients: int
    round: int
    result: dict[str, Any]

    @property
    def rate(self) -> float:
        return float(self.result["rate"])

    @property
    def cpu_ms(self) -> float | None:
        """CPU a message, in milliseconds."""
        cpu, done = self.result["target_cpu"], self.result["done"]
        return None if cpu is None or not done else float(cpu) * 1000 / done


@dataclass
class Runs:
    runs: list[Run] = field(default_factory=list)

    def of(self, place: str, target: str, clients: int) -> list[Run]:
        return [run for run in self.runs if (run.place, run.target, run.clients) == (place, target, clients)]

    def median(self, place: str, target: str, clients: int, what: str) -> float:
        return statistics.median([float(run.result[what]) for run in self.of(place, target, clients)])

    def ratio(self, place: str, target: str, to: str, clients: int) -> float:
        """The median of the rounds' ratios: what disturbs one round disturbs both of its sides."""
        pairs = zip(self.of(place, target, clients), self.of(place, to, clients), strict=True)
        return statistics.median([run.rate / other.rate if other.rate else 0.0 for run, other in pairs])

    def cpu_ms(self, place: str, target: str, clients: int) -> float | None:
        found = [run.cpu_ms for run in self.of(place, target, clients) if run.cpu_ms is not None]
        return statistics.median(found) if found else None


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with town(embedded_only=options.embedded_only) as made:
        runs = measure(made, options)
        places = {place: [target.name for target in targets] for place, targets in made.targets.items()}
    for place, targets in places.items():
        print_table(runs, place, targets, options.clients)
    print_outside(runs)
    goals = reached(runs, places, options.clients)
    for goal in goals:
        print(f"  {goal['name']}: {goal['value']:.2f} (goal {goal['goal']})")
    if options.json:
        written = {"runs": [vars(run) for run in runs.runs], "goals": goals}
        options.json.write_text(json.dumps(written, indent=1), "utf-8")
    return 1 if any(run.result["failed"] or run.result["lost"] for run in runs.runs) else 0


def measure(made: Town, options: argparse.Namespace) -> Runs:
    """Every round goes through everything, so that a busy moment of the machine hits all alike."""
    for targets in made.targets.values():
        for target in targets:
            made.outside.run(target, max(options.clients), WARM_UP_SECONDS)
    runs = Runs()
    for number in range(options.rounds):
        for place, targets in made.targets.items():
            for clients in options.clients:
                for target in targets:
                    runs.runs.append(_run(made, place, target, clients, number, options.seconds))
    return runs


def _run(made: Town, place: str, target: Target, clients: int, number: int, seconds: float) -> Run:
    result = made.outside.run(target, clients, seconds)
    return Run(place=place, target=target.name, clients=clients, round=number, result=result)


def print_table(runs: Runs, place: str, targets: list[str], clients: list[int]) -> None:
    """Rates with their share of hello, p95 and CPU a message, for each number of clients."""
    anchor = next(name for name in targets if name.endswith("ORM turn"))
    print(f"\n{place} (a second, share of hello / of {anchor}, p95 ms, CPU ms a message)")
    print(" " * 16 + "".join(f"{f'{number} client(s)':>34}" for number in clients))
    for target in targets:
        cells = [_cell(runs, place, target, anchor, number) for number in clients]
        print(f"{target:<16}" + "".join(f"{cell:>34}" for cell in cells))


def _cell(runs: Runs, place: str, target: str, anchor: str, clients: int) -> str:
    rate = runs.median(place, target, clients, "rate")
    p95 = runs.median(place, target, clients, "p95") * 1000
    cpu = runs.cpu_ms(place, target, clients)
    of_hello = runs.ratio(place, target, "hello", clients)
    of_anchor = runs.ratio(place, target, anchor, clients)
    return f"{rate:.0f}  {of_hello:.2f}/{of_anchor:.2f}  {p95:.1f}  {'-' if cpu is None else f'{cpu:.2f}'}"


def print_outside(runs: Runs) -> None:
    """What the measuring itself cost, and what went wrong."""
    done = sum(run.result["done"] for run in runs.runs) or 1
    cpu = sum(run.result["cpu"] for run in runs.runs)
    failed = sum(run.result["failed"] for run in runs.runs)
    lost = sum(run.result["lost"] for run in runs.runs)
    print(f"\nLoad generator and carrier: {cpu / done * 1000:.2f} ms CPU a message, on the same machine.")
    print(f"Refused: {failed}, never answered: {lost}.\n")


def reached(runs: Runs, places: dict[str, list[str]], clients: list[int]) -> list[dict[str, Any]]:
    number = GOALS_AT_CLIENTS if GOALS_AT_CLIENTS in clients else clients[-1]
    found = []
    for place in places:
        for name, kind, target, to, goal in GOALS[place]:
            if kind == "rate":
                value: float | None = runs.ratio(place, target, to, number)
            else:
                ours, anchors = runs.cpu_ms(place, target, number), runs.cpu_ms(place, to, number)
                value = ours / anchors if ours and anchors else None
            if value is not None:
                found.append({"name": f"{place}: {name}", "value": value, "goal": goal})
    return found


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench turn", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.2, help="of each run")
    parser.add_argument("--clients", type=_numbers, default=[1, 8, 32], help="for example 1,8,32")
    parser.add_argument("--embedded-only", action="store_true", help="without PostgreSQL and Redis")
    parser.add_argument("--json", type=Path, help="write every run to this file")
    return parser.parse_args(arguments)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]
