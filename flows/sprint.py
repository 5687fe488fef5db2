"""One run from an utterance to the next question: what has been said and changed so far.

The only mutable thing in `flows`; it lives for one run and never leaves it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from rasa_sdk.events import SlotSet

from context_store.records import Channel, ConversationState, Option, Purpose, RunningForm, TimerKind
from flows import forms
from flows.base import Form
from flows.effects import (
    AskForPerson,
    CancelTimer,
    Effect,
    Outcome,
    Say,
    SetLanguage,
    SetTimer,
    custom_effect,
)
from flows.registry import FORMS
from flows.situation import Situation
from flows.slots import KEPT, KNOWN
from flows.stage import Stage
from flows.texts import CHANNEL_NAMES, Rendered, Texts, as_written

# What every message of Rasa's dispatcher carries; the rest are values for the text's places.
RASA_KEYS = frozenset(
    ("text", "image", "custom", "template", "response", "attachment", "buttons", "elements")
)
# An action that follows an action that follows … is a loop.
MOST_ACTIONS = 6


# Beginnings of the names of what wants an answer.
QUESTIONS = ("utter_ask_", "utter_which_", "utter_offer_")


class FlowFault(Exception):
    """A flow used a word that nobody knows: a slot, an event, an action."""


class Bookmark(NamedTuple):
    state: ConversationState
    language: str
    effects: tuple[Effect, ...]
    said: tuple[str, ...]


@dataclass
class Sprint:
    situation: Situation
    stage: Stage
    texts: Texts
    state: ConversationState = field(init=False)
    language: str = field(init=False)
    effects: list[Effect] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    # What of it must stay letter for letter.
    as_written: list[str] = field(default_factory=list)
    played: int = 0
    # Their words have been used up as an answer.
    has_answered: bool = False
    has_given_up: bool = False
    # How responses are worded now, where they have such a wording: "again" or "aside".
    manner: str | None = None

    def __post_init__(self) -> None:
        self.state = self.situation.state
        self.language = self.situation.language

    def outcome(self, *, understood: bool) -> Outcome:
        fallbacks = 0 if understood else self.state.fallbacks_in_a_row + 1
        state = replace(self.state, fallbacks_in_a_row=fallbacks)
        if self.said:
            state = replace(state, last_said=tuple(self.said))
        effects = _with_one_choice(self.effects)
        if self.situation.channel is Channel.SMS:
            effects = self._in_plain_letters(effects)
        return Outcome(state=state, effects=tuple(effects))

    def _in_plain_letters(self, effects: list[Effect]) -> list[Effect]:
        """All that one run says is one message."""
        said = [effect for effect in effects if isinstance(effect, Say)]
        parts = [Rendered(text=one.text, options=one.options) for one in said]
        plain = iter(self.texts.in_plain_letters(parts, self.as_written))
        return [
            replace(effect, text=part.text, options=part.options)
            if isinstance(effect, Say) and (part := next(plain))
            else effect
            for effect in effects
        ]

    def bookmark(self) -> Bookmark:
        return Bookmark(self.state, self.language, tuple(self.effects), tuple(self.said))

    def return_to(self, place: Bookmark) -> None:
        """As if nothing had happened since."""
        self.state, self.language = place.state, place.language
        self.effects, self.said = list(place.effects), list(place.said)

    # What is said

    def say(
        self,
        response: str,
        *,
        purpose: Purpose = Purpose.REPLY,
        more: tuple[Option, ...] = (),
        image: str | None = None,
        **values: Any,
    ) -> None:
        channel = self.situation.channel
        rendered = self.texts.render(
            self._worded(response),
            language=self.language,
            channel=channel,
            values={"channel": CHANNEL_NAMES[channel], **self.state.slots, **values},
            is_part=True,
        )
        self.as_written += as_written(values)
        options = (*rendered.options, *more)
        asks = response if _is_question(response, rendered.text, options) else None
        self._add(Say(text=rendered.text, options=options, image=image, purpose=purpose, asks=asks))

    def say_again(self, texts: tuple[str, ...]) -> None:
        asks = self.state.form.requested_slot if self.state.form else None
        self._add(Say(text="\n\n".join(texts), options=self.state.last_options, asks=asks))

    def ask(self, form: RunningForm, *, again: bool = False) -> None:
        """Ask for the form's slot and wait for it; `again` in other words, where there are some."""
        begins, manner = len(self.effects), self.manner
        self.manner = "again" if again else None
        self._ask(form)
        self.manner = manner
        # An action that was to ask may have ended the form instead.
        if self.state.form == form:
            self._name_question(begins, form.requested_slot)

    def _name_question(self, begins: int, slot: str) -> None:
        """What was said last since then asks for the slot."""
        for place in reversed(range(begins, len(self.effects))):
            said = self.effects[place]
            if isinstance(said, Say):
                self.effects[place] = replace(said, asks=slot)
                return

    def _ask(self, form: RunningForm) -> None:
        # A number that answers this question must not pick from an older list.
        self.state = replace(self.state, form=form, last_options=())
        question = f"ask_{form.name}_{form.requested_slot}"
        # Rasa's convention: an action of that name asks when the options are not the same for everybody.
        if f"action_{question}" in self.stage.names:
            self.play(f"action_{question}")
        else:
            self.say(f"utter_{question}")

    @property
    def has_asked(self) -> bool:
        return any(isinstance(effect, Say) and effect.asks for effect in self.effects)

    def _worded(self, response: str) -> str:
        wording = f"{response}_{self.manner}"
        return wording if self.manner and self.texts.has(wording) else response

    def _add(self, message: Say) -> None:
        self.effects.append(message)
        self.said.append(message.text)
        if message.options:
            self.state = replace(self.state, last_options=message.options)

    # What is done

    def play(self, action: str) -> None:
        """Run an action and do what it says."""
        self.played += 1
        if self.played > MOST_ACTIONS:
            raise FlowFault(f"{action}: more than {MOST_ACTIONS} actions in one run")
        self._run(action, self._slots(self.stage.wants(action)), [])

    def validate(self, form: Form, slot: str, candidate: Any) -> None:
        """Let the form's action judge an answer: the slot is set, or stays empty."""
        events = [SlotSet(slot, candidate)]
        slots = {**self._slots(self.stage.wants(form.validate)), slot: candidate}
        self._run(form.validate, slots, events)

    def slot(self, name: str) -> Any:
        return self.state.slots.get(name)

    @property
    def has_asked_for_person(self) -> bool:
        return any(isinstance(effect, AskForPerson) for effect in self.effects)

    def take_up(self) -> RunningForm:
        """The form that was set aside last; it is not aside any more."""
        *others, form = self.state.interrupted
        self.state = replace(self.state, interrupted=tuple(others))
        return form

    def drop_form(self, form: RunningForm) -> None:
        """Forget the form and what it has collected."""
        for slot in FORMS[form.name].slots:
            self.set_slot(slot, None)
        self.close_form()
        left = FORMS[form.name].left
        if left is not None:
            self.play(left)

    def close_form(self) -> None:
        self.state = replace(self.state, form=None)

    def set_aside(self, form: RunningForm, most: int) -> None:
        waiting = (*self.state.interrupted, replace(form, failed_answers=0))
        kept, forgotten = waiting[-most:], waiting[:-most]
        self.state = replace(self.state, form=None, interrupted=kept)
        for lost in {form.name for form in forgotten} - {form.name for form in kept}:
            for slot in FORMS[lost].slots:
                self.set_slot(slot, None)

    # How an action's answer is read

    def _run(self, action: str, slots: Mapping[str, Any], events: list[Any]) -> None:
        form = self.state.form.name if self.state.form else None
        played = self.stage.play(action, slots, self.situation.parsed, form=form, events=events)
        for message in played.messages:
            self._read_message(message)
        for event in played.events:
            self._read_event(event)

    def _slots(self, wants: tuple[str, ...]) -> dict[str, Any]:
        form = self.state.form
        return {
            **self.state.slots,
            **{name: self.situation.facts[name] for name in wants},
            "language": self.language,
            "channel": self.situation.channel.value,
            "now": self.situation.now.isoformat(),
            "fallbacks_in_a_row": self.state.fallbacks_in_a_row,
            "requested_slot": form.requested_slot if form else None,
        }

    def _read_message(self, message: dict[str, Any]) -> None:
        custom = message.get("custom")
        if custom:
            self._do(custom_effect(custom))
        if message.get("response"):
            values = {name: value for name, value in message.items() if name not in RASA_KEYS}
            purpose = Purpose(values.pop("purpose", Purpose.REPLY))
            more, image = _offered(message), message.get("image")
            self.say(message["response"], purpose=purpose, more=more, image=image, **values)
        elif message.get("text"):
            self._add(Say(text=message["text"], options=_offered(message), image=message.get("image")))

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, SetLanguage):
            # At once: what is said next is said in the new language.
            self.language = effect.language
        self.effects.append(effect)

    def _read_event(self, event: dict[str, Any]) -> None:
        reader = READERS.get(event["event"])
        if reader is None:
            raise FlowFault(f"an action returned an event that has no meaning here: {event['event']!r}")
        reader(self, event)

    def set_slot(self, name: str, value: Any) -> None:
        if name not in KNOWN:
            raise FlowFault(f"no slot {name!r} (add it to flows/slots.py)")
        if name not in KEPT:
            return
        slots = {**self.state.slots, name: value}
        self.state = replace(self.state, slots={key: kept for key, kept in slots.items() if kept is not None})

    def _open_form(self, name: str | None) -> None:
        if name is None:
            self.close_form()
        else:
            forms.open_form(self, name)

    def _restart(self) -> None:
        options, said = self.state.last_options, self.state.last_said
        self.state = ConversationState(last_options=options, last_said=said)


def _is_question(response: str, text: str, options: tuple[Option, ...]) -> bool:
    """ "Anything else?" is politeness: a question has its name, or choices."""
    return response.startswith(QUESTIONS) or bool(options and text.rstrip().endswith("?"))


def _with_one_choice(effects: list[Effect]) -> list[Effect]:
    """Only what comes last may be chosen from: two lists of numbers are one too many."""
    kept: list[Effect] = []
    has_choice = False
    for effect in reversed(effects):
        if isinstance(effect, Say) and effect.options and has_choice:
            effect = replace(effect, options=())
        has_choice = has_choice or (isinstance(effect, Say) and bool(effect.options or effect.asks))
        kept.insert(0, effect)
    return kept


def _offered(message: dict[str, Any]) -> tuple[Option, ...]:
    buttons = message.get("buttons") or []
    return tuple(
        Option(title=button["title"], payload=button["payload"], is_dynamic=True) for button in buttons
    )


Reader = Callable[[Sprint, dict[str, Any]], None]

READERS: dict[str, Reader] = {
    "slot": lambda sprint, event: sprint.set_slot(event["name"], event["value"]),
    "active_loop": lambda sprint, event: sprint._open_form(event["name"]),
    "followup": lambda sprint, event: sprint.play(event["name"]),
    "restart": lambda sprint, event: sprint._restart(),
    "reset_slots": lambda sprint, event: sprint._restart(),
    "reminder": lambda sprint, event: sprint.effects.append(
        SetTimer(
            kind=TimerKind.REMINDER, key=event["name"], due_at=datetime.fromisoformat(event["date_time"])
        )
    ),
    "cancel_reminder": lambda sprint, event: sprint.effects.append(CancelTimer(key=event["name"])),
}
