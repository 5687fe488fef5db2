"""Runs one rasa-sdk action in this process and takes its answer apart. No event loop: it must not wait."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import Action

from flows.base import FlowAction, FormAction
from nlu.parsed import Parsed


@dataclass(frozen=True, kw_only=True)
class Played:
    """What an action returned: messages to say and events, as Rasa's dicts."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


class Stage:
    def __init__(
        self, actions: Iterable[type[FlowAction] | type[FormAction]], domain: Mapping[str, Any]
    ) -> None:
        self._executor = ActionExecutor()
        self._wants: dict[str, tuple[str, ...]] = {}
        self._domain = dict(domain)
        for action_class in actions:
            action = action_class()
            self._executor.register_action(cast("Action", action))
            self._wants[action.name()] = action.wants

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._wants)

    def wants(self, action: str) -> tuple[str, ...]:
        return self._wants[action]

    def play(
        self, action: str, slots: Mapping[str, Any], parsed: Parsed, *, form: str | None, events: list[Any]
    ) -> Played:
        """Raises what the action raises, and `RuntimeError` when it awaits something: no I/O in flows."""
        call = self.call_of(action, slots, parsed, form=form, events=events, domain=self._domain)
        result = _run_to_the_end(self._executor.run(call))
        return Played(messages=result.responses, events=result.events)

    @staticmethod
    def call_of(
        action: str,
        slots: Mapping[str, Any],
        parsed: Parsed,
        *,
        form: str | None,
        events: list[Any],
        domain: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What a Rasa server posts to an action server's `/webhook`."""
        return {
            "next_action": action,
            "sender_id": "hilo",
            "tracker": {
                "sender_id": "hilo",
                "slots": dict(slots),
                "latest_message": _message(parsed),
                "events": events,
                "active_loop": {"name": form} if form else {},
                "latest_action_name": None,
            },
            "domain": dict(domain),
            "version": "3.21.1",
        }


def _run_to_the_end(coroutine: Any) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    coroutine.close()
    raise RuntimeError("an action waited for something: actions do no I/O")


def _message(parsed: Parsed) -> dict[str, Any]:
    intent = {"name": parsed.intent, "confidence": parsed.confidence}
    others = [guess for guess in parsed.ranking if guess.name != parsed.intent]
    return {
        "text": parsed.text,
        "intent": intent,
        "entities": [
            {"entity": entity.name, "value": entity.value, "start": entity.start, "end": entity.end}
            for entity in parsed.entities
        ],
        "intent_ranking": [
            intent,
            *({"name": guess.name, "confidence": guess.confidence} for guess in others),
        ],
    }
