"""Back, skip, start over, "no, I meant": at the first question, in the middle and after the end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from context_store.records import ConversationState, RunningForm
from flows.base import Form
from flows.corrections import read_correction
from flows.effects import AnswerSurvey, ChangeCart, Effect, Outcome, SaveDelivery, Say
from flows.forms import named, open_form
from flows.registry import FORMS
from flows.repair import CORRECTABLE_FOR
from flows.situation import Situation
from flows.sprint import Sprint
from nlu.parsed import FALLBACK, Entity, Parsed
from tests.flows.test_any_order import FACTS
from tests.flows.test_runner import situation
from tests.world import load_runner

# What is said, or (intent, words) where no phrase is needed to mean it.
Said = str | tuple[str, str]
DELIVERY = ("delivery_details", "")
ADDRESS = "Calle Mayor 5, Madrid"


def talk(*turns: Said, minutes: float = 0, state: ConversationState | None = None) -> Outcome:
    """A conversation; `minutes` pass before its last turn."""
    outcome = Outcome(state=state or ConversationState(), effects=())
    for place, turn in enumerate(turns, start=1):
        late = timedelta(minutes=minutes if place == len(turns) else 0)
        outcome = load_runner().run(_situation(turn, outcome.state, late))
    return outcome


def _situation(turn: Said, state: ConversationState, late: timedelta) -> Situation:
    intent, words = turn if isinstance(turn, tuple) else (FALLBACK, turn)
    sure = 0.0 if intent == FALLBACK else 1.0
    parsed = Parsed(text=words, intent=intent, confidence=sure, language=None)
    plain = situation("", state)
    return replace(plain, parsed=parsed, facts=FACTS, now=plain.now + late)


def asked(outcome: Outcome) -> str | None:
    return outcome.state.form.requested_slot if outcome.state.form else None


def said(outcome: Outcome) -> str:
    return "\n".join(effect.text for effect in outcome.effects if isinstance(effect, Say))


def done(outcome: Outcome, kind: type[Effect]) -> list[Any]:
    return [effect for effect in outcome.effects if isinstance(effect, kind)]


def saved(address: str = ADDRESS, window: str = "afternoon") -> list[SaveDelivery]:
    return [SaveDelivery(order_number="1042", address=address, window=window)]


# Back


def test_going_back_empties_the_answer_before_and_asks_for_it_in_other_words() -> None:
    outcome = talk(DELIVERY, ADDRESS, ("go_back", "atrás"))
    assert (asked(outcome), outcome.state.slots) == ("delivery_address", {"delivery_order": "1042"})
    assert said(outcome) == "¿Adónde llevamos tu pedido?"


def test_at_the_first_question_there_is_no_way_back_but_a_way_out() -> None:
    outcome = talk(DELIVERY, ("go_back", "atrás"))
    assert asked(outcome) == "delivery_address"
    assert "primera pregunta" in said(outcome)
    assert "déjalo" in said(outcome)


def test_going_back_outside_a_form_offers_the_menu() -> None:
    assert said(talk(("go_back", "atrás"))) == "Esto es lo que puedo hacer por ti:"


# Skip


def test_what_is_optional_is_left_out_and_what_is_needed_says_why() -> None:
    rated = talk(("rate", ""), "2", ("skip", "saltar"))
    assert [(answer.is_last, answer.is_text) for answer in done(rated, AnswerSurvey)] == [(True, False)]
    assert asked(rated) is None
    needed = talk(DELIVERY, ("skip", "saltar"))
    assert said(needed) == "Sin la dirección no sabríamos adónde llevarlo.\n¿Adónde llevamos tu pedido?"
    assert asked(needed) == "delivery_address"


def test_a_question_without_a_reason_of_its_own_is_needed_all_the_same() -> None:
    outcome = talk(("change_cart", ""), ("skip", "saltar"))
    assert said(outcome).startswith("Esto lo necesito para seguir.")
    assert asked(outcome) == "cart_product"


def test_skipping_is_no_answer_in_vain() -> None:
    outcome = talk(DELIVERY, *[("skip", "saltar")] * 9)
    assert outcome.state.form == RunningForm(name="delivery_form", requested_slot="delivery_address")


# Start over


def test_starting_over_begins_the_form_anew_and_the_second_time_everything() -> None:
    once = talk(DELIVERY, ADDRESS, ("restart", ""))
    assert (asked(once), once.state.slots) == ("delivery_address", {"delivery_order": "1042"})
    twice = talk(("restart", ""), state=once.state)
    assert (twice.state.form, twice.state.slots, twice.state.interrupted) == (None, {}, ())
    assert said(twice).startswith("Empezamos de cero.")


# Corrections in the form

IN_THE_FORM = {
    "no, quise decir Calle Sol 3, Lugo": ("Calle Sol 3, Lugo", None),
    "I meant Calle Sol 3, Lugo": ("Calle Sol 3, Lugo", None),
    "não, quis dizer Rua do Sol 3": ("Rua do Sol 3", None),
    "no, mejor Calle Sol 3, Lugo": ("Calle Sol 3, Lugo", None),
    "perdón, es Calle Sol 3, Lugo": ("Calle Sol 3, Lugo", None),
}


@pytest.mark.parametrize(("words", "kept"), IN_THE_FORM.items())
def test_a_correction_in_the_form_changes_the_last_answer(words: str, kept: tuple[str, None]) -> None:
    outcome = talk(DELIVERY, ADDRESS, words)
    assert outcome.state.slots["delivery_address"] == kept[0]
    assert asked(outcome) == "delivery_window"
    assert said(outcome).startswith("De acuerdo, corregido.")


@pytest.mark.parametrize("words", ["no, quise decir por la noche", "no, por la noche", "mejor por la noche"])
def test_what_fits_the_open_question_only_answers_it(words: str) -> None:
    assert done(talk(DELIVERY, ADDRESS, words), SaveDelivery) == saved(window="evening")


def test_with_two_options_the_other_one_is_the_other() -> None:
    begin = (("change_cart", ""), "1")
    assert talk(*begin).state.slots["cart_product"] == "candle"
    other = talk(*begin, "no, la otra")
    assert (other.state.slots["cart_product"], asked(other)) == ("lamp", "cart_quantity")
    assert talk(*begin, "no, la otra", "the other one").state.slots["cart_product"] == "candle"


def test_without_two_options_the_other_one_is_asked_for() -> None:
    outcome = talk(DELIVERY, ADDRESS, "no, la otra")
    assert asked(outcome) == "delivery_address"


def test_a_number_corrects_the_choice_that_was_just_made() -> None:
    outcome = talk(("change_cart", ""), "1", "no, me refería a la 2")
    assert (outcome.state.slots["cart_product"], asked(outcome)) == ("lamp", "cart_quantity")


def test_only_saying_that_it_is_wrong_asks_the_last_question_again() -> None:
    for turn in ("no, me equivoqué", ("go_back", "me equivoqué"), ("correct", "así no era")):
        outcome = talk(DELIVERY, ADDRESS, turn)
        assert (asked(outcome), "delivery_address" in outcome.state.slots) == ("delivery_address", False)


def test_a_correction_that_does_not_fit_asks_instead_of_guessing() -> None:
    outcome = talk(DELIVERY, ADDRESS, "quise decir aquello")
    assert asked(outcome) == "delivery_address"
    assert said(outcome) == "Sin problema, lo corregimos.\n¿Adónde llevamos tu pedido?"


def test_a_correction_before_any_answer_is_the_answer() -> None:
    assert talk(DELIVERY, f"quise decir {ADDRESS}").state.slots["delivery_address"] == ADDRESS
    assert asked(talk(DELIVERY, "no, me equivoqué")) == "delivery_address"


def test_a_story_that_begins_like_a_correction_is_a_story() -> None:
    outcome = talk(("rate", ""), "2", "no, mejor no os cuento lo que pasó")
    assert [answer.answer for answer in done(outcome, AnswerSurvey)] == ["no, mejor no os cuento lo que pasó"]


def test_another_wish_in_words_of_correction_is_another_wish() -> None:
    outcome = talk(DELIVERY, ADDRESS, ("order_status", "no, me refería a dónde está mi pedido"))
    assert outcome.state.slots["delivery_address"] == ADDRESS
    assert "va de camino" in said(outcome)


# Corrections after the end

FINISHED = (DELIVERY, ADDRESS, "por la tarde")
AFTER_THE_END = {
    "no, quise decir por la noche": saved(window="evening"),
    "me refería a la 1": saved(window="morning"),
    "no, la 1": saved(window="morning"),
    "no, por la noche": saved(window="evening"),
    "no, Calle Sol 3, Lugo": saved(address="Calle Sol 3, Lugo"),
    "I meant Calle Sol 3, Lugo": saved(address="Calle Sol 3, Lugo"),
}


@pytest.mark.parametrize(("words", "effects"), AFTER_THE_END.items())
def test_a_correction_right_after_the_end_submits_again(words: str, effects: list[SaveDelivery]) -> None:
    outcome = talk(*FINISHED, words, minutes=9)
    assert done(outcome, SaveDelivery) == effects
    assert outcome.state.form is None
    assert outcome.state.slots == {}


@pytest.mark.parametrize("words", ["3", "por la noche"])
def test_picking_from_the_same_list_once_more_is_a_correction(words: str) -> None:
    assert done(talk(*FINISHED, words), SaveDelivery) == saved(window="evening")
    assert done(talk(*FINISHED, "no, la 1", words), SaveDelivery) == saved(window="evening")


def test_pressing_a_button_of_the_question_before_changes_that_answer() -> None:
    state = talk(("change_cart", ""), "1").state
    pressed = replace(
        _situation("Lámpara Alba", state, timedelta(0)), choice='/inform{"cart_product": "lamp"}'
    )
    outcome = load_runner().run(pressed)
    assert (outcome.state.slots["cart_product"], asked(outcome)) == ("lamp", "cart_quantity")


def test_corrections_can_follow_each_other() -> None:
    outcome = talk(*FINISHED, "quise decir por la noche", "no, me refería a Calle Sol 3, Lugo")
    assert done(outcome, SaveDelivery) == saved("Calle Sol 3, Lugo", "evening")


def test_only_saying_that_it_is_wrong_opens_the_form_at_its_last_question() -> None:
    reopened = talk(*FINISHED, "no, me equivoqué")
    assert asked(reopened) == "delivery_window"
    assert done(talk("3", state=reopened.state), SaveDelivery) == saved(window="evening")
    left = talk(("cancel", "déjalo"), state=reopened.state)
    assert (left.state.form, done(left, SaveDelivery)) == (None, [])


LATE = {
    "after ten minutes": (CORRECTABLE_FOR.total_seconds() / 60 + 1, ()),
    "after another form": (0, (("rate", ""), "5")),
    "after starting over": (0, (("restart", ""),)),
}


@pytest.mark.parametrize(("minutes", "between"), LATE.values(), ids=LATE)
def test_later_nothing_is_corrected(minutes: float, between: tuple[Said, ...]) -> None:
    outcome = talk(*FINISHED, *between, "no, quise decir por la noche", minutes=minutes)
    assert done(outcome, SaveDelivery) == []
    assert outcome.state.form is None


@pytest.mark.parametrize("words", ["no, gracias", "no, está bien así", "mejor no digo nada"])
def test_a_no_that_fits_nothing_is_no_correction(words: str) -> None:
    outcome = talk(*FINISHED, ("deny", words))
    assert (outcome.state.form, done(outcome, SaveDelivery)) == (None, [])


def test_what_a_submit_cannot_undo_stays() -> None:
    finished = (("change_cart", ""), "1", "3")
    changed = talk(*finished, "no, me refería a 4")
    assert [effect.product_id for effect in done(changed, ChangeCart)] == ["candle"]
    assert done(talk(*finished, "no, la lámpara"), ChangeCart) == []


def test_a_survey_is_answered_once() -> None:
    outcome = talk(("rate", ""), "5", "no, quise decir 1")
    assert (outcome.state.finished, done(outcome, AnswerSurvey)) == (None, [])


def test_a_correction_of_nothing_asks_what_to_change() -> None:
    assert said(talk(("correct", "me equivoqué"))) == "Dime qué quieres cambiar:"


# Ahead


def test_what_the_first_words_name_is_not_asked() -> None:
    outcome = talk(("delivery_details", "quiero cambiar la entrega a Calle Mayor 5 por la tarde"))
    assert done(outcome, SaveDelivery) == saved(address="Calle Mayor 5")
    half = talk(("delivery_details", "cambia la entrega a Calle Mayor 5, por favor"))
    assert (half.state.slots["delivery_address"], asked(half)) == ("Calle Mayor 5", "delivery_window")
    assert "dos preguntas" not in said(half)


def test_one_answer_may_answer_two_questions() -> None:
    assert done(talk(DELIVERY, f"{ADDRESS}, por la noche"), SaveDelivery) == saved(window="evening")


def test_the_answer_to_the_next_question_is_kept_and_this_one_asked_again() -> None:
    outcome = talk(DELIVERY, "por la noche")
    assert (outcome.state.slots["delivery_window"], asked(outcome)) == ("evening", "delivery_address")
    assert said(outcome) == "¿Adónde llevamos tu pedido?"
    assert done(talk(ADDRESS, state=outcome.state), SaveDelivery) == saved(window="evening")


def test_asking_for_the_form_again_takes_what_is_named() -> None:
    again = ("delivery_details", "quiero cambiar la entrega a Calle Sol 3")
    assert talk(DELIVERY, again).state.slots["delivery_address"] == "Calle Sol 3"
    assert talk(DELIVERY, ADDRESS, again).state.slots["delivery_address"] == "Calle Sol 3"


def test_a_named_value_is_judged_and_a_bad_one_is_not_talked_about() -> None:
    asks = _opened("delivery_form", Entity(name="delivery_address", value="x", start=0, end=0))
    assert [effect.asks for effect in asks.effects if isinstance(effect, Say)] == ["delivery_address"]
    named = _opened("delivery_form", Entity(name="delivery_address", value=ADDRESS, start=0, end=0))
    assert named.state.slots["delivery_address"] == ADDRESS


def _opened(form: str, *entities: Entity) -> Outcome:
    parsed = Parsed(text="x", intent="rate", confidence=1.0, language=None, entities=entities)
    plain = replace(situation(""), parsed=parsed)
    runner = load_runner()
    sprint = Sprint(plain, runner._stage, runner.texts)
    open_form(sprint, form)
    return sprint.outcome(understood=True)


def test_one_entity_fills_one_slot_first_the_one_that_is_asked_for() -> None:
    twins = Form(name="twins", slots=("cart_quantity", "quantity"), submit="-", intent="-")
    parsed = Parsed(
        text="3",
        intent=FALLBACK,
        confidence=0.0,
        language=None,
        entities=(Entity(name="quantity", value="3", start=0, end=1),),
    )
    assert named(twins, parsed) == {"cart_quantity": "3"}
    assert named(twins, parsed, asked="quantity") == {"quantity": "3"}


# Taken up again


def test_a_form_that_opens_inside_another_lets_it_wait() -> None:
    inside = talk(DELIVERY, ADDRESS, ("change_cart", ""))
    assert asked(inside) == "cart_product"
    assert [form.name for form in inside.state.interrupted] == ["delivery_form"]
    offered = talk("2", "5", state=inside.state)
    assert said(offered).endswith("Nos quedamos a medias con una pregunta. ¿Seguimos?")
    assert asked(talk(("affirm", "vale"), state=offered.state)) == "delivery_window"
    declined = talk(("deny", "mejor no"), state=offered.state)
    assert (declined.state.interrupted, declined.state.slots.get("delivery_address")) == ((), None)


def test_going_on_in_free_words_inside_the_form_asks_its_question() -> None:
    outcome = talk(DELIVERY, ("resume", "sigamos"))
    assert (asked(outcome), said(outcome)) == ("delivery_address", "¿Adónde llevamos tu pedido?")


def test_a_form_that_waits_too_deep_is_forgotten_with_what_it_collected() -> None:
    waiting = tuple(
        RunningForm(name=name, requested_slot=FORMS[name].slots[0]) for name in ("cart_form",) * 3
    )
    state = ConversationState(slots={"delivery_address": ADDRESS, "cart_quantity": 2})
    delivery = RunningForm(name="delivery_form", requested_slot="delivery_window")
    state = replace(state, form=waiting[0], interrupted=(delivery, *waiting[:2]))
    expired = load_runner().expire_form(_situation("", state, timedelta(0)))
    assert len(expired.state.interrupted) == 3
    assert expired.state.slots == {"cart_quantity": 2}


# The words

READ = {
    "no, me refería a 3": ("3", True),
    "me refería a la tarde": ("la tarde", True),
    "Perdón, quería decir 3.": ("3", True),
    "no, no, quise decir que es la 2": ("es la 2", True),
    "I mean 3": ("3", True),
    "that's wrong": ("", True),
    "that is wrong": ("", True),
    "me equivoqué": ("", True),
    "errei, é a 2": ("a 2", True),
    "no, la 2": ("la 2", False),
    "mejor el lunes": ("el lunes", False),
    "na verdade, 5": ("5", False),
}


@pytest.mark.parametrize(("words", "read"), READ.items())
def test_the_words_of_a_correction(words: str, read: tuple[str, bool]) -> None:
    correction = read_correction(words, None)
    assert correction is not None
    assert (correction.meant, correction.is_sure) == read


@pytest.mark.parametrize(
    "words", ["", "no", "Calle Mayor 5", "nota 5", "notable", "mejorar", "otra vez", "🙂"]
)
def test_words_that_take_nothing_back(words: str) -> None:
    assert read_correction(words, None) is None


@pytest.mark.parametrize(
    "words", ["no, la otra", "el otro", "the other one", "não, a outra", "no, quiero la otra"]
)
def test_the_words_for_the_other_one(words: str) -> None:
    correction = read_correction(words, None)
    assert correction is not None
    assert correction.is_the_other
