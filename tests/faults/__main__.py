"""Runs fault tests and prints one table: python -m tests.faults [F1 F5 …] [--scale 0.1] [--database both]."""

import argparse
import json
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults import (
    blast,
    callbacks,
    carrier,
    clocks,
    crashes,
    database_away,
    disk,
    duplicates,
    missed,
    poison,
    redis_away,
    restore,
    rolling,
    together,
)
from tests.faults.results import Plan, Result, as_json, table
from tests.faults.town import POSTGRESQL, SQLITE, Ground, Town, ground

BOTH = (SQLITE, POSTGRESQL)


@dataclass(frozen=True)
class Test:
    name: str
    run: Callable[[Town, Plan], Result]
    databases: tuple[str, ...] = BOTH


TESTS = (
    Test("F1", crashes.run),
    Test("F2", duplicates.run),
    Test("F3", duplicates.run_at_once),
    Test("F4", callbacks.run),
    # Embedded there is no Redis to lose.
    Test("F5", redis_away.run, (POSTGRESQL,)),
    Test("F6", database_away.run, (POSTGRESQL,)),
    Test("F7", disk.run, (SQLITE,)),
    Test("F8", carrier.run),
    Test("F10", poison.run),
    Test("F10-hang", poison.run_hangs),
    Test("F11", together.run),
    Test("F12", blast.run),
    Test("F13", rolling.run),
    Test("F14", clocks.run),
    Test("F15", restore.run),
    Test("F17", missed.run),
    Test("limit", carrier.run_limit),
)


def main() -> int:
    options = _options()
    # So that everything that was started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *ignored: sys.exit(1))
    databases = BOTH if options.database == "both" else (options.database,)
    plan = Plan(scale=options.scale, seed=options.seed)
    wanted = [test for test in TESTS if not options.faults or test.name in options.faults]
    results: list[Result] = []
    with ground() as towns:
        for test in wanted:
            for database in databases:
                if database in test.databases:
                    results.append(_run(towns, test, database, plan))
                    _tell(results[-1])
    sys.stdout.write(f"\n{table(results)}\n")
    if options.json:
        options.json.write_text(json.dumps(as_json(results), indent=2, ensure_ascii=False))
    return 0 if all(result.is_good for result in results) else 1


def _run(towns: Ground, test: Test, database: str, plan: Plan) -> Result:
    started = time.monotonic()
    try:
        with towns.town(database) as town:
            result = test.run(town, plan)
    except Exception as error:
        # One that cannot be run to its end must not hide the others: it counts as lost.
        traceback.print_exc()
        why = f"{type(error).__name__}: {str(error)[:200]}"
        result = Result(
            fault=test.name, database=database, tries=0, lost=1, doubled=0, out_of_order=0, note=why
        )
    sys.stderr.write(f"{test.name} on {database} took {time.monotonic() - started:.0f} s\n")
    return result


def _tell(result: Result) -> None:
    """At once: a whole run takes hours."""
    sys.stdout.write(f"{table([result]).splitlines()[1]}\n")
    for sentence in result.found:
        sys.stdout.write(f"    {sentence}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    names = [test.name for test in TESTS]
    parser.add_argument("faults", nargs="*", choices=[*names, []], metavar="FAULT", help=" ".join(names))
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the size of a nightly run")
    parser.add_argument("--database", choices=(*BOTH, "both"), default="both")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
