"""Business time on the demo page: real time plus an offset that only grows."""

from datetime import UTC, datetime, timedelta

from bot.simulator.store import Store

FARTHEST = timedelta(days=400)


class ClockError(ValueError):
    """Time was asked to go back, or farther ahead than the demo allows."""


class SimulatedClock:
    """Kept in the store's file, so that a restart or a second process has the same business time."""

    def __init__(self, store_path: str) -> None:
        self._store = Store(store_path)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._store.clock_offset())

    def advance(self, seconds: float) -> None:
        if not 0 <= seconds <= FARTHEST.total_seconds():
            raise ClockError("the clock only moves forward, and at most 400 days")
        if self._store.clock_offset() + seconds > FARTHEST.total_seconds():
            raise ClockError("the clock is already 400 days ahead")
        self._store.move_clock(seconds)

    def close(self) -> None:
        self._store.close()
