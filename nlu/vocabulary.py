"""The words of one language's phrases: which say the same, which say little, which one a typo meant."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from nlu.language import LANGUAGE_NAMES
from nlu.numbers import number
from nlu.training import Training

NUMBER = "#"  # stands for any digits: "pedido 1042" is the phrase "pedido 2077"
LANGUAGE = "@language"  # stands for the name of any
CERTAIN_WORD = 0.9  # of what a typo meant, when the word is long enough to tell

_NUMBER_WEIGHT = 0.3
_SMALL_WORD = 0.45  # of its weight: "el", "is" decide little even when few phrases hold them
_STRANGE_WEIGHT = 2.2  # of a word no phrase holds
_STRANGE_SMALL_WEIGHT = 0.6
_TYPO_IN_SHORT = 0.75  # "rojos" is one letter from "rotos"
_SHORT = 5  # letters; shorter words are taken as they stand
_REMEMBERED_TYPOS = 4096

# Spanish and Portuguese hang pronouns on verbs: "hacerlo" is "hacer".
_ENCLITIC = re.compile(r"(?<=\w{3})(?:me|te|se|nos)?(?:lo|la|los|las|le|les|me|te|se|nos)$")


class Vocabulary:
    def __init__(self, language: str, training: Training, texts: list[tuple[str, str]]) -> None:
        """`texts`: each phrase and its intent."""
        self._language = language
        self._synonyms = training.synonyms
        self._small = training.lookups.get("small", frozenset())
        self._negations = training.lookups.get("negation", frozenset())
        self._fillers = training.lookups.get("filler", frozenset()) - self._negations
        self._ordinary = training.lookups.get("ordinary", frozenset())
        self._asking = training.lookups.get("asking", frozenset())
        self._holding: dict[str, int] = defaultdict(int)
        self._weights = self._weigh(texts)
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for word in {*self._weights, *self._synonyms}:
            if len(word) >= _SHORT - 1:
                self._by_initial[word[0]].append(word)
        self._nearest = lru_cache(maxsize=_REMEMBERED_TYPOS)(self._find_nearest)

    def is_filler(self, word: str) -> bool:
        return word in self._fillers

    def is_small(self, word: str) -> bool:
        return word in self._small

    def is_weighty(self, word: str) -> bool:
        """Neither small ("el", "is"), nor a number, nor a "no"."""
        return word != NUMBER and word not in self._small and word not in self._negations

    def is_negative(self, words: Iterable[str]) -> bool:
        return not self._negations.isdisjoint(words)

    def is_asking(self, words: Iterable[str]) -> bool:
        return not self._asking.isdisjoint(words)

    def weight(self, word: str) -> float:
        """The fewer intents use a word, the more it tells."""
        strange = _STRANGE_WEIGHT if self.is_weighty(word) else _STRANGE_SMALL_WEIGHT
        return self._weights.get(word, strange)

    def content(self, words: list[str]) -> list[str]:
        """The words as phrases are compared by; without fillers, unless there is nothing else."""
        content = [self._known(word) for word in words if word not in self._fillers]
        return content or [self._known(word) for word in words]

    def understood(self, words: list[str], *, with_typos: bool) -> dict[str, float]:
        """The words as the phrases have them, each with how sure we are that it is that word."""
        found: dict[str, float] = {}
        for word in words:
            if word in self._fillers:
                continue
            known, certainty = self._known(word), 1.0
            if with_typos and known not in self._weights and known not in self._small:
                near = self._nearest(word)
                if near:
                    known, certainty = near, CERTAIN_WORD if len(word) > _SHORT else _TYPO_IN_SHORT
            found[known] = max(certainty, found.get(known, 0.0))
        return found

    def _known(self, word: str) -> str:
        # "uno", "one" and their like are as often an article or a pronoun as a count.
        if word.isdigit() or (number(word, self._language) or 0) > 1:
            return NUMBER
        if word in LANGUAGE_NAMES:
            return LANGUAGE
        return self._synonyms.get(word, word)

    def _find_nearest(self, word: str) -> str | None:
        """The word that was meant by a typo. The first letter is trusted: people seldom miss it."""
        if len(word) < _SHORT or word in self._ordinary:
            return None
        stem = _ENCLITIC.sub("", word)
        if stem != word and self._known(stem) in self._weights:
            return self._known(stem)
        cutoff = 2 if len(word) >= 8 else 1
        candidates = self._by_initial.get(word[0], ())
        near = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=cutoff, limit=5)
        meant = [(distance, self._known(candidate)) for candidate, distance, _ in near]
        # As near as one another: the word that more phrases hold.
        return min(meant, key=lambda pair: (pair[0], -self._holding[pair[1]]))[1] if meant else None

    def _weigh(self, texts: list[tuple[str, str]]) -> dict[str, float]:
        intents_with: dict[str, set[str]] = defaultdict(set)
        for text, intent in texts:
            for word in self.content(text.split()):
                intents_with[word].add(intent)
                self._holding[word] += 1
        every = len({intent for _, intent in texts})
        weights = {word: math.log(1 + every / len(having)) for word, having in intents_with.items()}
        small = {word: weight * _SMALL_WORD for word, weight in weights.items() if word in self._small}
        return {**weights, **small, NUMBER: _NUMBER_WEIGHT}
