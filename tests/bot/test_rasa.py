"""The bot with a Rasa server behind it: asked before the turn, never within its transaction, and optional."""

from collections.abc import Iterator

import pytest

import app
from bot.commands.checks_of_understanding import check_rasa, check_understanding
from bot.commands.findings import State
from bot.settings import Settings, SettingsFault
from nlu.interpreter import EmbeddedInterpreter
from tests.bot.helpers import LUCIA, inputs
from tests.doubles import make_settings
from tests.nlu.rasa_double import RasaDouble, rasa_double
from tests.world import World, load_interpreter


@pytest.fixture
def rasa() -> Iterator[RasaDouble]:
    with rasa_double() as double:
        double.answer = {"intent": {"name": "opening_hours", "confidence": 0.95}, "entities": []}
        yield double


@pytest.fixture
def world_of_rasa(sqlite_world: World, rasa: RasaDouble, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(EmbeddedInterpreter, "load", lambda **how: load_interpreter())
    parts = sqlite_world.house.parts
    made = app.make_interpreter(make_settings(nlu_url=rasa.url), parts.metrics)
    object.__setattr__(parts, "interpreter", made)
    return sqlite_world


def test_what_rasa_says_is_answered(world_of_rasa: World, rasa: RasaDouble) -> None:
    (answer,) = world_of_rasa.says(LUCIA, "zzz xxx yyy")
    assert "10" in answer and len(rasa.asked) == 1
    counted = world_of_rasa.house.parts.metrics.exposition(None, world_of_rasa.clock.now()).decode()
    assert 'hilo_rasa_asked_total{outcome="answered"} 1.0' in counted


def test_a_server_in_trouble_leaves_nobody_without_an_answer(world_of_rasa: World, rasa: RasaDouble) -> None:
    rasa.status = 503
    assert world_of_rasa.says(LUCIA, "¿a qué hora abren?") != []
    assert world_of_rasa.says(LUCIA, "¿y mi pedido?") != []
    # The second one did not wait for a server that was away a moment ago.
    assert len(rasa.asked) == 1


def test_what_is_understood_within_the_turn_asks_nobody(world_of_rasa: World, rasa: RasaDouble) -> None:
    world_of_rasa.receive(LUCIA, "¿a qué hora abren?")
    world_of_rasa.clock.forward(seconds=60)
    assert len(world_of_rasa.work()) == 1
    assert rasa.asked == [] and len(inputs(world_of_rasa)) == 1


def test_doctor_says_whether_it_answers_and_knows_our_intents(rasa: RasaDouble) -> None:
    settings = make_settings(nlu_url=f"{rasa.url}?token=secret")
    found = list(check_understanding(settings))
    assert [finding.state for finding in found] == [State.OK, State.OK]
    rasa.answer = {"intent": {"name": "order_pizza", "confidence": 0.95}}
    assert "other intents" in check_rasa(rasa.url).text
    rasa.status = 401
    finding = check_rasa(f"{rasa.url}?token=secret")
    assert (finding.state, "secret" in finding.text + finding.advice) == (State.WARNING, False)


def test_embeddings_that_are_wanted_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_settings(nlu_embeddings="no").nlu_embeddings is False
    monkeypatch.setattr("bot.settings.encoder", lambda: None)
    with pytest.raises(SettingsFault, match=r"NLU_EMBEDDINGS: .*pip install 'hilo\[embeddings\]'"):
        make_settings(nlu_embeddings="yes")


def test_embeddings_are_asked_for_by_the_setting(
    monkeypatch: pytest.MonkeyPatch, sqlite_world: World
) -> None:
    asked: list[dict[str, bool]] = []
    monkeypatch.setattr(EmbeddedInterpreter, "load", lambda **how: asked.append(how))
    settings: Settings = make_settings().model_copy(update={"nlu_embeddings": True})
    app.make_interpreter(settings, sqlite_world.house.parts.metrics)
    assert asked == [{"with_embeddings": True}]
