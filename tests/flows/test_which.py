"""Two wishes that the words may mean just as well are both offered; what was named goes with the choice."""

from dataclasses import replace

import pytest

from context_store.records import ConversationState, RunningForm
from flows.effects import Outcome, Say
from flows.registry import INTENTS
from flows.which import LABELS
from nlu.intents import TOPICS
from nlu.parsed import Entity, Parsed
from tests.flows.test_runner import situation
from tests.world import load_runner

NUMBER = Entity(name="order_number", value="1042", start=0, end=4)
EITHER = Parsed(
    text="1042 no la quiero",
    intent="return_item",
    confidence=0.45,
    language="es",
    entities=(NUMBER,),
    rival="cancel_order",
)


def said(parsed: Parsed, state: ConversationState | None = None) -> tuple[Outcome, Say]:
    outcome = load_runner().run(replace(situation(parsed.text, state or ConversationState()), parsed=parsed))
    return outcome, next(effect for effect in outcome.effects if isinstance(effect, Say))


def test_both_are_offered_in_one_question() -> None:
    _, say = said(EITHER)
    assert say.text == "¿Cuál de las dos cosas necesitas?"
    assert [option.title for option in say.options] == ["Devolver algo", "Anular un pedido"]
    assert [option.payload for option in say.options] == [
        '/return_item{"order_number": "1042"}',
        '/cancel_order{"order_number": "1042"}',
    ]


def test_the_choice_is_the_wish() -> None:
    asked, _ = said(EITHER)
    picked = Parsed(text="2", intent="nlu_fallback", confidence=0.0, language=None)
    _, answer = said(picked, asked.state)
    assert "1042" in answer.text


@pytest.mark.parametrize("change", [{"confidence": 0.9}, {"rival": None}, {"rival": "greet"}])
def test_what_is_clear_is_not_asked(change: dict[str, object]) -> None:
    _, say = said(replace(EITHER, **change))  # type: ignore[arg-type]
    assert "Cuál de las dos" not in say.text


def test_in_a_form_a_guess_is_an_answer() -> None:
    form = RunningForm(name="delivery_form", requested_slot="delivery_address")
    _, say = said(EITHER, ConversationState(form=form))
    assert "Cuál de las dos" not in say.text


def test_labels_fit_on_buttons_and_are_of_topics() -> None:
    assert set(LABELS) <= set(TOPICS) & set(INTENTS)
    titles = [title for labels in LABELS.values() for title in labels.values()]
    assert [title for title in titles if len(title) > 20] == []
    assert all(set(labels) == {"es", "en", "pt"} for labels in LABELS.values())
