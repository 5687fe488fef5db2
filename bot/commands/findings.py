"""What `hilo doctor` finds: one line each, with what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Finding:
    name: str
    state: State
    text: str
    # What to do; empty when nothing is to be done.
    advice: str = ""


def fine(name: str, text: str) -> Finding:
    return Finding(name=name, state=State.OK, text=text)


def warning(name: str, text: str, advice: str) -> Finding:
    return Finding(name=name, state=State.WARNING, text=text, advice=advice)


def wrong(name: str, text: str, advice: str) -> Finding:
    return Finding(name=name, state=State.WRONG, text=text, advice=advice)
