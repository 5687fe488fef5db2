"""The cache of trained models: who starts together trains once."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from nlu import model_cache
from nlu.classifier import Classifier
from nlu.model_cache import Examples, trained

EXAMPLES = [("hola", "greet"), ("buenas", "greet"), ("adiós", "goodbye"), ("hasta luego", "goodbye")]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was really trained, as its file."""
    folder = tmp_path_factory.mktemp("model")
    trained(EXAMPLES, folder=folder)
    return model_cache.model_file(EXAMPLES, folder=folder)


@pytest.fixture
def trainings(model: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each training began. Their result is the same, only quicker."""
    begun: list[float] = []

    def train(examples: Examples, with_embeddings: bool, phrases: Path, made: Path) -> None:
        begun.append(time.monotonic())
        time.sleep(0.05)
        shutil.copyfile(model, made)

    monkeypatch.setattr(model_cache, "_train", train)
    return begun


def test_who_starts_together_trains_once(tmp_path: Path, trainings: list[float]) -> None:
    found: list[Classifier] = []
    starters = [
        threading.Thread(target=lambda: found.append(trained(EXAMPLES, folder=tmp_path))) for _ in range(3)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert len(found) == 3
    assert len(trainings) == 1


def test_a_folder_that_cannot_be_made_costs_only_time(
    tmp_path: Path, trainings: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    for _ in range(2):
        assert trained(EXAMPLES, folder=tmp_path / "taken").intents
    assert len(trainings) == 2
    assert "no lock on the cache" in caplog.text
