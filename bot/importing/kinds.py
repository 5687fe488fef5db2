"""What all kinds of files have in common: how they are read, and what became of a line."""

from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo


class Kept(Enum):
    NEW = "new"
    # The database says so already.
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What decides how a line is read, besides the line."""

    # Of numbers without a +.
    country: str
    # Of amounts without one.
    currency: str
    # Of times without one.
    timezone: ZoneInfo
    # Under which name identity links are kept.
    source: str
    secret_key: str
