"""The runner raises on a word that nobody knows, and a form survives whatever comes in between."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rasa_sdk.events import ActionReverted, ActiveLoop, FollowupAction, ReminderScheduled, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from context_store.records import Channel, ConversationState, Option, RunningForm, TimerKind
from flows import recommending, registry
from flows.answers import OpeningHours
from flows.base import Events, FlowAction
from flows.booking_plan import load_plan
from flows.effects import CancelTimer, Effect, Outcome, SaveDelivery, Say, SetTimer, UnknownEffect
from flows.runner import FORM_TIMEOUT, Runner
from flows.situation import Situation
from flows.sprint import FlowFault
from flows.stage import Stage
from flows.texts import TextFault
from nlu.parsed import Parsed
from tests.world import load_interpreter, load_runner

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
ORDER = {
    "number": "1042",
    "status": "shipped",
    "items": [{"name": "Lámpara Alba", "quantity": 1}],
    "total": 7400,
    "currency": "EUR",
    "expected_at": "2026-11-25T11:00:00+00:00",
    "carrier": None,
    "tracking_url": None,
    "invoice_url": None,
}
# Nobody has said who answers when: any request is just handed over.
NO_TEAMS: dict[str, Any] = {"is_waiting": False, "teams": {}, "topics": {}, "rest": None, "choices": []}

FACTS: dict[str, Any] = {
    "desk": NO_TEAMS,
    "customer": {"name": "Lucía", "timezone": "Europe/Madrid"},
    "orders": [ORDER],
    "shop": {
        "name": "Casa Luna",
        "address": "Calle de la Luna 12",
        "hours": {"es": "siempre", "en": "always"},
    },
    "cart": None,
    "products": [],
    "shelf": [],
    "categories": {},
    "promotions": [],
    "cart_link": None,
    "is_upset": False,
    "email": None,
    "asked_topics": [],
    "recommendable": recommending.NOTHING,
    "survey": {"asked": {}, "open": None, "answered": []},
    "appointments": [],
    "booking": load_plan("Europe/Madrid").model_dump(mode="json"),
    "taken": [],
    "contact": {"channels": ["whatsapp"], "closed": [], "can_undo": False},
    # Met this very moment: no time for questions.
    "acquaintance": {
        "asked": {},
        "told": [],
        "since": NOW.isoformat(),
        "name": None,
        "language": "es",
        "channels": ["whatsapp"],
        "is_unhappy": False,
        "has_refused": False,
        "has_agreed": False,
    },
}


@dataclass
class Facts(Mapping[str, Any]):
    """Remembers what was asked for."""

    asked: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return FACTS[name]

    def __iter__(self) -> Iterator[str]:
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)


def situation(
    said: str, state: ConversationState | None = None, channel: Channel = Channel.WHATSAPP
) -> Situation:
    return Situation(
        state=state or ConversationState(),
        facts=Facts(),
        parsed=load_interpreter().parse(said, "es"),
        language="es",
        channel=channel,
        now=NOW,
    )


def says(outcome: Outcome) -> str:
    return "\n".join(effect.text for effect in outcome.effects if isinstance(effect, Say))


def effects(outcome: Outcome, kind: type[Effect]) -> list[Any]:
    return [effect for effect in outcome.effects if isinstance(effect, kind)]


Act = Callable[[CollectingDispatcher], Events]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], Outcome]:
    """Run an action made up for the test, in answer to a greeting."""

    def run(what: Act) -> Outcome:
        class MadeUp(FlowAction):
            action_name = "action_made_up"

            def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
                return what(dispatcher)

        monkeypatch.setitem(registry.INTENTS, "greet", "action_made_up")
        made = Runner(Stage((*registry.ACTIONS, MadeUp), {}), load_runner().texts)
        return made.run(situation("hola"))

    return run


def says_response(name: str) -> Act:
    def say(dispatcher: CollectingDispatcher) -> Events:
        dispatcher.utter_message(response=name)
        return []

    return say


def wants_effect(**message: object) -> Act:
    def want(dispatcher: CollectingDispatcher) -> Events:
        dispatcher.utter_message(json_message=message)
        return []

    return want


UNKNOWN_WORDS: dict[str, tuple[Act, type[Exception], str]] = {
    "slot": (lambda dispatcher: [SlotSet("no_such_slot", 1)], FlowFault, "no slot 'no_such_slot'"),
    "event": (lambda dispatcher: [ActionReverted()], FlowFault, "no meaning here: 'undo'"),
    "form": (lambda dispatcher: [ActiveLoop("no_such_form")], KeyError, "no_such_form"),
    "action": (lambda dispatcher: [FollowupAction("action_of_nobody")], KeyError, "action_of_nobody"),
    "response": (says_response("utter_nothing_like_it"), TextFault, "no response 'utter_nothing_like_it'"),
    "effect": (wants_effect(effect="give_discount"), UnknownEffect, "not an effect"),
    "effect that lacks a part": (wants_effect(effect="save_delivery"), UnknownEffect, "not an effect"),
    "effect without a name": (wants_effect(order_number="1"), UnknownEffect, "not an effect"),
}


@pytest.mark.parametrize(("what", "fault", "words"), UNKNOWN_WORDS.values(), ids=UNKNOWN_WORDS)
def test_a_word_that_nobody_knows_raises(
    act: Callable[[Act], Outcome], what: Act, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        act(what)


def test_actions_that_follow_each_other_for_ever_raise(act: Callable[[Act], Outcome]) -> None:
    with pytest.raises(FlowFault, match="more than 6 actions in one run"):
        act(lambda dispatcher: [FollowupAction("action_made_up")])


def test_an_action_that_waits_for_something_raises() -> None:
    class Waiting(FlowAction):
        action_name = "action_waiting"

        async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
            await asyncio.sleep(0)
            return []

        def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
            return []

    parsed = Parsed(text="", intent="greet", confidence=1.0, language=None)
    with pytest.raises(RuntimeError, match="actions do no I/O"):
        Stage((Waiting,), {}).play("action_waiting", {}, parsed, form=None, events=[])


def test_an_action_that_uses_a_fact_it_did_not_ask_for_raises(
    act: Callable[[Act], Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpeningHours, "wants", ())
    with pytest.raises(KeyError, match="'shop' was not asked for"):
        act(lambda dispatcher: [FollowupAction("action_opening_hours")])


def test_an_action_reads_the_intent_as_under_a_rasa_server(
    act: Callable[[Act], Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str | None] = []

    def look(self: OpeningHours, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        read.append(tracker.get_intent_of_latest_message())
        return []

    monkeypatch.setattr(OpeningHours, "act", look)
    act(lambda dispatcher: [FollowupAction("action_opening_hours")])
    assert read == ["greet"]


def test_a_reminder_becomes_a_timer(act: Callable[[Act], Outcome]) -> None:
    outcome = act(lambda dispatcher: [ReminderScheduled("EXTERNAL_reminder", NOW, name="call them")])
    assert outcome.effects == (SetTimer(kind=TimerKind.REMINDER, key="call them", due_at=NOW),)


def test_only_the_facts_that_an_action_wants_are_fetched() -> None:
    asked = situation("gracias")
    load_runner().run(asked)
    assert asked.facts == Facts(asked=[])
    asked = situation("dónde está mi pedido")
    load_runner().run(asked)
    # The last one: is it a moment to ask them something?
    assert asked.facts == Facts(asked=["orders", "customer", "acquaintance"])


def test_the_same_situation_has_the_same_outcome_and_is_left_untouched() -> None:
    state = ConversationState(
        slots={"delivery_order": "1042"}, last_options=(Option(title="a", payload="/a"),)
    )
    asked = situation("datos de entrega", state)
    first, second = load_runner().run(asked), load_runner().run(asked)
    assert first == second
    assert asked.state == ConversationState(
        slots={"delivery_order": "1042"}, last_options=(Option(title="a", payload="/a"),)
    )


def play(*said: str, channel: Channel = Channel.WHATSAPP) -> Outcome:
    """A whole conversation; the last outcome."""
    outcome = Outcome(state=ConversationState(), effects=())
    for text in said:
        outcome = load_runner().run(situation(text, outcome.state, channel))
    return outcome


BEGIN = "quiero cambiar la dirección de entrega"
ADDRESS = "Calle Mayor 5, Madrid"


def asked_for(outcome: Outcome) -> str | None:
    form = outcome.state.form
    return form.requested_slot if form else None


def test_a_form_asks_one_question_after_the_other_and_is_then_done() -> None:
    assert asked_for(play(BEGIN)) == "delivery_address"
    assert asked_for(play(BEGIN, ADDRESS)) == "delivery_window"
    done = play(BEGIN, ADDRESS, "por la tarde")
    assert effects(done, SaveDelivery) == [
        SaveDelivery(order_number="1042", address=ADDRESS, window="afternoon")
    ]
    assert (done.state.form, done.state.slots) == (None, {})
    assert effects(done, CancelTimer) == [CancelTimer(key="form")]


def test_every_question_gives_the_form_its_time_anew() -> None:
    for outcome in (play(BEGIN), play(BEGIN, ADDRESS)):
        (timer,) = effects(outcome, SetTimer)
        assert (timer.kind, timer.key, timer.due_at) == (TimerKind.FORM_TIMEOUT, "form", NOW + FORM_TIMEOUT)


INTERRUPTIONS = ["¿a qué hora abren?", "¿dónde está mi pedido?", "ayuda por favor", "¿eres un robot?"]


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_a_question_in_mid_form_is_answered_and_the_form_asks_again(interruption: str) -> None:
    before, after = play(BEGIN), play(BEGIN, interruption)
    assert after.state.form == before.state.form
    assert says(after).endswith("¿Adónde llevamos tu pedido?")
    assert "Y volviendo a lo nuestro:" in says(after)
    assert effects(play(BEGIN, interruption, ADDRESS, "2"), SaveDelivery)


@pytest.mark.parametrize(
    "politeness", ["buenos días", "muchas gracias", "vale perfecto", "¿qué tal?", "tonto"]
)
def test_politeness_in_mid_form_is_no_interruption_and_no_answer(politeness: str) -> None:
    outcome = play(BEGIN, politeness)
    assert "Y volviendo" not in says(outcome)
    assert asked_for(outcome) == "delivery_address"


@pytest.mark.parametrize("answer", ["hola, Calle Mayor 5, Madrid", "gracias, es Calle Mayor 5, Madrid"])
def test_an_answer_with_politeness_around_it_is_an_answer(answer: str) -> None:
    assert asked_for(play(BEGIN, answer)) == "delivery_window"


@pytest.mark.parametrize("word", ["cancelar", "déjalo", "cancel", "esquece"])
def test_a_form_can_be_left_at_any_question_and_forgets_what_it_heard(word: str) -> None:
    for outcome in (play(BEGIN, word), play(BEGIN, ADDRESS, word)):
        assert (outcome.state.form, outcome.state.slots.get("delivery_address")) == (None, None)
        assert effects(outcome, CancelTimer) == [CancelTimer(key="form")]


def test_a_form_goes_on_on_another_channel() -> None:
    begun = play(BEGIN)
    on_sms = load_runner().run(situation(ADDRESS, begun.state, Channel.SMS))
    assert asked_for(on_sms) == "delivery_window"
    done = load_runner().run(situation("la 3", on_sms.state, Channel.WHATSAPP))
    assert effects(done, SaveDelivery)[0].window == "evening"


def test_a_form_that_expires_is_set_aside_and_says_nothing() -> None:
    begun = play(BEGIN, ADDRESS)
    expired = load_runner().expire_form(situation("", begun.state))
    assert says(expired) == ""
    assert expired.state.form is None
    assert [form.requested_slot for form in expired.state.interrupted] == ["delivery_window"]
    assert expired.state.slots["delivery_address"] == ADDRESS


def test_expiring_without_a_form_does_nothing() -> None:
    state = ConversationState(fallbacks_in_a_row=0, last_said=("hola",))
    assert load_runner().expire_form(situation("", state)) == Outcome(state=state, effects=())


def test_a_form_gives_up_in_the_end_instead_of_asking_for_ever() -> None:
    outcome = play(BEGIN, *["x"] * 5)
    assert outcome.state.form is None
    assert asked_for(play(BEGIN, *["x"] * 4)) == "delivery_address"


def test_say_that_again_repeats_the_question_with_its_options() -> None:
    asked, again = play(BEGIN, ADDRESS), play(BEGIN, ADDRESS, "¿puedes repetir?")
    assert says(again) == says(asked)
    assert effects(again, Say)[0].options == effects(asked, Say)[-1].options
    assert asked_for(again) == "delivery_window"


def test_not_understanding_twice_offers_a_person_and_understanding_starts_the_count_anew() -> None:
    assert play("xyzzy").state.fallbacks_in_a_row == 1
    second = play("xyzzy", "plugh")
    assert "Hablar con alguien" in [option.title for option in effects(second, Say)[0].options]
    assert play("xyzzy", "plugh", "horario").state.fallbacks_in_a_row == 0


def test_a_guess_interrupts_no_form() -> None:
    """In a form; without one it is better than nothing."""
    guess = Parsed(text="x", intent="order_status", confidence=0.69, language=None)
    asked = ConversationState(form=RunningForm(name="delivery_form", requested_slot="delivery_address"))
    inside = load_runner().run(replace(situation("x", asked), parsed=guess))
    assert "1042" not in " ".join(inside.state.last_said)
    outside = load_runner().run(replace(situation("x"), parsed=guess))
    assert "1042" in " ".join(outside.state.last_said)


def test_no_more_than_three_forms_wait_to_be_taken_up() -> None:
    state = ConversationState(
        form=RunningForm(name="delivery_form", requested_slot="delivery_address"),
        interrupted=tuple(RunningForm(name="cart_form", requested_slot="cart_product") for _ in range(3)),
    )
    expired = load_runner().expire_form(situation("", state))
    assert [form.name for form in expired.state.interrupted] == ["cart_form", "cart_form", "delivery_form"]
