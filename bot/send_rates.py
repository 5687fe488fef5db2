"""How many messages a second a sender number may send, over all processes.

Counted in Redis where there is one; what is lost with it costs a second's count and nothing else.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from context_store.records import Channel

log = logging.getLogger("hilo.sender")

# Bulk may use this share, so that a reply never waits behind a broadcast.
BULK_SHARE = 0.8
# Tokens are taken in blocks of this share of a second's: fewer asks, and little lost with a process.
BLOCK_SHARE = 0.05


@dataclass
class Block:
    """Tokens that this process has taken and not used yet. They are worth nothing after their second."""

    tokens: int = 0
    until: float = 0.0


class SendRates:
    """One per process; all that share a Redis count together."""

    def __init__(
        self,
        redis_url: str | None,
        per_second: dict[Channel, float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._blocks: dict[tuple[Channel, bool], Block] = {}
        self._items = {channel: _item(rate) for channel, rate in per_second.items()}
        self._bulk_items = {channel: _item(rate * BULK_SHARE) for channel, rate in per_second.items()}
        self._alone = FixedWindowRateLimiter(MemoryStorage())
        self._shared = self._alone if redis_url is None else shared_limiter(redis_url)
        self._is_shared_away = False

    def allows(self, channel: Channel, *, is_bulk: bool) -> bool:
        """May one message go out on this channel in this moment? True uses it up."""
        if channel not in self._items:
            return True
        with self._lock:
            block = self._blocks.setdefault((channel, is_bulk), Block())
            if self._clock() >= block.until or block.tokens == 0:
                block.tokens, block.until = self._take(channel, is_bulk), int(self._clock()) + 1.0
            if block.tokens == 0:
                return False
            block.tokens -= 1
            return True

    def _take(self, channel: Channel, is_bulk: bool) -> int:
        item = self._items[channel]
        size = max(1, int(item.amount * BLOCK_SHARE))
        if is_bulk and not self._hit(self._bulk_items[channel], f"bulk:{channel.value}", size):
            return 0
        return size if self._hit(item, channel.value, size) else 0

    def _hit(self, item: RateLimitItem, name: str, cost: int) -> bool:
        try:
            allowed = bool(self._shared.hit(item, "send", name, cost=cost))
        except StorageError as error:
            if not self._is_shared_away:
                log.warning("rates are counted per process: %s", error, extra={"action": "rates_alone"})
            self._is_shared_away = True
            return bool(self._alone.hit(item, "send", name, cost=cost))
        self._is_shared_away = False
        return allowed


def _item(rate: float) -> RateLimitItem:
    """At least one, in as many seconds as that takes."""
    if rate >= 1:
        return RateLimitItemPerSecond(int(rate))
    return RateLimitItemPerSecond(1, ceil(1 / rate))


def shared_limiter(redis_url: str) -> FixedWindowRateLimiter:
    scheme = "redis+unix" if redis_url.startswith("unix:") else redis_url.partition(":")[0]
    url = f"{scheme}:{redis_url.partition(':')[2]}"
    return FixedWindowRateLimiter(
        storage_from_string(url, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1)
    )
