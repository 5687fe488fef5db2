"""Two opinions of one message, the phrases' and the classifier's, and what comes of them.

The phrases know the very words: courtesies, yes and no, "back", and that an address is no request. The
classifier knows what is said in words that nobody wrote down. It never speaks for politeness or control.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from nlu.classifier import Classifier, Prediction
from nlu.intents import CERTAIN, OUT_OF_SCOPE, TOPICS
from nlu.parsed import FALLBACK
from nlu.reading import Reading

# A phrase that stands in the training data, with or without a courtesy around it.
VERY_PHRASE = 0.97
# What the classifier needs to be heard at all, of probability times likeness.
HEARD = 0.15
# Likeness to a training phrase beyond which more tells nothing.
LIKE_ENOUGH = 0.55
# To speak against the phrases it must be this sure.
OVERRULES = 0.4
# Phrases that are this certain need nobody's consent.
CLEAR = 0.88
LIKELY = 0.75
AGREED = 0.6
STRANGE = 0.5
# Without a question or a wish it is no more than a guess, which interrupts nobody.
GUESS = 0.69
CONTROLS_TOO = frozenset(("resume", "correct"))
SURE_OF_CONTROL = 0.8
# Both so likely, and none much more than the other: it may be either.
EITHER = 0.25
MUCH_MORE = 1.8
MOST_PIECES = 3
SHORTEST_PIECE = 2
# In letters: an "x" is near to something, and means nothing.
SHORTEST_WISH = 4


@dataclass(frozen=True, kw_only=True)
class Verdict:
    intent: str
    confidence: float
    # The other one that it may be just as well.
    rival: str | None = None
    prediction: Prediction | None = None


def judge(reading: Reading, classifier: Classifier, often_denied: Set[str]) -> Verdict:
    """`reading` is the phrases' best; `often_denied` are the intents that a "no" does not turn round."""
    letters = sum(len(word) for core in reading.cores for word in core)
    if reading.confidence >= VERY_PHRASE or letters < SHORTEST_WISH:
        return Verdict(intent=reading.intent, confidence=reading.confidence)
    prediction = best_prediction(reading.cores, classifier)
    said = _from_classifier(prediction, is_asking=reading.is_asking)
    if reading.is_negative and said.intent not in often_denied:
        said = Verdict(intent=FALLBACK, confidence=0.0, prediction=prediction)
    if reading.is_negative and prediction.similarity < LIKE_ENOUGH:
        # "No onions, please" is near to "no offers, please".
        said = _as_guess(said)
    if reading.confidence >= CERTAIN:
        return _with_phrases(reading, prediction, said)
    return said


def best_prediction(cores: Sequence[tuple[str, ...]], classifier: Classifier) -> Prediction:
    """Of the whole, or of the thought in it that is clearest: a story may stand around a request."""
    whole = [word for core in cores for word in core]
    thoughts = [core for core in cores if len(core) >= SHORTEST_PIECE] if len(cores) > 1 else []
    longest = sorted(thoughts, key=len, reverse=True)[:MOST_PIECES]
    found = [classifier.predict(" ".join(words)) for words in (whole, *longest)]
    ours = [prediction for prediction in found if _is_ours(prediction)]
    return max(ours or found, key=lambda prediction: prediction.score)


def _is_ours(prediction: Prediction) -> bool:
    return prediction.intent in TOPICS or _is_sure_control(prediction)


def _is_sure_control(prediction: Prediction) -> bool:
    return prediction.intent in CONTROLS_TOO and prediction.score >= SURE_OF_CONTROL * LIKE_ENOUGH


def _from_classifier(prediction: Prediction, *, is_asking: bool) -> Verdict:
    if not _is_ours(prediction) or prediction.score < HEARD:
        return Verdict(intent=FALLBACK, confidence=0.0, prediction=prediction)
    likeness = min(1.0, prediction.similarity / LIKE_ENOUGH)
    confidence = prediction.probability * likeness
    rival = _rival(prediction)
    return Verdict(
        intent=prediction.intent,
        confidence=round(confidence if is_asking else min(confidence, GUESS), 4),
        rival=rival,
        prediction=prediction,
    )


def _rival(prediction: Prediction) -> str | None:
    (_, first), (name, second), *_ = prediction.ranking
    is_close = second >= EITHER and first < MUCH_MORE * second
    return name if is_close and name in TOPICS and name != OUT_OF_SCOPE else None


def _with_phrases(reading: Reading, prediction: Prediction, said: Verdict) -> Verdict:
    """The phrases are certain. Where they only guess, the classifier may know better."""
    kept = Verdict(intent=reading.intent, confidence=reading.confidence, prediction=prediction)
    if reading.intent not in TOPICS or prediction.intent == reading.intent:
        is_agreed = prediction.probability >= AGREED and prediction.similarity >= LIKE_ENOUGH
        is_wish = reading.is_asking and not (reading.is_negative and reading.confidence < LIKELY)
        return kept if is_agreed or is_wish or reading.confidence >= CLEAR else _as_guess(kept)
    theirs = dict(prediction.ranking).get(reading.intent, 0.0)
    if reading.confidence < CLEAR and prediction.intent == OUT_OF_SCOPE and prediction.probability >= STRANGE:
        return Verdict(intent=FALLBACK, confidence=0.0, prediction=prediction)
    is_better = prediction.probability >= OVERRULES and theirs * MUCH_MORE < prediction.probability
    if reading.confidence < CLEAR and said.intent != FALLBACK and is_better:
        return said
    is_sure = reading.confidence >= CLEAR or (reading.is_asking and reading.confidence >= LIKELY)
    return kept if is_sure else _as_guess(kept)


def _as_guess(verdict: Verdict) -> Verdict:
    return replace(verdict, confidence=min(verdict.confidence, GUESS))
