"""Why a transaction about who is who must be done again, or cannot be done."""

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class AlreadyLinked(Exception):
    """Another transaction created the same person first: roll back, read again, use theirs."""


class IdentityMoved(AlreadyLinked):
    """Another transaction joined or parted one of them meanwhile: roll back and look again."""


class CannotMerge(Exception):
    """Why these two cannot be joined, in words."""


def again_if_moved(act: Callable[[], Result], tries: int = 3) -> Result:
    """What `act` returns, a transaction of its own: done anew when somebody was quicker about the same."""
    for _ in range(tries - 1):
        try:
            return act()
        except AlreadyLinked:
            continue
    return act()
