"""Trains the classifier with scikit-learn and writes it down as plain arrays.

`python -m nlu.learning PHRASES.json MODEL.npz` does it in a process of its own: scikit-learn would stay
in the memory of whoever imports it.
"""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.classifier import EMBEDDING_WEIGHT
from nlu.embeddings import Encoder, encode, encoder
from nlu.features import piece_features, plain_words, word_features

# The inverse of how much large coefficients are held down.
STRENGTH_OF_WORDS = 20.0
STRENGTH_WITH_EMBEDDINGS = 5.0
MOST_STEPS = 40
# Half of all features stand in a single phrase: they cost half of the time and teach nothing of others.
FEWEST_PHRASES = 2


def train(examples: Sequence[tuple[str, str]], model: Encoder | None = None) -> dict[str, Any]:
    """The arrays of a classifier that has learnt these (text, intent) pairs.

    Deterministic. Raises `ValueError` with fewer than two intents.
    """
    from scipy import sparse
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    texts = [plain_words(text) for text, _ in examples]
    intents = [intent for _, intent in examples]
    by_word, by_piece = _counter(word_features), _counter(piece_features)
    counted = sparse.hstack([by_word.fit_transform(texts), by_piece.fit_transform(texts)]).tocsr()
    points = encode([" ".join(words) for words in texts], model) if model else None
    seen = (
        counted if points is None else sparse.hstack([counted, sparse.csr_matrix(EMBEDDING_WEIGHT * points)])
    )
    strength = STRENGTH_OF_WORDS if points is None else STRENGTH_WITH_EMBEDDINGS
    shared = seen.tocsc()
    telling = _telling(shared)
    with warnings.catch_warnings():
        # The last steps to the very optimum take most of the time and change no prediction.
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression = LogisticRegression(C=strength, max_iter=MOST_STEPS)
        regression.fit(shared[:, telling].tocsr(), intents)
    learnt, intercepts = _for_each(regression.coef_, regression.intercept_)
    coefficients = np.zeros((shared.shape[1], learnt.shape[1]), dtype=np.float32)
    coefficients[telling] = learnt
    holders = counted.tocsc()
    told = {
        "intents": [str(intent) for intent in regression.classes_],
        "words": _in_order(by_word),
        "pieces": _in_order(by_piece),
        "phrase_count": len(examples),
    }
    arrays = {
        "told": np.array(json.dumps(told)),
        "word_idf": by_word.idf_.astype(np.float32),
        "piece_idf": by_piece.idf_.astype(np.float32),
        "coefficients": coefficients,
        "intercepts": intercepts,
        "starts": holders.indptr.astype(np.int64),
        "phrases": holders.indices.astype(np.int32),
        "shares": holders.data.astype(np.float32),
    }
    return arrays if points is None else {**arrays, "points": points}


def _telling(columns: Any) -> Any:
    found = np.flatnonzero(np.diff(columns.indptr) >= FEWEST_PHRASES)
    return found if len(found) else np.arange(columns.shape[1])


def _counter(features: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=features, sublinear_tf=True, dtype=np.float32)


def _in_order(counter: Any) -> list[str]:
    return [str(name) for name in counter.get_feature_names_out()]


def _for_each(coefficients: Any, intercepts: Any) -> tuple[Any, Any]:
    """One column an intent; of two intents scikit-learn gives one."""
    if len(intercepts) == 1:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), intercepts.astype(np.float32)


def main(source: str, target: str) -> int:
    told = json.loads(Path(source).read_text(encoding="utf-8"))
    examples = [(str(text), str(intent)) for text, intent in told["examples"]]
    arrays = train(examples, encoder() if told["with_embeddings"] else None)
    np.savez(target, allow_pickle=False, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
