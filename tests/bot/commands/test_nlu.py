"""`hilo nlu`: trains and keeps, measures, answers a pipe, exports, and says in words what is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from bot.commands import nlu as commands
from nlu.interpreter import EmbeddedInterpreter
from tests.nlu.rasa_double import rasa_double
from tests.nlu.small_data import write_small_data
from tests.world import load_interpreter


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_small_data(tmp_path / "data")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddedInterpreter, "load", lambda **how: load_interpreter())


def run(*arguments: str, said: str | None = None, **environment: str) -> str:
    result = CliRunner().invoke(app.hilo, ["nlu", *arguments], input=said, env=environment)
    assert result.exit_code == 0, result.output
    return result.output


def test_train_trains_and_says_where_the_model_is_kept(data: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    told = run("train", "--data", str(data), NLU_CACHE=str(cache))
    (file,) = cache.glob("nlu-*.npz")
    assert told.startswith("60 phrases of 4 intents, ") and told.endswith(f"kept as {file}\n")
    written = file.stat().st_mtime_ns
    run("train", "--data", str(data), NLU_CACHE=str(cache))
    assert file.stat().st_mtime_ns > written


def test_test_shows_every_intent_and_writes_all_figures(data: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    told = run("test", "--data", str(data), "--folds", "2", "--json", str(figures))
    for intent in ("order_status", "cancel_order", "invoice", "out_of_scope"):
        assert sum(line.startswith(intent) and "15" in line for line in told.splitlines()) >= 2
    assert told.count("Worst confusions:") == 2 and "It is certain of " in told
    found = json.loads(figures.read_text("utf-8"))
    assert set(found) == {"classifier", "interpreter", "certainty"}
    assert found["interpreter"]["phrases"] == 60


@pytest.mark.usefixtures("loaded")
def test_try_reads_a_pipe() -> None:
    told = run("try", said="¿dónde está mi pedido 1042?\n\nwhere is my parcel\n")
    assert told.count("order_status") >= 2
    assert "entities: order_number=1042" in told and "language: en" in told


@pytest.mark.usefixtures("loaded")
def test_try_asks_the_rasa_server_that_is_set() -> None:
    with rasa_double() as rasa:
        rasa.answer = {"intent": {"name": "complaint", "confidence": 0.5}}
        assert run("try", said="hola\n", NLU_URL=rasa.url).startswith("complaint 0.50 (a guess at most)")


def test_export_writes_a_project(tmp_path: Path) -> None:
    told = run("export", str(tmp_path / "rasa"))
    assert told.startswith("Written: ") and (tmp_path / "rasa" / "data" / "nlu.yml").exists()


@pytest.mark.parametrize("command", ["train", "test"])
def test_bad_phrases_are_told_in_words(data: Path, command: str) -> None:
    (data / "es" / "zz.yml").write_text(
        "nlu:\n  - intent: order_pizza\n    examples: |\n      - pizza", "utf-8"
    )
    result = CliRunner().invoke(app.hilo, ["nlu", command, "--data", str(data)])
    assert (result.exit_code, result.output) == (1, "Error: zz.yml: unknown intent 'order_pizza'\n")


def test_embeddings_that_are_not_installed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "encoder", lambda: None)
    result = CliRunner().invoke(app.hilo, ["nlu", "try"], input="hola", env={"NLU_EMBEDDINGS": "yes"})
    assert result.exit_code == 1 and "pip install 'hilo[embeddings]'" in result.output
