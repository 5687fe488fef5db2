"""Whatever is said in whatever order: no fault, one question at a time, nothing lost, always a way out.

Every form in the registry takes part, so a new flow is tested by being registered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter

from context_store.records import Channel, ConversationState, RunningForm
from flows import recommending
from flows.booking_plan import load_plan
from flows.effects import AskForPerson, Outcome, Say
from flows.forms import MOST_INTERRUPTED
from flows.registry import FORMS, INTENTS
from flows.runner import STEERING
from flows.situation import Situation
from flows.slots import ENTITY_FOR_SLOT
from nlu.parsed import FALLBACK, Entity, Parsed
from tests.flows import test_runner
from tests.flows.test_any_text import PIECES
from tests.world import load_interpreter, load_runner

PLAN = load_plan("Europe/Madrid")
CANDLE = {"product_id": "candle", "name": "Vela de higuera", "quantity": 1, "unit_price": 1250}
LAMP = {"product_id": "lamp", "name": "Lámpara Alba", "quantity": 2, "unit_price": 4900}
MUGS = {"product_id": "mugs", "name": "Tazas Luna"}
LISTED = {"category": None, "stock": 3, "url": None, "image_url": None}
DELIVERED = {
    **test_runner.ORDER,
    "number": "1041",
    "status": "delivered",
    "items": [{"name": "Vela", "quantity": 2}, {"name": "Taza", "quantity": 1}],
    "expected_at": None,
    "delivered_at": "2026-11-20T10:00:00+00:00",
    "placed_at": "2026-11-18T10:00:00+00:00",
    "changed_at": "2026-11-20T10:00:00+00:00",
}
APPOINTMENT = {
    "id": "7b0c1c5e-0000-4000-8000-000000000001",
    "service": PLAN.services[0].key,
    "starts_at": "2026-11-26T10:00:00+00:00",
    "ends_at": "2026-11-26T10:30:00+00:00",
    "status": "booked",
    "seat": 0,
    "source": "chat",
    "reference": None,
    "created_at": "2026-11-20T10:00:00+00:00",
    "changed_at": "2026-11-20T10:00:00+00:00",
}
FACTS: dict[str, Any] = {
    **test_runner.FACTS,
    "shop": {**test_runner.FACTS["shop"], "hours": dict.fromkeys(("es", "en", "pt"), "siempre")},
    "cart": {"key": "c1", "items": [CANDLE, LAMP], "currency": "EUR", "total": 11050},
    "orders": [*test_runner.FACTS["orders"], DELIVERED],
    "appointments": [APPOINTMENT],
    "booking": PLAN.model_dump(mode="json"),
    "taken": [],
    "cart_link": None,
    "recommendable": {
        **recommending.NOTHING,
        "is_fitting": True,
        "seen": [{**MUGS, **LISTED, "price": 2200, "currency": "EUR"}],
    },
    "products": [
        {**item, **LISTED, "price": item["unit_price"], "currency": "EUR"} for item in (CANDLE, LAMP)
    ],
}
_STATE: TypeAdapter[ConversationState] = TypeAdapter(ConversationState)

# By the customer's own words. One of the others is ours to begin, and one asks only where there are
# several teams, one question that any answer ends (tests/conversations/which_team*.yml).
BEGUN = sorted(FORMS.keys() - {"acquaintance_form", "handoff"})
# An answer to a survey is written down as it comes; its slots only carry it there.
# "Another day" is one of the answers about the hour, and takes the day back.
MAY_GO = {"survey_answer", "survey_words", "booking_day", "booking_start"}
# What takes something back on purpose, and what may stand for it.
TAKES_BACK = {"cancel", "restart", "go_back", "correct", "deny"}
ANSWERS = ["Calle Mayor 5, Madrid", "por la tarde", "in the morning", "2", "5", "1", "0", "sí", "no", "vela"]
ANSWERS += ["mañana a las 5", "el lunes", "ana@example.com", "muy mal", "tardasteis mucho", "Ana", "1042"]
CORRECTIONS = ["no, me refería a 3", "quise decir la tarde", "no, la otra", "the other one", "I meant 3"]
CORRECTIONS += [
    "no, me equivoqué",
    "no, mejor Calle Sol 3, Lugo",
    "quis dizer à noite",
    "no, la 2",
    "correct",
]
REQUESTS = ["¿a qué hora abren?", "mi pedido", "quiero cambiar la entrega a Calle Sol 8 por la noche", "hola"]
REQUESTS += ["¿qué me recomiendas?", "añade la vela"]
REQUESTS += [
    "cambia la cantidad",
    "quiero valorar",
    "gracias",
    "help",
    "go back",
    "skip",
    "start over",
    "repite",
]
VALUES = ["1042", "3", "candle", "lamp", "morning", "Calle Luna 8, Madrid", "yes", "no", "99", "x", ""]


@dataclass(frozen=True, kw_only=True)
class Move:
    """One thing that happens. `kind` is "says" or a method of the runner."""

    kind: str = "says"
    parsed: Parsed | None = None
    # Which of the options offered is pressed.
    option: int | None = None
    channel: Channel = Channel.WHATSAPP
    language: str = "es"
    minutes: int = 0


def entity_names() -> list[str]:
    slots = {slot for form in FORMS.values() for slot in form.slots}
    return sorted({*slots, *ENTITY_FOR_SLOT.values(), "product", "language"})


def known_intents() -> list[str]:
    return sorted({*INTENTS, *STEERING, "cancel", "repeat", "resume", "inform", FALLBACK})


ENTITIES = some.builds(
    Entity,
    name=some.sampled_from(entity_names()),
    value=some.sampled_from(VALUES),
    start=some.just(0),
    end=some.just(0),
)
WORDS = some.one_of(some.sampled_from(ANSWERS + CORRECTIONS + REQUESTS), PIECES)
UNDERSTOOD = some.builds(
    Parsed,
    text=WORDS,
    intent=some.one_of(
        some.sampled_from(known_intents()), some.sampled_from([form.intent for form in FORMS.values()])
    ),
    confidence=some.sampled_from([1.0, 0.7, 0.5]),
    language=some.none(),
    entities=some.lists(ENTITIES, max_size=2).map(tuple),
)
READ = WORDS.map(lambda said: load_interpreter().parse(said, "es"))
WHERE = {
    "channel": some.sampled_from([Channel.WHATSAPP, Channel.SMS]),
    "language": some.sampled_from(["es", "en", "pt"]),
    "minutes": some.sampled_from([0, 1, 30]),
}
MOVES = some.one_of(
    some.builds(Move, parsed=READ, **WHERE),
    some.builds(Move, parsed=READ, **WHERE),
    some.builds(Move, parsed=UNDERSTOOD, **WHERE),
    some.builds(Move, option=some.integers(0, 9), **WHERE),
    some.builds(Move, kind=some.sampled_from(["expire_form", "hand_off", "come_back"])),
)


def play(state: ConversationState, move: Move, after: timedelta) -> tuple[str, Outcome]:
    """The intent that was acted on, and what came of it."""
    runner = load_runner()
    parsed = move.parsed or Parsed(text="", intent=FALLBACK, confidence=0.0, language=None)
    choice = None
    if move.option is not None and state.last_options:
        option = state.last_options[move.option % len(state.last_options)]
        choice, parsed = option.payload, replace(parsed, text=option.title)
    situation = Situation(
        state=state,
        facts=FACTS,
        parsed=parsed,
        language=move.language,
        channel=move.channel,
        now=test_runner.NOW + after,
        choice=choice,
    )
    if move.kind == "expire_form":
        return "expire", runner.expire_form(situation)
    if move.kind == "hand_off":
        return "hand_off", runner.hand_off(situation, "asked")
    if move.kind == "come_back":
        return "come_back", runner.come_back(
            situation, handoff_id="7b0c1c5e-0000-4000-8000-000000000000", is_resolved=move.minutes == 0
        )
    intent = choice.split("{")[0].lstrip("/") if choice else parsed.intent
    return intent, runner.run(situation)


def says(outcome: Outcome) -> list[Say]:
    return [effect for effect in outcome.effects if isinstance(effect, Say)]


def forms_in(state: ConversationState) -> Iterator[RunningForm]:
    yield from state.interrupted
    if state.form is not None:
        yield state.form


def check_one_question(outcome: Outcome) -> None:
    questions = [said for said in says(outcome) if said.asks]
    assert len(questions) <= 1, [said.asks for said in questions]
    choices = [said for said in says(outcome) if said.options]
    assert len(choices) <= 1
    wants_person = any(isinstance(effect, AskForPerson) for effect in outcome.effects)
    if outcome.state.form is not None and says(outcome) and not wants_person:
        assert questions == says(outcome)[-1:], "a form is open, and its question is not the last thing said"


def check_shape(state: ConversationState) -> None:
    names = [form.name for form in forms_in(state)]
    assert len(names) == len(set(names))
    assert len(state.interrupted) <= MOST_INTERRUPTED
    for form in forms_in(state):
        assert form.requested_slot in FORMS[form.name].slots
        assert form.requested_slot not in state.slots, "it asks for what it has"
        assert len(form.answered) == len(set(form.answered)) <= len(FORMS[form.name].slots)
    assert _STATE.validate_python(_STATE.dump_python(state, mode="json")) == state


def check_nothing_is_lost(before: ConversationState, intent: str, said: str, outcome: Outcome) -> None:
    after = outcome.state
    if intent in TAKES_BACK or said in CORRECTIONS:
        return
    still_there = {form.name for form in forms_in(after)}
    for form in forms_in(before):
        is_open = after.form is not None and after.form.name == form.name
        is_taken_up = form == before.form or intent in ("resume", "affirm")
        # Staff asks anew too.
        begun_anew = is_open and (not is_taken_up or intent == "come_back")
        gives_way = intent in FORMS[form.name].gives_way_to
        if form.name not in still_there or begun_anew or gives_way:
            continue
        filled = {slot for slot in FORMS[form.name].slots if slot in before.slots} - MAY_GO
        assert filled <= set(after.slots), f"{form.name} has lost {filled - set(after.slots)}"


def check_nothing_is_left_behind(state: ConversationState) -> None:
    """What a form collected goes with it."""
    alive = {slot for form in forms_in(state) for slot in FORMS[form.name].slots}
    owned = {slot for form in FORMS.values() for slot in form.slots}
    assert owned.intersection(state.slots) <= alive


def check_way_out(state: ConversationState) -> None:
    def says_intent(intent: str, now: ConversationState) -> Outcome:
        parsed = Parsed(text=intent, intent=intent, confidence=1.0, language=None)
        return play(now, Move(parsed=parsed), timedelta(0))[1]

    left = says_intent("cancel", state)
    assert left.state.form is None
    assert says(left)
    person = says_intent("talk_to_human", state)
    assert person.state.form is None
    assert any(isinstance(effect, AskForPerson) for effect in person.effects)
    assert says(says_intent("help", state))


def check(state: ConversationState, move: Move, passed: timedelta = timedelta(0)) -> ConversationState:
    """Everything that must hold, after one move more."""
    intent, outcome = play(state, move, passed)
    check_one_question(outcome)
    check_shape(outcome.state)
    check_nothing_is_lost(state, intent, move.parsed.text if move.parsed else "", outcome)
    check_nothing_is_left_behind(outcome.state)
    check_way_out(outcome.state)
    return outcome.state


def means(intent: str, said: str = "") -> Move:
    return Move(parsed=Parsed(text=said, intent=intent, confidence=1.0, language=None))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=some.sampled_from(BEGUN), moves=some.lists(MOVES, min_size=1, max_size=12))
def test_whatever_is_said_in_whatever_order(first: str, moves: list[Move]) -> None:
    state, passed = ConversationState(), timedelta(0)
    for move in [means(FORMS[first].intent), *moves]:
        passed += timedelta(minutes=move.minutes)
        note(f"{move}\n  in {state}")
        state = check(state, move, passed)


def at_every_question(form: str) -> Iterator[ConversationState]:
    """The form at its first question, at its second, …, each reached by the first answer that will do."""
    state = play(ConversationState(), means(FORMS[form].intent), timedelta(0))[1].state
    seen: set[str] = set()
    # A survey asks several questions for one slot, and a booking may ask for another day.
    while state.form is not None and state.form.requested_slot not in seen:
        yield state
        asked = state.form.requested_slot
        seen.add(asked)
        answered = (play(state, Move(parsed=said), timedelta(0))[1].state for said in ANSWERS_READ)
        state = next(
            (after for after in answered if after.form is None or after.form.requested_slot != asked),
            ConversationState(),
        )


ANSWERS_READ = [Parsed(text=said, intent=FALLBACK, confidence=0.0, language=None) for said in ANSWERS]


@pytest.mark.parametrize("form", BEGUN)
def test_every_intent_at_every_question(form: str) -> None:
    states = list(at_every_question(form))
    assert states, f"{form} cannot be begun by its intent: the property above says nothing about it"
    for state in states:
        for intent in known_intents():
            check(state, means(intent))


@pytest.mark.parametrize("form", BEGUN)
def test_every_intent_while_a_form_waits_to_be_taken_up(form: str) -> None:
    for state in at_every_question(form):
        _, expired = play(state, Move(kind="expire_form"), timedelta(0))
        for intent in known_intents():
            check(expired.state, means(intent))


@pytest.mark.parametrize("form", BEGUN)
def test_every_form_inside_every_form(form: str) -> None:
    """The outer one is not lost, where it waits at all."""
    for state in at_every_question(form):
        for other in FORMS.values():
            inside = check(state, means(other.intent))
            if other.name != form and FORMS[form].asks_again and other.intent not in FORMS[form].gives_way_to:
                assert form in [running.name for running in forms_in(inside)]
