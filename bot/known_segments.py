"""The segments as this process knows them, so that a turn need not read them: a few seconds old at most."""

import time
from dataclasses import dataclass

from context_store.audience.needs import is_timed, stores_of
from context_store.records import Segment
from context_store.records.conditions import Condition
from context_store.segment_members import Sought
from context_store.unit_of_work import UnitOfWork

FRESH_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Known:
    sought: Sought
    # What it depends on, by the stores that keep it.
    stores: frozenset[str]
    # Time alone moves customers in and out.
    is_timed: bool

    @property
    def segment(self) -> Segment:
        return self.sought.segment

    @property
    def condition(self) -> Condition:
        return self.sought.condition


class KnownSegments:
    """Read anew when they are old. One who acts by an old condition writes nothing: see `version`."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._known: list[Known] = []
        self.has_merges = False

    def read(self, uow: UnitOfWork) -> list[Known]:
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._known, self.has_merges = read_known(uow)
            self._read_at = time.monotonic()
        return self._known

    def forget(self) -> None:
        self._read_at = float("-inf")


def read_known(uow: UnitOfWork) -> tuple[list[Known], bool]:
    saved = uow.segments.all()
    if not saved:
        return [], False
    audience = uow.segments.audience()
    known = [_known(segment, audience.conditions[segment.key]) for segment in saved]
    return known, audience.has_merges


def _known(segment: Segment, condition: Condition) -> Known:
    return Known(
        sought=Sought(segment=segment, condition=condition),
        stores=stores_of(condition),
        is_timed=is_timed(condition),
    )
