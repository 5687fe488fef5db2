"""One language's training phrases, arranged so that a message is compared with the few that share its words.

Three looks at a piece of text, from sure to guessed: the very phrase; the same phrase in other words
(synonyms, order); most of its weight, where a rare word weighs more and a typo is forgiven.
"""

from collections import defaultdict
from dataclasses import dataclass

from nlu.intents import CERTAIN, OUT_OF_SCOPE, Weight, weight
from nlu.training import Training
from nlu.vocabulary import CERTAIN_WORD, NUMBER, Vocabulary

_PATIENCE = 0.35  # how much of the weight of unexplained words counts against a phrase
_LIGHT_PHRASE_PATIENCE = 1.3  # against one that hangs on a single word
_LIGHT = 3.5  # weight of such a phrase
_LENIENCE = 0.8  # exponent on the part of a phrase that was said
_OTHER_WAY_ROUND = 0.35  # "I want" against "I do not want"
_AS_GUESSED = 0.97  # the most a guess may claim; 1.0 is for the very phrase
_ALIKE = 0.5  # likeness that is enough for a request
_ALIKE_WHEN_ASKED = 0.4  # forms hear statements, so a question or a wish needs less
_CLEAR_LEAD = 1.2  # times the next best
_ASKED_EARLY = 2  # words within which a wish begins
_MOST_WORDS = 60  # of one piece; what comes after is not compared


@dataclass(frozen=True, kw_only=True)
class Guess:
    intent: str
    confidence: float
    words: int  # how many weighty words of the text speak for it
    beside: int = 0  # how many weighty words of the text it leaves unexplained


@dataclass(frozen=True, kw_only=True)
class _Phrase:
    intent: str
    words: frozenset[str]
    small_words: frozenset[str]  # those of `words` that are not weighty
    weight: float
    is_light: bool
    is_negative: bool


@dataclass(frozen=True, kw_only=True)
class _Said:
    """A piece of text as the phrases see it."""

    certainties: dict[str, float]  # word -> how sure we are that it is that word
    weighty: frozenset[str]
    story: float  # weight of the weighty words
    small_talk: float  # weight of the others
    is_negative: bool
    is_asking: bool  # a question or a wish


class PhraseIndex:
    def __init__(self, language: str, training: Training) -> None:
        # What no shop can help with is what is left over here: it is never compared with.
        known = {text: intent for text, intent in training.phrases.items() if intent != OUT_OF_SCOPE}
        texts = [(training.cores.get(text, text), intent) for text, intent in known.items()]
        self._exact = known
        self.vocabulary = Vocabulary(language, training, texts)
        self._phrases = [self._phrase(text, intent) for text, intent in texts]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for place, phrase in enumerate(self._phrases):
            # A phrase that is nothing but a number would claim every number.
            for word in phrase.words if phrase.words != {NUMBER} else ():
                self._holding[word].append(place)

    def exact(self, words: list[str]) -> Guess | None:
        """The intent of a phrase that stands in the training data as it is."""
        intent = self._exact.get(" ".join(words))
        if intent is None:
            return None
        weighty = sum(self.vocabulary.is_weighty(word) for word in words)
        return Guess(intent=intent, confidence=1.0, words=weighty)

    def guesses(self, words: list[str], *, is_question: bool = False, with_typos: bool = True) -> list[Guess]:
        """What the words may mean, best first, one guess per intent."""
        said = self._said(words[:_MOST_WORDS], is_question, with_typos)
        best: dict[str, tuple[float, _Phrase]] = {}
        for place in {
            place for word in said.weighty or said.certainties for place in self._holding.get(word, ())
        }:
            phrase = self._phrases[place]
            likeness = self._likeness(phrase, said)
            if likeness > best.get(phrase.intent, (0.0, phrase))[0]:
                best[phrase.intent] = likeness, phrase
        ordered = sorted(best.values(), key=lambda found: -found[0])
        runner_up = ordered[1][0] if len(ordered) > 1 else 0.0
        guesses = [_guess(phrase, said, likeness, runner_up) for likeness, phrase in ordered]
        return sorted(guesses, key=lambda guess: -guess.confidence)

    def _said(self, words: list[str], is_question: bool, with_typos: bool) -> _Said:
        vocabulary = self.vocabulary
        certainties = vocabulary.understood(words, with_typos=with_typos)
        weighty = frozenset(word for word in certainties if vocabulary.is_weighty(word))
        return _Said(
            certainties=certainties,
            weighty=weighty,
            story=sum(vocabulary.weight(word) for word in weighty),
            small_talk=sum(vocabulary.weight(word) for word in certainties.keys() - weighty),
            is_negative=vocabulary.is_negative(words),
            is_asking=is_question or vocabulary.is_asking(words[:_ASKED_EARLY]),
        )

    def _likeness(self, phrase: _Phrase, said: _Said) -> float:
        shared = plain = small = 0.0
        for word in phrase.words:
            certainty = said.certainties.get(word)
            if certainty is not None:
                word_weight = self.vocabulary.weight(word)
                shared += word_weight * certainty
                plain += word_weight
                small += word_weight if word in phrase.small_words else 0.0
        # A heavy phrase may stand in a longer story; a light one must be nearly all there is.
        patience = _LIGHT_PHRASE_PATIENCE if phrase.is_light else _PATIENCE
        small_talk, story = max(0.0, said.small_talk - small), max(0.0, said.story - (plain - small))
        precision = shared / (shared + _PATIENCE * small_talk + patience * story)
        likeness: float = _AS_GUESSED * (shared / phrase.weight) ** _LENIENCE * precision
        return likeness if said.is_negative == phrase.is_negative else likeness * _OTHER_WAY_ROUND

    def _phrase(self, text: str, intent: str) -> _Phrase:
        vocabulary = self.vocabulary
        words = frozenset(vocabulary.content(text.split()))
        weighty = {word for word in words if vocabulary.is_weighty(word)}
        return _Phrase(
            intent=intent,
            words=words,
            small_words=words - weighty,
            weight=sum(vocabulary.weight(word) for word in words),
            is_light=sum(vocabulary.weight(word) for word in weighty) < _LIGHT,
            is_negative=vocabulary.is_negative(text.split()),
        )


def _guess(phrase: _Phrase, said: _Said, likeness: float, runner_up: float) -> Guess:
    """How alike they are, as a confidence."""
    shared = said.weighty & phrase.words
    # A question or a wish, no other intent near, and not by the grace of a typo in a short word.
    # "I do not want" is no wish: what it is about must be said in full.
    is_clear = (
        said.is_asking
        and not said.is_negative
        and likeness >= _CLEAR_LEAD * runner_up
        and any(said.certainties[word] >= CERTAIN_WORD for word in shared)
    )
    # Two weighty words in common are rarely chance, so requests need less likeness than "skip" or "back",
    # whose words turn up in any address or story.
    enough = _ALIKE_WHEN_ASKED if is_clear else _ALIKE
    confidence = likeness
    if (is_clear or len(shared) > 1) and weight(phrase.intent) is Weight.TOPIC and likeness >= enough:
        confidence = CERTAIN + (likeness - enough) * (_AS_GUESSED - CERTAIN) / (_AS_GUESSED - enough)
    beside = len(said.weighty - phrase.words)
    return Guess(intent=phrase.intent, confidence=round(confidence, 4), words=len(shared), beside=beside)
