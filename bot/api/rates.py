"""How many requests a minute one key may make, over all processes that share a Redis.

What is lost with Redis costs a minute's count and nothing else.
"""

import logging
import time

from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from bot.api.problems import Problem
from bot.send_rates import shared_limiter

log = logging.getLogger("hilo.api")


class RequestRates:
    def __init__(self, redis_url: str | None, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._alone = FixedWindowRateLimiter(MemoryStorage())
        self._shared = self._alone if redis_url is None else shared_limiter(redis_url)

    def take(self, caller: str) -> None:
        """Use one up. Raises `Problem` 429 when there is none left in this minute."""
        limiter = self._shared
        try:
            allowed = limiter.hit(self._item, "api", caller)
        except StorageError as error:
            log.warning("requests are counted per process: %s", error, extra={"action": "api_rates_alone"})
            limiter = self._alone
            allowed = limiter.hit(self._item, "api", caller)
        if allowed:
            return
        try:
            wait = max(1, round(limiter.get_window_stats(self._item, "api", caller).reset_time - time.time()))
        except StorageError:
            wait = 60
        raise Problem(
            429,
            "too-many-requests",
            f"{self._item.amount} requests a minute are the most for one key; go on in {wait} s",
            headers={"Retry-After": str(wait)},
        )
