"""Which of the written answers fits a question? By the words that tell topics apart, with typos; no model.

The more topics a word stands in, the less it says. A question fits a topic by its likeness to one of the
topic's example questions, and by how much of it the topic knows at all.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from flows.content_words import content_words

# How the likeness to one example and the share of known words are weighed.
OF_LIKENESS = 0.65
# A word of the answer alone says less than one of the questions.
OF_ANSWER = 0.4
OF_WEAK = 0.3
NEAR = 80
SHORTEST_NEAR = 5
SHORTEST_STEM = 3
LONGEST_STEM = 6
MOST_WORDS = 30
# Two topics as near as this to each other: who knows which was meant.
TOO_CLOSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Match:
    topic: str
    # 0 (nothing in common) to 1 (an example question itself).
    score: float


class Index:
    """The topics of one language."""

    def __init__(self, topics: Mapping[str, tuple[Iterable[str], str]], weak: Iterable[str] = ()) -> None:
        """`topics`: their names with example questions and the answer. `weak`: words that say little."""
        self._examples = [
            (topic, frozenset(stems(example))) for topic, (asked, _) in topics.items() for example in asked
        ]
        self._asked = {topic: _union(asked) for topic, (asked, _) in topics.items()}
        self._answered = {topic: frozenset(stems(answer)) for topic, (_, answer) in topics.items()}
        holding = Counter(stem for known in self._asked.values() for stem in known)
        every = len(topics)
        self._weights = {stem: math.log(1 + every / having) for stem, having in holding.items()}
        for stem in _union(weak) & self._weights.keys():
            self._weights[stem] *= OF_WEAK
        # What no topic knows says clearly that it is about something else.
        self._unknown = math.log(1 + every)
        self._words = sorted(self._weights)

    def match(self, text: str) -> Match | None:
        """The topic that fits best; None when nothing does, or two fit alike."""
        said = frozenset(self._known(stem) for stem in stems(text)[:MOST_WORDS])
        if not said & self._weights.keys():
            return None
        scores = {topic: self._share(said, topic) * (1 - OF_LIKENESS) for topic in self._asked}
        likeness: dict[str, float] = {}
        for topic, example in self._examples:
            likeness[topic] = max(likeness.get(topic, 0.0), self._likeness(said, example))
        ranked = sorted(
            ((scores[topic] + OF_LIKENESS * like, topic) for topic, like in likeness.items()), reverse=True
        )
        best, topic = ranked[0]
        if len(ranked) > 1 and best - ranked[1][0] < TOO_CLOSE:
            return None
        return Match(topic=topic, score=best)

    def _known(self, stem: str) -> str:
        """The stem as the topics spell it."""
        if stem in self._weights or len(stem) < SHORTEST_NEAR:
            return stem
        found = process.extractOne(stem, self._words, scorer=fuzz.ratio, score_cutoff=NEAR)
        return str(found[0]) if found and len(found[0]) >= SHORTEST_NEAR else stem

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._weights.get(word, self._unknown) for word in sorted(words))

    def _share(self, said: frozenset[str], topic: str) -> float:
        asked = said & self._asked[topic]
        answered = (said & self._answered[topic]) - asked
        # A message of weak words alone is not known well, however well it is known.
        least = max(self._weight(said), self._unknown)
        return (self._weight(asked) + OF_ANSWER * self._weight(answered)) / least

    def _likeness(self, said: frozenset[str], example: frozenset[str]) -> float:
        both = self._weight(said & example)
        return 2 * both / (self._weight(said) + self._weight(example)) if both else 0.0


def stems(text: str) -> list[str]:
    """Content words without their endings: "envíos", "envían" and "enviar" are one."""
    return [_stem(word) for word in content_words(text)]


ENDINGS = tuple(re.compile(pattern) for pattern in ("(ing|ed)$", "s$", "[nrm]$", "[aeiouy]{1,3}$"))


def _stem(word: str) -> str:
    for ending in ENDINGS:
        shorter = ending.sub("", word)
        if len(shorter) >= SHORTEST_STEM:
            word = shorter
    if len(word) > SHORTEST_STEM and word[-1] == word[-2]:
        # "shipp(ing)" and "ship".
        word = word[:-1]
    return word[:LONGEST_STEM]


def _union(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(stem for text in texts for stem in stems(text))
