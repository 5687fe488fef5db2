"""What names in a condition stand for: other segments' conditions, and the states of the lifecycle."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

from context_store.records.conditions import (
    AllOf,
    AnyOf,
    Condition,
    ConditionFault,
    LifecycleIs,
    LifecycleState,
    Not,
    SegmentIs,
    read_condition,
    walk,
)

FILE = Path(__file__).parent / "lifecycle.yml"
# Of all that is written out: each part is a piece of one query.
LARGEST = 400

# The condition of a saved segment; None for an unknown key.
Find = Callable[[str], Condition | None]


@cache
def lifecycle() -> dict[LifecycleState, Condition]:
    """Each state's condition with those before it left out. Raises when the file is not what it should be."""
    states: dict[LifecycleState, Condition] = {}
    before: list[Condition] = []
    for line in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        own = read_condition(line["condition"])
        states[LifecycleState(line["state"])] = AllOf(of=(own, *(Not(of=each) for each in before)))
        before.append(own)
    missing = set(LifecycleState) - set(states)
    if missing:
        raise ValueError(f"lifecycle.yml says nothing of {', '.join(sorted(missing))}")
    return states


def resolve(condition: Condition, find: Find) -> Condition:
    """Without names. Raises `ConditionFault` for an unknown one, a circle, or what becomes too large."""
    resolved = _resolved(condition, find, ())
    if sum(1 for _ in walk(resolved)) > LARGEST:
        raise ConditionFault("too_large", (), message=f"more than {LARGEST} conditions", most=LARGEST)
    return resolved


def _resolved(condition: Condition, find: Find, opened: tuple[str, ...]) -> Condition:
    match condition:
        case AllOf(of=parts):
            return AllOf.model_construct(of=tuple(_resolved(part, find, opened) for part in parts))
        case AnyOf(of=parts):
            return AnyOf.model_construct(of=tuple(_resolved(part, find, opened) for part in parts))
        case Not(of=part):
            return Not.model_construct(of=_resolved(part, find, opened))
        case LifecycleIs(states=states):
            return AnyOf.model_construct(of=tuple(lifecycle()[state] for state in states))
        case SegmentIs(key=key):
            return _resolved(_named(key, find, opened), find, (*opened, key))
    return condition


def _named(key: str, find: Find, opened: tuple[str, ...]) -> Condition:
    if key in opened:
        raise ConditionFault("circle", (), message=f"{key} would depend on itself", key=key)
    # Each step may double what is written out.
    if len(opened) >= 5:
        raise ConditionFault("too_deep", (), message="segments of segments of segments", most=5)
    found = find(key)
    if found is None:
        raise ConditionFault("no_such_segment", (), message=f"there is no segment {key}", key=key)
    return found
