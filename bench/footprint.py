"""`python -m bench footprint`: how soon it answers, what memory it takes, what it costs at rest."""

import argparse
import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Started, cpu_seconds, memory
from bench.town import (
    Processes,
    Servers,
    Target,
    Town,
    empty_town,
    start_embedded,
    start_processes,
    start_servers,
    start_web,
)

CLIENTS = 4
# People who write, so that no turn waits for another of the same person.
PEOPLE = 100
SECONDS_OF_A_RUN = 2.0
# What was written last is at rest by then, and connections that are closed for being idle are.
SECONDS_TO_REST = 3.0
GOALS = {"seconds to /health": 5.0, "worker, MB": 150.0, "idle, % of a core": 1.0}


@dataclass(frozen=True, kw_only=True)
class Figure:
    name: str
    what: str
    # None where the system does not tell (not Linux).
    value: float | None
    # Which goal it is held against, if any.
    goal: str | None = None


@dataclass(frozen=True, kw_only=True)
class Start:
    """Until /health answered."""

    seconds: float
    cpu: float | None


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with empty_town() as made:
        figures = _embedded(made, options)
        if not options.embedded_only:
            figures += _several(made, options)
    print_figures(figures)
    if options.json:
        options.json.write_text(json.dumps([vars(figure) for figure in figures], indent=1), "utf-8")
    return 0


def _embedded(made: Town, options: argparse.Namespace) -> list[Figure]:
    starts = []
    for number in range(options.starts + 1):
        # The first start makes the tables and compiles: it counts for itself.
        started = time.monotonic()
        target = start_embedded(made, made.folder)
        starts.append(_answered(made, started, target.pids))
        if number < options.starts:
            made.stop_newest()
    first, *warm = starts
    return [
        Figure(name="hilo run", what="seconds to /health, first start", value=first.seconds),
        *_of_starts("hilo run", warm),
        *_worked("hilo run", made, target, target.pids, options.turns),
        *_idles({"hilo run": target.pids}, options.seconds, goal_for="hilo run"),
    ]


def _several(made: Town, options: argparse.Namespace) -> list[Figure]:
    servers = start_servers(made)
    settings = made.settings(servers.new_database())
    starts = []
    for _ in range(options.starts):
        started = time.monotonic()
        web, _ = start_web(made, servers, settings, redis=1)
        starts.append(_answered(made, started, (web.pid,)))
        made.stop_newest()
    processes = start_processes(made, servers, settings, name="footprint", redis=0, workers=1)
    made.wait()
    return [
        *_of_starts("web", starts),
        *_memory_of_several(made, processes, options.turns),
        *_idle_of_several(processes, servers, options.seconds),
    ]


def _answered(made: Town, started: float, pids: tuple[int, ...]) -> Start:
    made.wait()
    return Start(seconds=time.monotonic() - started, cpu=cpu_seconds(pids))


def _of_starts(name: str, starts: list[Start]) -> list[Figure]:
    """The CPU as well: on a busy machine the seconds are mostly others'."""
    cpu = [start.cpu for start in starts if start.cpu is not None]
    seconds = statistics.median([start.seconds for start in starts])
    return [
        Figure(name=name, what="seconds to /health, warm", value=seconds, goal="seconds to /health"),
        Figure(name=name, what="CPU seconds until then", value=statistics.median(cpu) if cpu else None),
    ]


def _memory_of_several(made: Town, processes: Processes, turns: int) -> list[Figure]:
    worker = processes.workers[0]
    figures = _worked("worker", made, processes.target, (worker.pid,), turns, goal="worker, MB")
    rest = {"web (a master and two)": processes.web, "clock": processes.clock}
    return figures + [figure for name, one in rest.items() for figure in _memory(name, (one.pid,))]


def _idle_of_several(processes: Processes, servers: Servers, seconds: float) -> list[Figure]:
    named: dict[str, Iterable[Started]] = {
        "web": [processes.web],
        "worker": processes.workers,
        "clock": [processes.clock],
    }
    groups = {name: tuple(one.pid for one in started) for name, started in named.items()}
    groups["web + worker + clock"] = tuple(started.pid for started in processes.all)
    groups["PostgreSQL, for them"] = (servers.postgres_pid,)
    groups["Redis, for them"] = (servers.redis_pid,)
    return _idles(groups, seconds, goal_for="web + worker + clock")


def _worked(
    name: str, made: Town, target: Target, pids: tuple[int, ...], turns: int, goal: str | None = None
) -> list[Figure]:
    """Its memory after so many turns."""
    done = 0
    while done < turns:
        result = made.outside.run(target, CLIENTS, SECONDS_OF_A_RUN, people=PEOPLE)
        if not result["done"]:
            raise RuntimeError(f"{name} answers nobody")
        done += result["done"]
    return _memory(name, pids, goal, f" after {done} turns")


def _memory(name: str, pids: tuple[int, ...], goal: str | None = None, when: str = "") -> list[Figure]:
    found = memory(pids)
    return [
        Figure(name=name, what=f"MB resident{when}", value=found.resident if found else None, goal=goal),
        Figure(
            name=name,
            what=f"MB, what is shared counted once{when}",
            value=found.proportional if found else None,
        ),
    ]


def _idles(groups: dict[str, tuple[int, ...]], seconds: float, goal_for: str) -> list[Figure]:
    """CPU of each group while nobody writes, all in the same seconds."""
    time.sleep(SECONDS_TO_REST)
    before = {name: cpu_seconds(pids) for name, pids in groups.items()}
    time.sleep(seconds)
    figures = []
    for name, pids in groups.items():
        first, last = before[name], cpu_seconds(pids)
        value = None if first is None or last is None else (last - first) / seconds * 100
        what = f"% of a core, idle for {seconds:g} s"
        goal = "idle, % of a core" if name == goal_for else None
        figures.append(Figure(name=name, what=what, value=value, goal=goal))
    return figures


def print_figures(figures: list[Figure]) -> None:
    print()
    for figure in figures:
        value = "-" if figure.value is None else f"{figure.value:.2f}"
        goal = f"  (goal: at most {GOALS[figure.goal]:g})" if figure.goal else ""
        print(f"{figure.name:24}{figure.what:48}{value:>9}{goal}")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench footprint", description=__doc__)
    parser.add_argument("--starts", type=int, default=3, help="how often each is started")
    parser.add_argument("--turns", type=int, default=300, help="before memory is looked at")
    parser.add_argument("--seconds", type=float, default=20.0, help="of rest")
    parser.add_argument("--embedded-only", action="store_true", help="without PostgreSQL and Redis")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args(arguments)
