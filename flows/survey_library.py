"""The surveys there are, read from `flows/surveys/*.yml` and checked: questions, branches, texts."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.texts import Button, Variation, Wording

FOLDER = Path(__file__).parent / "surveys"
END = "end"
MOST_OPTIONS = 10
LONGEST_TITLE = 24


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Strict):
    es: str = Field(min_length=1)
    en: str = Field(min_length=1)
    pt: str = Field(min_length=1)


class Kind(StrEnum):
    RATING = "rating"
    NPS = "nps"
    CHOICE = "choice"
    TEXT = "text"


# The lowest and the best answer.
SCALES = {Kind.RATING: (1, 5), Kind.NPS: (0, 10)}


class Trigger(Strict):
    """So long after a shop event of that name."""

    event: str
    after_hours: float = Field(ge=0)


class Bad(Strict):
    """A score at or below this opens a handoff for that reason."""

    up_to: int
    reason: str = Field(default="bad_rating", max_length=64)


class Choice(Strict):
    value: str = Field(pattern=r"^\w{1,40}$")
    title: Words
    # Picking it opens a handoff for this reason.
    bad: str | None = Field(default=None, max_length=64)


class Branch(Strict):
    """Where to go on. Without a condition it always fits; the first that fits is taken."""

    up_to: int | None = None
    answer: str | None = None
    go: str

    def fits(self, answer: str, score: int | None) -> bool:
        if self.up_to is not None and (score is None or score > self.up_to):
            return False
        return self.answer is None or self.answer == answer


class Question(Strict):
    key: str = Field(pattern=r"^\w{1,40}$")
    kind: Kind
    text: Words
    # What is said on SMS instead, where it must be shorter.
    sms: Words | None = None
    options: tuple[Choice, ...] = Field(default=(), max_length=MOST_OPTIONS)
    next: tuple[Branch, ...] = ()
    is_optional: bool = False
    bad: Bad | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        if (self.kind is Kind.CHOICE) != bool(self.options):
            raise ValueError(f"{self.key}: options belong to a choice, and a choice needs some")
        if self.bad is not None and self.kind not in SCALES:
            raise ValueError(f"{self.key}: only what is rated can be rated badly")
        titles = [title for choice in self.options for title in vars(choice.title).values()]
        if any(len(title) > LONGEST_TITLE for title in titles):
            raise ValueError(f"{self.key}: an option has more than {LONGEST_TITLE} characters")
        return self

    def reason_of(self, answer: str, score: int | None) -> str | None:
        """Why this answer calls for a person; None when it does not."""
        if self.bad is not None and score is not None:
            return self.bad.reason if score <= self.bad.up_to else None
        return next((choice.bad for choice in self.options if choice.value == answer), None)


class SurveyFile(Strict):
    survey: str = Field(pattern=r"^\w{1,40}$")
    owner: str
    rest_days: float = Field(gt=0)
    valid_hours: float = Field(gt=0)
    remind_after_hours: float | None = Field(default=None, gt=0)
    trigger: Trigger | None = None
    questions: tuple[Question, ...] = Field(min_length=1)
    thanks: Words
    thanks_bad: Words | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        keys = [question.key for question in self.questions]
        if len(set(keys)) != len(keys) or END in keys or {"thanks", "thanks_bad"} & set(keys):
            raise ValueError(f"{self.survey}: a key twice, or one that has a meaning of its own")
        if self.questions[0].kind is Kind.TEXT:
            # Any message would be taken for the answer to it.
            raise ValueError(f"{self.survey}: it cannot begin with a question of free text")
        for index, question in enumerate(self.questions):
            if any(branch.go not in (END, *keys[index + 1 :]) for branch in question.next):
                raise ValueError(f"{self.survey}: {question.key} must go on to a later question, or to end")
        return self

    @property
    def first(self) -> Question:
        return self.questions[0]

    @property
    def rest(self) -> timedelta:
        return timedelta(days=self.rest_days)

    @property
    def scale(self) -> int:
        """The best score of its first question that has one."""
        return next((SCALES[one.kind][1] for one in self.questions if one.kind in SCALES), 0)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def following(self, question: Question, answer: str, score: int | None) -> Question | None:
        """What comes after that answer; None when that was all."""
        branch = next((branch for branch in question.next if branch.fits(answer, score)), None)
        if branch is not None:
            return self.question(branch.go)
        index = self.questions.index(question) + 1
        return self.questions[index] if index < len(self.questions) else None


@cache
def library(folder: Path = FOLDER) -> Mapping[str, SurveyFile]:
    """Every survey by its name. Raises pydantic's error for a file that is none."""
    read = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.yml"))]
    return {survey.survey: survey for survey in map(SurveyFile.model_validate, read)}


def after_event(name: str, surveys: Mapping[str, SurveyFile]) -> list[SurveyFile]:
    """The surveys that a shop event of this name starts."""
    return [survey for survey in surveys.values() if survey.trigger and survey.trigger.event == name]


def response_of(survey: str, key: str) -> str:
    return f"utter_survey_{survey}_{key}"


def responses() -> dict[str, tuple[Variation, ...]]:
    """The texts of all surveys, as responses like those of `flows/texts`."""
    said: dict[str, tuple[Variation, ...]] = {}
    for survey in library().values():
        for question in survey.questions:
            said[response_of(survey.survey, question.key)] = _variations(question)
        said[response_of(survey.survey, "thanks")] = (_variation(survey.thanks, ()),)
        if survey.thanks_bad is not None:
            said[response_of(survey.survey, "thanks_bad")] = (_variation(survey.thanks_bad, ()),)
    return said


def _variations(question: Question) -> tuple[Variation, ...]:
    general = _variation(question.text, question.options)
    if question.sms is None:
        return (general,)
    return (general, _variation(question.sms, question.options).model_copy(update={"channel": "sms"}))


def _variation(words: Words, options: tuple[Choice, ...]) -> Variation:
    def wording(language: str) -> Wording:
        buttons = tuple(
            Button(
                title=getattr(choice.title, language),
                payload=f'/inform{{"survey_answer": "{choice.value}"}}',
            )
            for choice in options
        )
        return Wording(text=getattr(words, language), buttons=buttons)

    base = wording("es")
    others = {language: wording(language) for language in ("en", "pt")}
    return Variation(text=base.text, buttons=base.buttons, translation=others)
