"""Two first messages of one person at once: the second try finds what the first has made."""

from collections.abc import Callable
from typing import TypeVar

from context_store.customers import AlreadyLinked
from context_store.database import Deadlock

TRIES = 4

Result = TypeVar("Result")


def again_if_just_made(store: Callable[[], Result]) -> Result:
    """What `store` returns. It runs anew when the same person came into being meanwhile.

    Two batches that name the same new people in another order wait for each other, until the database ends
    one of them.
    """
    for _ in range(TRIES - 1):
        try:
            return store()
        except (AlreadyLinked, Deadlock):
            continue
    return store()
