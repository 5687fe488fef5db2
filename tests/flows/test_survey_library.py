"""Surveys are files: what is wrong in one is said when it is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from context_store.records import Channel
from flows.survey_library import SurveyFile, after_event, library, response_of
from tests.world import load_runner

WORDS = {"es": "¿Qué tal?", "en": "How was it?", "pt": "Que tal?"}
RATED: dict[str, Any] = {"key": "score", "kind": "rating", "text": WORDS}
TITLE = {"es": "Rojo", "en": "Red", "pt": "Vermelho"}


def survey(*questions: dict[str, Any], **changes: Any) -> SurveyFile:
    given = {"survey": "made_up", "owner": "tests", "rest_days": 1, "valid_hours": 1, "thanks": WORDS}
    return SurveyFile.model_validate({**given, "questions": questions or (RATED,), **changes})


@pytest.mark.parametrize(
    ("questions", "fault"),
    [
        (({**RATED, "kind": "text"},), "cannot begin with"),
        ((RATED, RATED), "a key twice"),
        (({**RATED, "key": "thanks"},), "a meaning of its own"),
        (({**RATED, "next": [{"go": "nowhere"}]},), "a later question"),
        ((RATED, {**RATED, "key": "two", "next": [{"go": "score"}]}), "a later question"),
        (({**RATED, "kind": "choice"},), "a choice needs some"),
        (({**RATED, "options": [{"value": "red", "title": TITLE}]},), "a choice needs some"),
        (({**RATED, "text": {"es": "¿Qué tal?"}},), "en"),
        ((RATED, {**RATED, "key": "two", "kind": "text", "bad": {"up_to": 1, "reason": "x"}}), "rated badly"),
    ],
)
def test_a_fault_in_a_file_is_found(questions: tuple[dict[str, Any], ...], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        survey(*questions)


def test_the_first_branch_that_fits_is_taken_and_none_means_the_next_question() -> None:
    file = library()["nps"]
    first = file.first
    keys = [getattr(file.following(first, str(score), score), "key", None) for score in (0, 6, 7, 8, 9, 10)]
    assert keys == ["detractor", "detractor", "passive", "passive", "promoter", "promoter"]
    assert file.following(file.questions[1], "words", None) is None
    plain = survey(RATED, {**RATED, "key": "two"})
    assert plain.following(plain.first, "3", 3) == plain.questions[1]


def test_a_bad_score_or_option_names_its_reason() -> None:
    first = library()["csat"].first
    assert [first.reason_of(str(score), score) for score in (1, 2, 3)] == ["bad_rating", "bad_rating", None]
    arrival = library()["after_delivery"].first
    assert [arrival.reason_of(value, None) for value in ("fine", "damaged")] == [None, "damaged_delivery"]


def test_an_event_starts_the_surveys_that_name_it() -> None:
    assert [file.survey for file in after_event("Order Delivered", library())] == ["after_delivery"]
    assert after_event("Product Viewed", library()) == []


def test_every_question_can_be_said_in_three_languages_with_its_options() -> None:
    texts = load_runner().texts
    for file in library().values():
        for question in file.questions:
            for language in ("es", "en", "pt"):
                said = texts.render(
                    response_of(file.survey, question.key),
                    language=language,
                    channel=Channel.SMS,
                    values={},
                )
                assert said.text and len(said.options) == len(question.options)
