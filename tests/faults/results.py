"""What a fault test is told, what it gives back, and the one table of all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.truth import Verdict

HEADINGS = ("fault", "database", "tries", "lost", "doubled", "order", "recovery", "note")


@dataclass(frozen=True, kw_only=True)
class Plan:
    scale: float = 1.0
    seed: int = 1
    # How long everything may take to settle after a fault.
    patience: float = 120.0

    def of(self, full: float, least: int = 1) -> int:
        """So many at this scale."""
        return max(least, round(full * self.scale))


@dataclass(frozen=True, kw_only=True)
class Result:
    fault: str
    database: str
    tries: int
    lost: int
    doubled: int
    out_of_order: int
    recovery_seconds: float | None = None
    note: str = ""
    # Promises beyond these three that were not kept: shown, and for people to judge.
    broken: Sequence[str] = field(default_factory=list)
    # What was found, in sentences; the first few of each kind.
    found: Sequence[str] = field(default_factory=list)
    # A known limit is shown and counted apart; it does not fail the run.
    is_known_limit: bool = False

    @property
    def is_good(self) -> bool:
        return self.is_known_limit or not (self.lost or self.doubled or self.out_of_order)


def result_of(
    fault: str,
    database: str,
    verdict: Verdict,
    *,
    tries: int,
    recovery: float | None = None,
    notes: Iterable[str] = (),
) -> Result:
    apart = [verdict.told_apart, *(f"BROKEN: {promise}" for promise in verdict.broken)]
    return Result(
        fault=fault,
        database=database,
        tries=tries,
        lost=len(verdict.lost),
        doubled=len(verdict.doubled),
        out_of_order=len(verdict.out_of_order),
        recovery_seconds=recovery,
        note="; ".join(note for note in [*notes, *apart] if note),
        broken=verdict.broken,
        found=[*verdict.lost[:5], *verdict.doubled[:5], *verdict.out_of_order[:5]],
    )


def table(results: Iterable[Result]) -> str:
    rows = [HEADINGS, *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    return [asdict(result) | {"is_good": result.is_good} for result in results]


def _cells(result: Result) -> tuple[str, ...]:
    recovery = "" if result.recovery_seconds is None else f"{result.recovery_seconds:.1f} s"
    counts = (result.tries, result.lost, result.doubled, result.out_of_order)
    return (result.fault, result.database, *(str(count) for count in counts), recovery, result.note)
