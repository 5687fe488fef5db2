"""Reads a message piece by piece and decides which of the thoughts in it is the one to answer."""

import re
from dataclasses import dataclass, replace

from nlu.courtesies import JOINING, without_courtesies
from nlu.intents import CERTAIN, Weight, strength, weight
from nlu.parsed import FALLBACK
from nlu.phrases import Guess, PhraseIndex
from nlu.text import words
from nlu.vocabulary import Vocabulary

_MOST_PIECES = 12
_NEARLY_ALL = 0.8  # confidence of a control that leaves a word unexplained
_BUT_FOR_COURTESY = 0.98  # confidence of a known phrase with a greeting or the like around it
_SENTENCE = 3  # words
_EQUALLY_SURE = 0.03
# A full stop before a digit is "no. 1042", not the end of a thought.
_BREAK = re.compile(r"[\n\r,;:!?¿¡…|]+|\.(?! ?[0-9])")


@dataclass(frozen=True, kw_only=True)
class Piece:
    words: list[str]
    is_question: bool
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one language's phrases make of the message."""

    intent: str
    confidence: float
    ranking: tuple[Guess, ...] = ()
    # The words of each piece without its courtesies; empty ones left out.
    cores: tuple[tuple[str, ...], ...] = ()
    # A question or a wish is among them.
    is_asking: bool = False
    is_negative: bool = False

    def weakened(self, factor: float) -> "Reading":
        ranking = tuple(
            replace(guess, confidence=round(guess.confidence * factor, 4)) for guess in self.ranking
        )
        return replace(self, confidence=round(self.confidence * factor, 4), ranking=ranking)


@dataclass(frozen=True, kw_only=True)
class _Understood:
    courtesies: tuple[Guess, ...] = ()
    core: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    length: int = 0  # words without the courtesies
    strange: int = 0  # words that no sure guess explains

    @property
    def sure(self) -> list[Guess]:
        """What is certain, without what something else in the same piece clearly beats."""
        surest = max((guess.confidence for guess in self.guesses), default=0.0)
        enough = max(CERTAIN, surest - _EQUALLY_SURE)
        return [guess for guess in self.guesses if guess.confidence >= enough]


def split(text: str) -> list[Piece]:
    """The thoughts of a message: what stands between line ends and punctuation marks."""
    pieces: list[Piece] = []
    start = 0
    breaks = [(match.start(), match.end()) for match in _BREAK.finditer(text)]
    for end, following in [*breaks, (len(text), len(text))]:
        found = words(text[start:end])
        if found:
            is_question = "?" in text[end:following] or "¿" in text[max(0, start - 1) : start]
            lead = len(text[start:end]) - len(text[start:end].lstrip())
            written = text[start:end].strip()
            pieces.append(
                Piece(
                    words=found, is_question=is_question, start=start + lead, end=start + lead + len(written)
                )
            )
        start = following
        if len(pieces) == _MOST_PIECES:
            break
    return pieces


def read(pieces: list[Piece], index: PhraseIndex, *, with_typos: bool) -> Reading:
    """The one intent of the message, or FALLBACK with the guesses that were too weak."""
    understood = [_understand(piece, index, with_typos) for piece in pieces]
    everything = [guess for part in understood for guess in (*part.guesses, *part.courtesies)]
    ranking = _best_of_each(everything)
    chosen = _choose(understood)
    return Reading(
        intent=chosen.intent if chosen else FALLBACK,
        confidence=chosen.confidence if chosen else 0.0,
        ranking=ranking,
        cores=tuple(part.core for part in understood if part.core),
        is_asking=any(piece.is_question or index.vocabulary.is_asking(piece.words) for piece in pieces),
        is_negative=any(index.vocabulary.is_negative(part.core) for part in understood),
    )


def _choose(understood: list[_Understood]) -> Guess | None:
    strange = sum(part.strange for part in understood)
    topics = [
        _discounted(guess, strange) for part in understood for guess in _topics(part, strange - part.strange)
    ]
    if topics:
        return _gravest(topics)
    # From here on it must be all there is.
    sure = [guess for part in understood for guess in part.sure if _is_nearly_all(guess)]
    if any(not part.sure and part.strange for part in understood):
        return None
    controls = [guess for guess in sure if weight(guess.intent) is Weight.CONTROL]
    if controls:
        return _gravest(controls)
    courtesies = [guess for part in understood for guess in part.courtesies]
    socials = [guess for guess in (*sure, *courtesies) if weight(guess.intent) is Weight.SOCIAL]
    return max(socials, key=lambda guess: strength(guess.intent), default=None)


def _is_nearly_all(guess: Guess) -> bool:
    return not guess.beside or guess.confidence >= _NEARLY_ALL


def _topics(part: _Understood, strange_elsewhere: int) -> list[Guess]:
    topics = [guess for guess in part.sure if weight(guess.intent) is Weight.TOPIC]
    # One lone word beside a story ("Ana, agent") is as likely a part of the story.
    is_sentence = part.length >= _SENTENCE
    telling = [guess for guess in topics if guess.words > 1 or not strange_elsewhere or is_sentence]
    # "Thanks for all your help" asks for none.
    is_thanking = any(guess.intent == "thanks" for guess in part.courtesies)
    return [guess for guess in telling if not (is_thanking and guess.intent == "help")]


def _discounted(guess: Guess, strange: int) -> Guess:
    return replace(guess, confidence=max(CERTAIN, round(guess.confidence - 0.01 * strange, 4)))


def _gravest(guesses: list[Guess]) -> Guess:
    """The surest; among those about as sure, the one that matters most."""
    surest = max(guess.confidence for guess in guesses)
    equal = [guess for guess in guesses if guess.confidence >= surest - _EQUALLY_SURE]
    return max(equal, key=lambda guess: strength(guess.intent))


def _understand(piece: Piece, index: PhraseIndex, with_typos: bool) -> _Understood:
    found = piece.words
    whole = index.exact(found)
    if whole:
        return _Understood(core=tuple(found), guesses=(whole,), length=len(found))
    core, courtesies = without_courtesies(found, index)
    if not core:
        return _Understood(courtesies=courtesies)
    exact = index.exact(core) or index.exact([word for word in core if not index.vocabulary.is_filler(word)])
    if exact:
        guess = replace(exact, confidence=_BUT_FOR_COURTESY)
        return _Understood(courtesies=courtesies, core=tuple(core), guesses=(guess,), length=len(core))
    guesses = tuple(index.guesses(core, is_question=piece.is_question, with_typos=with_typos))
    unexplained = _count_unexplained(core, index.vocabulary, beside_courtesy=bool(courtesies))
    strange = min((guess.beside for guess in guesses if guess.confidence >= CERTAIN), default=unexplained)
    return _Understood(
        courtesies=courtesies, core=tuple(core), guesses=guesses, length=len(core), strange=strange
    )


def _count_unexplained(core: list[str], vocabulary: Vocabulary, *, beside_courtesy: bool) -> int:
    telling = [word for word in core if not vocabulary.is_filler(word) and word not in JOINING]
    # "Thanks" with some small words around is still thanks; small words alone are somebody's answer.
    return sum(not (beside_courtesy and vocabulary.is_small(word)) for word in telling)


def _best_of_each(guesses: list[Guess]) -> tuple[Guess, ...]:
    best: dict[str, Guess] = {}
    for guess in sorted(guesses, key=lambda guess: guess.confidence):
        best[guess.intent] = guess
    return tuple(reversed(best.values()))[:5]
