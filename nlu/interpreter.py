"""The door to understanding: text in, `Parsed` out. Another engine may stand behind the same door.

`EmbeddedInterpreter` is the default: it learns from the phrases under `data/` and needs no server.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from nlu.classifier import Classifier
from nlu.embeddings import encoder
from nlu.entities import find_entities
from nlu.intents import CERTAIN, OUT_OF_SCOPE
from nlu.judging import Verdict, judge
from nlu.language import LANGUAGES, detect
from nlu.model_cache import trained
from nlu.orders_in_brief import brief_intent
from nlu.parsed import FALLBACK, Entity, IntentGuess, Parsed
from nlu.phrases import PhraseIndex
from nlu.reading import Piece, Reading, read, split
from nlu.text import LONGEST
from nlu.training import DATA, Training, read_language

_OTHER_LANGUAGE = 0.9  # of the confidence, for a phrase of a language the customer does not seem to speak
_RANKED = 5


class Interpreter(Protocol):
    def parse(self, text: str, language: str | None, now: datetime | None = None) -> Parsed:
        """What `text` means. `language` is what the customer spoke so far, a hint and no more.

        `now` is when they wrote it, in their own zone: without it no days are told ("mañana").
        """
        ...


class EmbeddedInterpreter:
    """Thread-safe, and without I/O once loaded."""

    def __init__(self, indexes: dict[str, PhraseIndex], classifier: Classifier) -> None:
        self._indexes = indexes
        self._classifier = classifier
        self._often_denied = frozenset().union(*(index.often_denied() for index in indexes.values()))

    @classmethod
    def load(cls, folder: Path | None = None, *, with_embeddings: bool = False) -> Self:
        """With the phrases of `folder` (by default the ones that ship); trains when they are new.

        Raises BadTrainingData, and LookupError when embeddings are wanted and not installed.
        """
        root = folder or DATA
        training = {spoken: read_language(root / spoken) for spoken in LANGUAGES}
        model = encoder() if with_embeddings else None
        if with_embeddings and model is None:
            raise LookupError("no embeddings are installed: pip install 'hilo[embeddings]'")
        return cls(
            {spoken: PhraseIndex(spoken, learnt) for spoken, learnt in training.items()},
            trained(examples_of(training.values()), model),
        )

    def parse(self, text: str, language: str | None, now: datetime | None = None) -> Parsed:
        detected = detect(text)
        pieces = split(text[:LONGEST])
        readings = self._readings(pieces, detected, language)
        best = max(readings, key=lambda reading: reading.confidence)
        verdict = judge(best, self._classifier, self._often_denied)
        if verdict.confidence < CERTAIN and (ordered := brief_intent(text[:LONGEST])):
            verdict = replace(verdict, intent=ordered, confidence=CERTAIN, rival=None)
        spoken = detected or language
        entities = find_entities(text[:LONGEST], verdict.intent, spoken, now)
        return Parsed(
            text=text,
            intent=verdict.intent,
            confidence=verdict.confidence,
            language=detected,
            entities=(*entities, *self._yes_no(pieces, verdict.intent, spoken)),
            ranking=_ranking(readings, verdict),
            rival=verdict.rival,
        )

    def _readings(self, pieces: list[Piece], detected: str | None, hint: str | None) -> list[Reading]:
        """One per language, until one is sure. A customer may mix, so the others are asked too."""
        likely = [language for language in (detected, hint) if language in self._indexes]
        order = list(dict.fromkeys([*likely, *self._indexes]))
        readings: list[Reading] = []
        for language in order:
            is_likely = not likely or language in likely
            # A word of one language often looks like a typo of a word in the next.
            with_typos = not likely or language == likely[0]
            reading = read(pieces, self._indexes[language], with_typos=with_typos)
            readings.append(reading if is_likely else reading.weakened(_OTHER_LANGUAGE))
            if readings[-1].confidence >= 0.95:
                break
        return readings

    def _yes_no(self, pieces: list[Piece], intent: str, language: str | None) -> list[Entity]:
        """Yes or no at the head of the message, also when something else follows ("no, on Tuesday")."""
        if not pieces or intent not in ("affirm", "deny", "thanks", "correct", FALLBACK):
            return []
        first = pieces[0]
        order = [spoken for spoken in dict.fromkeys([language, *LANGUAGES]) if spoken in self._indexes]
        heads = [
            guess.intent for spoken in order if spoken and (guess := self._indexes[spoken].exact(first.words))
        ]
        meant = next((head for head in [*heads, intent] if head in ("affirm", "deny")), None)
        if meant is None:
            return []
        value = "yes" if meant == "affirm" else "no"
        return [Entity(name="yes_no", value=value, start=first.start, end=first.end)]


def _ranking(readings: list[Reading], verdict: Verdict) -> tuple[IntentGuess, ...]:
    best: dict[str, float] = dict(verdict.prediction.ranking) if verdict.prediction else {}
    best.pop(OUT_OF_SCOPE, None)
    for reading in readings:
        for guess in reading.ranking:
            best[guess.intent] = max(guess.confidence, best.get(guess.intent, 0.0))
    ordered = sorted(best.items(), key=lambda item: -item[1])
    return tuple(IntentGuess(name=name, confidence=confidence) for name, confidence in ordered[:_RANKED])


def examples_of(training: Iterable[Training]) -> list[tuple[str, str]]:
    """What the classifier learns: every language together, in an order that is always the same."""
    return [pair for learnt in training for pair in sorted(learnt.phrases.items())]
