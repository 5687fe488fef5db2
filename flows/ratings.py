"""A score out of what people write: a number, "8/10", a word, a face, stars, a thumb. Pure."""

import re

from flows.words_of_rating import FILLERS, NEGATIONS, WORDS
from nlu.numbers import number
from nlu.text import normalise

# Longer, and it is a story in which a number means something else.
LONGEST = 80
FACES = {
    1: "😡😠🤬😤👎😭🤮",
    2: "😞😟😕🙁☹😢😔😒",
    3: "😐😑😶🤔",
    4: "🙂👍😊😌👌",
    5: "😍😀😃😄😁🤩🥰❤💯🙌😘🎉",
}
FACE_SCORES = {face: score for score, faces in FACES.items() for face in faces}
STARS = "⭐★🌟"
# Skin colours and the sign that makes a heart red say nothing.
SILENT = re.compile("[\ufe0f\u200d\U0001f3fb-\U0001f3ff]")
FRACTION = re.compile(r"\b(\d{1,2})\s*(?:/|de|sobre|out of|em)\s*(\d{1,2})\b", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.,/-])(\d{1,2})(?![\w/]|[.,]\d)")
# "You took 2 hours" rates nothing.
AMOUNT = re.compile(
    r"\d\s*(?:%|€|\$|h\b|min|hor|hour|d[ií]a|day|sem|week|mes|month|vez|vec|time|eur)", re.IGNORECASE
)
SCORES = {word: score for score, words in WORDS.items() for word in words}
LONGEST_WORDS = max(len(word.split()) for word in SCORES)


def score_of(said: str, lowest: int, best: int, *, alone: bool = False) -> int | None:
    """Their score between `lowest` and `best`; None for what is none, or says two things.

    With `alone` the rating must be all that they wrote.
    """
    text = SILENT.sub("", said.strip())
    if not text or len(text) > LONGEST or AMOUNT.search(text):
        return None
    for read in (_fraction, _number, _faces, _word):
        found = read(text, lowest, best, alone)
        if found is not None:
            return found
    return None


def scaled(of_five: int, lowest: int, best: int) -> int:
    """1 to 5 on another scale: its ends stay its ends."""
    return lowest + round((of_five - 1) * (best - lowest) / 4)


def _fraction(text: str, lowest: int, best: int, alone: bool) -> int | None:
    match = FRACTION.search(text)
    if match is None:
        return None
    score, of = int(match.group(1)), int(match.group(2))
    rest = text[: match.start()] + text[match.end() :]
    if of not in (5, 10) or score > of or (alone and not _is_filler(rest)) or NUMBER.search(rest):
        return None
    return max(lowest, round(score * best / of))


def _number(text: str, lowest: int, best: int, alone: bool) -> int | None:
    found = [int(digits) for digits in NUMBER.findall(text)]
    rest = NUMBER.sub(" ", text)
    if not found:
        words = [(word, number(word, None)) for word in normalise(text).split() if word not in FILLERS]
        found = [value for _, value in words if value is not None]
        rest = " ".join(word for word, value in words if value is None)
    is_one = len(found) == 1 and lowest <= found[0] <= best
    if not is_one or re.search(r"\d", rest) or (alone and not _is_filler(rest)):
        return None
    return found[0]


def _faces(text: str, lowest: int, best: int, alone: bool) -> int | None:
    stars = sum(text.count(star) for star in STARS)
    scores = {FACE_SCORES[letter] for letter in text if letter in FACE_SCORES}
    rest = "".join(letter for letter in text if letter not in FACE_SCORES and letter not in STARS)
    if alone and not _is_filler(rest):
        return None
    if stars:
        return scaled(stars, lowest, best) if stars <= 5 and not scores else None
    # "Muy mal 👍": the words count.
    is_clear = len(scores) == 1 and _is_filler(rest)
    return scaled(scores.pop(), lowest, best) if is_clear else None


def _word(text: str, lowest: int, best: int, alone: bool) -> int | None:
    plain = [word for word in normalise(text).split() if word not in FILLERS]
    whole = SCORES.get(" ".join(plain)) or SCORES.get(normalise(text))
    if whole is not None:
        return scaled(whole, lowest, best)
    if alone or any(word in NEGATIONS for word in plain):
        return None
    found = _within(plain)
    return scaled(found, lowest, best) if found is not None else None


def _within(words: list[str]) -> int | None:
    """The one rating that a sentence holds; the longest wording counts."""
    found: set[int] = set()
    index = 0
    while index < len(words):
        for length in range(min(LONGEST_WORDS, len(words) - index), 0, -1):
            score = SCORES.get(" ".join(words[index : index + length]))
            if score is not None:
                found.add(score)
                index += length
                break
        else:
            index += 1
    return found.pop() if len(found) == 1 else None


def _is_filler(text: str) -> bool:
    return all(word in FILLERS for word in normalise(text).split())
