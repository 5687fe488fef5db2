"""A reviewed phrase goes into its language's file, in Rasa's form, and never breaks what is there."""

from pathlib import Path

import pytest

from nlu.phrase_files import REVIEWED, Entry, add_phrase, as_yaml, joined, read_entries
from nlu.training import DATA, BadTrainingData, read_language
from tests.nlu.rasa_format import faults_of


@pytest.mark.parametrize(
    "path", sorted(DATA.glob("*/*.yml")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_was_read_is_written_as_it_was(path: Path, tmp_path: Path) -> None:
    entries = read_entries(path)
    copy = tmp_path / "copy.yml"
    copy.write_text(as_yaml(entries, "Again."), "utf-8")
    assert read_entries(copy) == entries and entries
    assert list(faults_of(copy.read_text("utf-8"))) == []


def test_phrases_are_added_each_to_its_intent(tmp_path: Path) -> None:
    assert add_phrase(tmp_path, "es", "order_status", "qué fue de lo mío") is None
    assert add_phrase(tmp_path, "es", "invoice", "un papel para hacienda") is None
    assert add_phrase(tmp_path, "es", "order_status", "se perdió lo mío: ¿qué fue?") is None
    assert read_language(tmp_path / "es").phrases == {
        "que fue de lo mio": "order_status",
        "se perdio lo mio que fue": "order_status",
        "un papel para hacienda": "invoice",
    }
    assert [entry.name for entry in read_entries(tmp_path / "es" / REVIEWED)] == ["order_status", "invoice"]


@pytest.mark.parametrize(
    ("phrase", "problem"),
    [
        ("¡¡ Qué FUE de lo mío !!", "it stands there already, as order_status"),
        ("!!", "there is no word in it"),
    ],
)
def test_a_phrase_that_would_break_the_training_is_not_added(
    tmp_path: Path, phrase: str, problem: str
) -> None:
    add_phrase(tmp_path, "es", "order_status", "qué fue de lo mío")
    before = (tmp_path / "es" / REVIEWED).read_text("utf-8")
    assert add_phrase(tmp_path, "es", "invoice", phrase) == problem
    assert (tmp_path / "es" / REVIEWED).read_text("utf-8") == before


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / "es" / REVIEWED).write_text("nlu: 7", "utf-8")
    with pytest.raises(BadTrainingData, match=REVIEWED):
        add_phrase(tmp_path, "es", "invoice", "un papel")
    assert (tmp_path / "es" / REVIEWED).read_text("utf-8") == "nlu: 7"


def test_names_that_yaml_would_misread_are_quoted() -> None:
    text = as_yaml([Entry(kind="synonym", name=name, examples=("x",)) for name in ("no", "a: b", 'q"')], "x")
    assert list(faults_of(text)) == []


def test_what_stands_there_twice_is_joined() -> None:
    twice = [Entry(kind="intent", name="greet", examples=(text,)) for text in ("hola", "¡Hola!", "buenas")]
    assert joined(twice) == [Entry(kind="intent", name="greet", examples=("hola", "buenas"))]
