"""From what was asked and understood to figures: precision, recall, f1, confusions, refusals."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nlu.cross_validation import Outcome
from nlu.intents import OUT_OF_SCOPE

ALL = "all"
MOST_CONFUSIONS = 15

Found = Callable[[Outcome], str]
ENGINES: dict[str, Found] = {
    "classifier": lambda outcome: outcome.classifier,
    "interpreter": lambda outcome: outcome.interpreter,
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Of one intent in one language, or in ALL of them."""

    intent: str
    language: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class Confusion:
    intent: str
    taken_for: str
    count: int
    # One phrase of them, to see why.
    example: str


@dataclass(frozen=True, kw_only=True)
class Report:
    engine: str
    phrases: int
    # Of what is ours: taken for what it is.
    accuracy: float
    macro_f1: float
    # Of what is out of scope: not taken for anything of ours.
    refused_out_of_scope: float
    # Of what is ours: not understood at all.
    refused_in_scope: float
    rows: tuple[Row, ...]
    confusions: tuple[Confusion, ...]


def report(outcomes: Sequence[Outcome], engine: str) -> Report:
    found = ENGINES[engine]
    ours = [outcome for outcome in outcomes if outcome.example.intent != OUT_OF_SCOPE]
    strange = [outcome for outcome in outcomes if outcome.example.intent == OUT_OF_SCOPE]
    rows = _rows(outcomes, found)
    of_all = [row.f1 for row in rows if row.language == ALL]
    return Report(
        engine=engine,
        phrases=len(outcomes),
        accuracy=_share(found(outcome) == outcome.example.intent for outcome in ours),
        macro_f1=round(sum(of_all) / len(of_all), 4) if of_all else 0.0,
        refused_out_of_scope=_share(found(outcome) == OUT_OF_SCOPE for outcome in strange),
        refused_in_scope=_share(found(outcome) == OUT_OF_SCOPE for outcome in ours),
        rows=rows,
        confusions=_confusions(outcomes, found),
    )


def certainty(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Of the whole interpreter: how much of what is ours it is certain of, and how often it is right then."""
    certain = [outcome for outcome in outcomes if outcome.is_certain]
    ours = [outcome for outcome in outcomes if outcome.example.intent != OUT_OF_SCOPE]
    strange = [outcome for outcome in outcomes if outcome.example.intent == OUT_OF_SCOPE]
    return {
        "certain_of_ours": _share(outcome.is_certain for outcome in ours),
        "right_when_certain": _share(outcome.interpreter == outcome.example.intent for outcome in certain),
        "certain_of_out_of_scope": _share(outcome.is_certain for outcome in strange),
    }


def as_document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        **{engine: asdict(report(outcomes, engine)) for engine in ENGINES},
        "certainty": certainty(outcomes),
    }


def _rows(outcomes: Sequence[Outcome], found: Found) -> tuple[Row, ...]:
    languages = sorted({outcome.example.language for outcome in outcomes})
    intents = sorted({outcome.example.intent for outcome in outcomes})
    rows = []
    for language in (ALL, *languages):
        spoken = [o for o in outcomes if language in (ALL, o.example.language)]
        meant = Counter(outcome.example.intent for outcome in spoken)
        taken = Counter(found(outcome) for outcome in spoken)
        right = Counter(found(outcome) for outcome in spoken if found(outcome) == outcome.example.intent)
        rows += [
            _row(intent, language, right[intent], taken[intent], meant[intent])
            for intent in intents
            if meant[intent]
        ]
    return tuple(rows)


def _row(intent: str, language: str, right: int, taken: int, meant: int) -> Row:
    return Row(
        intent=intent,
        language=language,
        precision=round(right / taken, 4) if taken else 0.0,
        recall=round(right / meant, 4),
        f1=round(2 * right / (taken + meant), 4),
        support=meant,
    )


def _confusions(outcomes: Iterable[Outcome], found: Found) -> tuple[Confusion, ...]:
    examples: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if found(outcome) != outcome.example.intent:
            pair = (outcome.example.intent, found(outcome))
            examples.setdefault(pair, []).append(outcome.example.text)
    worst = sorted(examples.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        Confusion(intent=intent, taken_for=taken_for, count=len(texts), example=min(texts))
        for (intent, taken_for), texts in worst[:MOST_CONFUSIONS]
    )


def _share(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return round(sum(counted) / len(counted), 4) if counted else 0.0
