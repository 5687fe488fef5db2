"""Text as thumbs type it: typos, no accents, SMS spelling, no punctuation. The same for one seed."""

import random
import unicodedata

TYPO_IN_WORD = 0.25
NO_ACCENTS = 0.7
SHORT_SPELLING = 0.5
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioopsdfghjkllxcvbnmm", strict=True))
SPELLING = {
    "you": "u", "your": "ur", "are": "r", "please": "pls", "for": "4", "to": "2", "thanks": "thx",
    "what": "wat", "que": "q", "por": "x", "porque": "xq", "para": "pa", "también": "tb",
    "donde": "dnd", "cuando": "cdo",
    "você": "vc", "hoje": "hj", "quando": "qdo", "muito": "mto", "não": "n",
}  # fmt: skip


def roughen(text: str, chance: random.Random) -> str:
    words = "".join(letter for letter in text if letter.isalnum() or letter in " '@").split()
    rough = " ".join(_word(word, chance) for word in words)
    return _without_accents(rough) if chance.random() < NO_ACCENTS else rough


def _word(word: str, chance: random.Random) -> str:
    short = SPELLING.get(word.casefold())
    if short and chance.random() < SHORT_SPELLING:
        return short
    if len(word) < 4 or chance.random() > TYPO_IN_WORD:
        return word
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter + letter + after
    if kind == 2:
        return before + after[0] + letter + after[1:]
    return before + NEIGHBOURS.get(letter.casefold(), letter) + after


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
