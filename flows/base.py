"""What our actions add to rasa-sdk's: the facts that they want, and a plain tracker for mypy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

Events = list[dict[str, Any]]
Domain = dict[str, Any]

# Politeness, yes, no and anger: beside an answer they are a part of it, alone they are none.
COURTESIES = frozenset(("greet", "goodbye", "thanks", "affirm", "deny", "chitchat_how_are_you", "insult"))


class FlowAction(Action, ABC):
    """An action that takes no constructor arguments and does no I/O: facts come in as slots.

    Abstract, so that rasa-sdk, which registers every concrete action it finds, passes it over.
    """

    action_name: ClassVar[str]
    # Facts that must be in the tracker's slots before it runs: "orders", "cart", …
    wants: ClassVar[tuple[str, ...]] = ()

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return self.act(dispatcher, tracker)

    @abstractmethod
    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Say and return events. Called once, with every fact of `wants` in the tracker's slots."""


class FormAction:
    """Beside `FormValidationAction`: `validate_<slot>` returns the slot's value, or None to ask again."""

    action_name: ClassVar[str]
    wants: ClassVar[tuple[str, ...]] = ()

    def name(self) -> str:
        return self.action_name


def _nothing(said: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Form:
    """A row of questions: the runner asks for each slot by `utter_ask_<form>_<slot>`."""

    name: str
    slots: tuple[str, ...]
    # Runs when every slot is filled.
    submit: str
    # What the customer says when they mean this form: no interruption of itself.
    intent: str
    # After a digression the question is asked again; else the form gives way.
    asks_again: bool = True
    # Intents that end the form instead of interrupting it.
    gives_way_to: frozenset[str] = frozenset()
    # So many answers in vain, and the form gives up.
    patience: int = 5
    # Slots that may be left out.
    optional: frozenset[str] = frozenset()
    # Once submitted, "no, I meant …" opens it again and submits it again: its submit must bear that.
    is_correctable: bool = False
    # Slots that stay as they were once it is submitted: to put another in their place undoes nothing.
    final: frozenset[str] = frozenset()
    # What words name beside the entities: slot -> what was said. Each is judged before it is believed.
    heard_in: Callable[[str], Mapping[str, str]] = _nothing
    gives_up_with: str = "utter_gave_up"
    # An action that plays when the form ends unfinished.
    left: str | None = None

    @property
    def validate(self) -> str:
        return f"validate_{self.name}"


def language_of(tracker: Tracker) -> str:
    return str(tracker.get_slot("language"))


def fact(tracker: Tracker, name: str) -> Any:
    """A fact that the action wanted. Raises when it was not given: an action must name what it wants."""
    if name not in tracker.slots:
        raise KeyError(f"the fact {name!r} was not asked for (add it to `wants`)")
    return tracker.slots[name]


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
