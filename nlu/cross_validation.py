"""How well is what was not trained on understood? Each phrase is asked of an engine that never saw it.

Every intent of every language is dealt out evenly over the folds, always in the same way.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlu.embeddings import Encoder
from nlu.intents import CERTAIN, OUT_OF_SCOPE
from nlu.interpreter import EmbeddedInterpreter, examples_of
from nlu.judging import HEARD
from nlu.language import LANGUAGES
from nlu.model_cache import trained
from nlu.parsed import FALLBACK
from nlu.phrase_files import plain_examples, read_folder
from nlu.phrases import PhraseIndex
from nlu.text import normalise
from nlu.training import DATA, Training, read_language

FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Example:
    # As it was written: accents and question marks tell something too.
    text: str
    intent: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One phrase, and what each engine took it for; OUT_OF_SCOPE for what it refused."""

    example: Example
    classifier: str
    interpreter: str
    # Sure enough to interrupt.
    is_certain: bool


def read_examples(data: Path = DATA) -> list[Example]:
    """Each phrase once a language."""
    found: dict[tuple[str, str], Example] = {}
    for language in LANGUAGES:
        for text, intent in plain_examples(read_folder(data / language)):
            example = Example(text=text, intent=intent, language=language)
            found.setdefault((language, normalise(text)), example)
    return list(found.values())


def dealt(examples: Iterable[Example], folds: int = FOLDS) -> list[list[Example]]:
    """By a hash of the words: neighbours in a file are often alike, and an order by hand would show."""
    groups: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        groups.setdefault((example.language, example.intent), []).append(example)
    made: list[list[Example]] = [[] for _ in range(folds)]
    # Each group begins where the last one ended, or the first fold would get all that is left over.
    place = 0
    for _, group in sorted(groups.items()):
        for example in sorted(group, key=_hash):
            made[place % folds].append(example)
            place += 1
    return made


def _hash(example: Example) -> bytes:
    return hashlib.sha256(normalise(example.text).encode()).digest()


def cross_validate(
    data: Path = DATA, encoder: Encoder | None = None, folds: int = FOLDS
) -> Iterator[Outcome]:
    """Trains once a fold, in a process of its own, which takes seconds; then a phrase at a time."""
    training = {language: read_language(data / language) for language in LANGUAGES}
    for held_out in dealt(read_examples(data), folds):
        yield from _asked(_without(training, held_out), held_out, encoder)


def _without(training: dict[str, Training], held_out: Sequence[Example]) -> dict[str, Training]:
    unseen = {(example.language, normalise(example.text)) for example in held_out}
    return {
        language: replace(
            learnt,
            phrases={text: to for text, to in learnt.phrases.items() if (language, text) not in unseen},
            cores={text: core for text, core in learnt.cores.items() if (language, text) not in unseen},
        )
        for language, learnt in training.items()
    }


def _asked(
    training: dict[str, Training], held_out: Sequence[Example], encoder: Encoder | None
) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as scratch:
        classifier = trained(examples_of(training.values()), encoder, Path(scratch))
    indexes = {language: PhraseIndex(language, learnt) for language, learnt in training.items()}
    interpreter = EmbeddedInterpreter(indexes, classifier)
    for example in held_out:
        prediction = classifier.predict(example.text)
        parsed = interpreter.parse(example.text, example.language)
        yield Outcome(
            example=example,
            classifier=prediction.intent if prediction.score >= HEARD else OUT_OF_SCOPE,
            interpreter=OUT_OF_SCOPE if parsed.intent == FALLBACK else parsed.intent,
            is_certain=parsed.confidence >= CERTAIN,
        )
