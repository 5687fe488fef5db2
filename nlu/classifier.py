"""The trained classifier as it runs: logistic regression over counted features, in numpy alone.

`nlu.learning` trains it. A prediction says how likely each intent is, and how near the nearest training
phrase lies: what is near to none is out of scope, however sure the regression may be.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from nlu.embeddings import Encoder, encode
from nlu.features import piece_features, plain_words, word_features

Floats = NDArray[np.float32]
# What an embedding weighs beside the words and the pieces, each of which has length 1.
EMBEDDING_WEIGHT = 2.0
# A word this like a known one is taken for a typo of it.
ALIKE = 0.8
SHORTEST_TYPO = 4
REMEMBERED_TYPOS = 4096


@dataclass(frozen=True, kw_only=True)
class Prediction:
    # Best first.
    ranking: tuple[tuple[str, float], ...]
    # To the nearest training phrase, 0 to 1.
    similarity: float

    @property
    def intent(self) -> str:
        return self.ranking[0][0]

    @property
    def probability(self) -> float:
        return self.ranking[0][1]

    @property
    def score(self) -> float:
        """How sure we may be that it is an intent of ours at all."""
        return self.probability * self.similarity


@dataclass(frozen=True, kw_only=True)
class Block:
    """One kind of feature: where each stands, and what it weighs."""

    places: dict[str, int]
    weights: Floats

    def vector(self, features: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
        """Places and values of length 1: seldom features count more, repeated ones a little more."""
        counts = Counter(place for feature in features if (place := self.places.get(feature)) is not None)
        places = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = np.array([1.0 + log(count) for count in counts.values()], dtype=np.float32)
        values = values * self.weights[places]
        length = float(np.sqrt(values @ values))
        return places, values / length if length else values


class Classifier:
    """Thread-safe: nothing changes after it was made."""

    def __init__(self, arrays: dict[str, Any], encoder: Encoder | None = None) -> None:
        """`arrays` as `nlu.learning` makes them. With embeddings in them it needs the encoder."""
        told = json.loads(str(arrays["told"]))
        self.intents: list[str] = told["intents"]
        words, pieces = told["words"], told["pieces"]
        self._words = Block(
            places={word: place for place, word in enumerate(words)}, weights=arrays["word_idf"]
        )
        self._pieces = Block(
            places={piece: place for place, piece in enumerate(pieces)}, weights=arrays["piece_idf"]
        )
        self._coefficients: Floats = arrays["coefficients"]
        self._intercepts: Floats = arrays["intercepts"]
        # Which training phrases hold a feature, and how much of it: one row of the two a feature.
        self._starts: NDArray[np.int64] = arrays["starts"]
        self._phrases: NDArray[np.int32] = arrays["phrases"]
        self._shares: Floats = arrays["shares"]
        self._phrase_count = int(told["phrase_count"])
        self._points: Floats | None = arrays.get("points")
        self._encoder = encoder if self._points is not None else None
        if self._points is not None and encoder is None:
            raise ValueError("trained with embeddings, and there is no encoder")
        single = [word for word in words if " " not in word]
        self._known = frozenset(single)
        self._by_initial: dict[str, list[str]] = {}
        for word in single:
            self._by_initial.setdefault(word[0], []).append(word)
        self._nearest = lru_cache(maxsize=REMEMBERED_TYPOS)(self._find_nearest)

    @classmethod
    def load(cls, path: Path, encoder: Encoder | None = None) -> "Classifier":
        """Raises `OSError`, `ValueError` or `KeyError` when the file is not one of ours."""
        with np.load(path, allow_pickle=False) as found:
            return cls({name: found[name] for name in found.files}, encoder)

    def predict(self, text: str) -> Prediction:
        """Of any text; one without a known word is as likely anything, and near to nothing."""
        words = plain_words(text)
        point = encode([" ".join(words)], self._encoder)[0] if self._encoder else None
        likely, similarity = self._predict(words, point)
        mended = [self._nearest(word) for word in words]
        if mended != words:
            other, other_similarity = self._predict(mended, point)
            likely = np.asarray((likely + other) / 2, dtype=np.float32)
            similarity = max(similarity, other_similarity)
        order = np.argsort(-likely)
        ranking = tuple((self.intents[place], float(likely[place])) for place in order)
        return Prediction(ranking=ranking, similarity=similarity)

    def _predict(self, words: list[str], point: Floats | None) -> tuple[Floats, float]:
        places, values = self._vector(words)
        logits: Any = self._intercepts + values @ self._coefficients[places]
        if point is not None:
            logits = logits + EMBEDDING_WEIGHT * point @ self._coefficients[-len(point) :]
        likely: Floats = np.exp(logits - logits.max()).astype(np.float32)
        return likely / likely.sum(), self._similarity(places, values, point)

    def _vector(self, words: list[str]) -> tuple[NDArray[np.int64], Floats]:
        word_places, word_values = self._words.vector(word_features(words))
        piece_places, piece_values = self._pieces.vector(piece_features(words))
        places = np.concatenate([word_places, piece_places + len(self._words.places)])
        return places, np.concatenate([word_values, piece_values])

    def _similarity(self, places: NDArray[np.int64], values: Floats, point: Floats | None) -> float:
        if not len(places):
            return 0.0
        spans = [slice(self._starts[place], self._starts[place + 1]) for place in places]
        phrases = np.concatenate([self._phrases[span] for span in spans])
        shares = np.concatenate(
            [self._shares[span] * value for span, value in zip(spans, values, strict=True)]
        )
        # Words and pieces have length 1 each, so that their sum is twice a likeness.
        counted = np.bincount(phrases, shares, self._phrase_count) / 2
        if point is None or self._points is None:
            return float(counted.max())
        return float(((counted + self._points @ point) / 2).max())

    def _find_nearest(self, word: str) -> str:
        if word in self._known or len(word) < SHORTEST_TYPO:
            return word
        candidates = self._by_initial.get(word[0], ())
        near = process.extractOne(word, candidates, scorer=OSA.normalized_similarity, score_cutoff=ALIKE)
        return near[0] if near else word
