"""A condition while it is being edited: plain JSON, changed at a path of steps like "0.n.2".

A number is a place in a group; `n` goes into a `not`.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from context_store.records.conditions import Condition, ConditionFault, as_json, read_condition

EMPTY: dict[str, Any] = {"kind": "all", "of": []}
GROUPS = ("all", "any")
LARGEST_DRAFT = 60_000


@dataclass(frozen=True, kw_only=True)
class Node:
    """One condition of the tree, as the page shows it."""

    path: str
    kind: str
    condition: dict[str, Any]
    children: tuple["Node", ...] = ()


class Draft:
    def __init__(self, root: dict[str, Any]) -> None:
        # What begins as a single condition becomes a group, so that others can stand beside it.
        self.root = root if root.get("kind") in GROUPS else {"kind": "all", "of": [root]}

    @classmethod
    def of(cls, condition: Condition) -> "Draft":
        return cls(as_json(condition))

    @classmethod
    def read(cls, text: str) -> "Draft":
        """As the page has kept it. Raises `ConditionFault` when it is not one of ours any more."""
        try:
            root = json.loads(text[:LARGEST_DRAFT]) if text else copy.deepcopy(EMPTY)
        except (ValueError, RecursionError):
            raise ConditionFault("other", ("condition",)) from None
        return cls(as_json(read_condition(root)))

    @property
    def condition(self) -> Condition:
        return read_condition(self.root)

    @property
    def text(self) -> str:
        return json.dumps(self.root, ensure_ascii=False, separators=(",", ":"))

    def at(self, path: str) -> dict[str, Any]:
        """Raises `ConditionFault` where nothing stands."""
        found: Any = self.root
        for step in _steps(path):
            try:
                found = found["of"] if step == "n" else found["of"][int(step)]
            except (KeyError, IndexError, TypeError, ValueError):
                raise ConditionFault("other", ("condition",)) from None
        if not isinstance(found, dict):
            raise ConditionFault("other", ("condition",))
        return found

    def add(self, path: str, condition: dict[str, Any]) -> "Draft":
        changed = Draft(copy.deepcopy(self.root))
        group = changed.at(path)
        if group.get("kind") not in GROUPS:
            raise ConditionFault("other", ("condition",))
        group.setdefault("of", []).append(condition)
        return changed._checked()

    def put(self, path: str, condition: dict[str, Any]) -> "Draft":
        changed = Draft(copy.deepcopy(self.root))
        place = changed.at(path)
        place.clear()
        place.update(condition)
        return changed._checked()

    def remove(self, path: str) -> "Draft":
        changed = Draft(copy.deepcopy(self.root))
        steps = _steps(path)
        while steps and steps[-1] == "n":
            # A `not` of nothing is nothing.
            steps.pop()
        if not steps:
            return Draft(copy.deepcopy(EMPTY))
        del changed.at(".".join(steps[:-1]))["of"][int(steps[-1])]
        return changed._checked()

    def negate(self, path: str) -> "Draft":
        place = self.at(path)
        turned = place["of"] if place["kind"] == "not" else {"kind": "not", "of": copy.deepcopy(place)}
        if not path and turned["kind"] not in GROUPS:
            turned = {"kind": "all", "of": [turned]}
        return self.put(path, copy.deepcopy(turned)) if path else Draft(turned)._checked()

    def _checked(self) -> "Draft":
        return Draft(as_json(read_condition(self.root)))

    def tree(self) -> Node:
        return _node(self.root, "")


def _steps(path: str) -> list[str]:
    return path.split(".") if path else []


def _node(condition: dict[str, Any], path: str) -> Node:
    return Node(
        path=path,
        kind=str(condition["kind"]),
        condition=condition,
        children=tuple(_node(below, f"{path}.{step}".strip(".")) for step, below in _below(condition)),
    )


def _below(condition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if condition["kind"] == "not":
        yield "n", condition["of"]
    elif condition["kind"] in GROUPS:
        for number, below in enumerate(condition.get("of", ())):
            yield str(number), below
