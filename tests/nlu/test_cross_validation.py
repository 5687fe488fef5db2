"""Each phrase is asked once, of an engine that never saw it; the figures are counted as they should be."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nlu import cross_validation
from nlu.classifier import Classifier
from nlu.cross_validation import Example, Outcome, cross_validate, dealt, read_examples
from nlu.model_cache import trained
from nlu.report import ALL, as_document, certainty, report
from nlu.text import normalise
from tests.nlu.small_data import write_small_data


def test_every_intent_of_every_language_is_dealt_evenly_and_always_alike() -> None:
    examples = read_examples()
    folds = dealt(examples)
    assert folds == dealt(list(reversed(examples)))
    assert sorted(map(str, examples)) == sorted(str(example) for fold in folds for example in fold)
    groups = Counter((example.language, example.intent) for example in examples)
    for fold in folds:
        share = Counter((example.language, example.intent) for example in fold)
        assert all(abs(share[group] - count / 5) < 1 for group, count in groups.items())


def test_no_engine_is_asked_what_it_was_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_small_data(tmp_path)
    taught: list[dict[str, str]] = []

    def noted(examples: list[tuple[str, str]], *more: Any) -> Classifier:
        taught.append(dict(examples))
        return trained(examples, *more)

    monkeypatch.setattr(cross_validation, "trained", noted)
    asked: list[tuple[int, str]] = []
    outcomes = []
    for outcome in cross_validate(data, folds=2):
        outcomes.append(outcome)
        asked.append((len(taught) - 1, normalise(outcome.example.text)))
    assert len(asked) == len(set(asked)) == len(read_examples(data)) == 60
    assert [text for fold, text in asked if text in taught[fold]] == []
    # The heads of the phrases tell them apart, so it must be right nearly always.
    assert report(outcomes, "interpreter").accuracy > 0.8
    assert report(outcomes, "classifier").accuracy > 0.8


def outcome(intent: str, found: str, *, certain: bool = True, language: str = "es") -> Outcome:
    example = Example(text=f"{intent} {found}", intent=intent, language=language)
    return Outcome(example=example, classifier="invoice", interpreter=found, is_certain=certain)


OUTCOMES = [
    *[outcome("invoice", "invoice")] * 3,
    outcome("invoice", "order_status", certain=False),
    outcome("invoice", "out_of_scope", certain=False, language="en"),
    outcome("order_status", "order_status"),
    outcome("out_of_scope", "out_of_scope", certain=False),
    outcome("out_of_scope", "invoice"),
]


def test_the_figures_are_what_they_are_called() -> None:
    made = report(OUTCOMES, "interpreter")
    rows = {(row.intent, row.language): row for row in made.rows}
    invoice = rows["invoice", ALL]
    assert (invoice.precision, invoice.recall, invoice.f1, invoice.support) == (0.75, 0.6, 0.6667, 5)
    assert (rows["invoice", "en"].recall, rows["invoice", "es"].support) == (0.0, 4)
    assert ("order_status", "en") not in rows
    assert (made.accuracy, made.refused_out_of_scope, made.refused_in_scope) == (0.6667, 0.5, 0.1667)
    assert made.macro_f1 == round((0.6667 + 2 / 3 + 0.5) / 3, 4)
    assert [(one.intent, one.taken_for, one.count) for one in made.confusions] == [
        ("invoice", "order_status", 1),
        ("invoice", "out_of_scope", 1),
        ("out_of_scope", "invoice", 1),
    ]
    assert certainty(OUTCOMES) == {
        "certain_of_ours": 0.6667,
        "right_when_certain": 0.8,
        "certain_of_out_of_scope": 0.5,
    }


def test_both_engines_are_in_the_document() -> None:
    made = as_document(OUTCOMES)
    assert made["classifier"]["refused_out_of_scope"] == 0.0
    assert made["interpreter"]["phrases"] == len(OUTCOMES)
