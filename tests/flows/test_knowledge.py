"""Written answers are found by other words than they were written with, and never for what they are not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from flows.questions import (
    ENOUGH,
    ENOUGH_IN_FORM,
    FOLDER,
    TOPIC_OF_INTENT,
    KnowledgeFault,
    knowledge,
    load,
)
from flows.texts import LANGUAGES

QUESTIONS = yaml.safe_load((Path(__file__).parent / "knowledge_questions.yml").read_text("utf-8"))


def hits() -> Iterator[tuple[str, str, str]]:
    for topic, spoken in QUESTIONS["hits"].items():
        for language, asked in spoken.items():
            yield from ((topic, language, question) for question in asked)


MISSES = [(language, text) for language, texts in QUESTIONS["misses"].items() for text in texts]


@pytest.mark.parametrize(("topic", "language", "question"), list(hits()))
def test_a_question_in_other_words_finds_its_topic(topic: str, language: str, question: str) -> None:
    match = knowledge().find(question, language)
    assert match is not None
    assert (match.topic, match.score >= ENOUGH) == (topic, True), match


@pytest.mark.parametrize(("language", "text"), MISSES)
def test_what_is_none_of_our_topics_is_not_answered(language: str, text: str) -> None:
    match = knowledge().find(text, language)
    assert match is None or match.score < ENOUGH, match


def test_enough_is_asked_of_every_topic_and_language() -> None:
    asked = {(topic, language) for topic, language, _ in hits()}
    assert asked == {(topic, language) for topic in knowledge().topics for language in LANGUAGES}
    assert len(MISSES) >= 40
    assert len(knowledge().topics) >= 15


def test_an_example_is_found_even_in_the_middle_of_a_form() -> None:
    found = 0
    for topic in knowledge().topics:
        for language in LANGUAGES:
            for question in knowledge().entry(topic, language).questions:
                match = knowledge().find(question, language)
                found += match is not None and match.topic == topic and match.score >= ENOUGH_IN_FORM
    every = sum(
        len(knowledge().entry(t, spoken).questions) for t in knowledge().topics for spoken in LANGUAGES
    )
    assert found / every > 0.97


def test_a_question_of_another_language_is_found_too() -> None:
    match = knowledge().find("do you have gift cards?", "es")
    assert match is not None
    assert match.topic == "gift_cards"


def test_topics_of_intents_are_written() -> None:
    assert set(TOPIC_OF_INTENT.values()) <= knowledge().topics


def test_loading_names_the_file_that_is_wrong(tmp_path: Path) -> None:
    for path in FOLDER.glob("care.*.yml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    load(tmp_path)
    (tmp_path / "care.en.yml").write_text("title: x\nquestion: []\n", encoding="utf-8")
    with pytest.raises(KnowledgeFault, match=r"care\.en\.yml"):
        load(tmp_path)
    (tmp_path / "care.en.yml").unlink()
    with pytest.raises(KnowledgeFault, match="care is not written in en"):
        load(tmp_path)
