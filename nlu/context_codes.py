"""The codes that bring a session into the chat, as people send them: "HILO-7K2QM-4TXDW" and near misses.

Crockford's alphabet: O is read as 0, I and L as 1. The last sign checks the others, so that words which only
look like a code ("hilo rojo 50 m") are none; who wrote it just as we do means it, right or wrong.
"""

import re

PREFIX = "HILO"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 5
# Signs, with the one that checks the others. 45 bits are left to guess.
LENGTH = 10
MISREAD = str.maketrans("OIL", "011")
DASHES = r"\-\u2010\u2011\u2012\u2013\u2014\u2212_"
_BEGINS, _ENDS = r"(?<![a-z0-9])", r"(?![a-z0-9])"
_FIVE, _DASH = rf"([a-z0-9]{{{GROUP}}})", rf"[ ]?[{DASHES}][ ]?"
# Spaces, dashes, dots or none between the signs, as keyboards and voices put them.
_GAP, _SIGN = rf"[ .:{DASHES}]{{0,3}}", r"[a-z0-9]"
EXACT = re.compile(f"{_BEGINS}hilo{_DASH}{_FIVE}{_DASH}{_FIVE}{_ENDS}", re.IGNORECASE)
LOOSE = re.compile(
    f"{_BEGINS}h[ ]?i[ ]?l[ ]?[o0]{_GAP}((?:{_SIGN}{_GAP}){{{LENGTH - 1}}}{_SIGN}){_ENDS}", re.IGNORECASE
)
MOST_READ = 2000


def written(signs: str) -> str:
    """As we write a code: its random signs, with their check."""
    whole = signs + check_of(signs)
    return f"{PREFIX}-{whole[:GROUP]}-{whole[GROUP:]}"


def check_of(signs: str) -> str:
    weighed = sum((place + 1) * ALPHABET.index(sign) for place, sign in enumerate(signs))
    return ALPHABET[(weighed * 7 + 11) % len(ALPHABET)]


def find_code(text: str) -> str | None:
    """The code in a message, as we write it; None for none. It may be one that we never gave."""
    found = _find(text)
    return found[0] if found else None


def without_code(text: str) -> str:
    """What else they said."""
    found = _find(text)
    return text if found is None else " ".join(f"{text[: found[1]]} {text[found[2] :]}".split())


def _find(text: str) -> tuple[str, int, int] | None:
    exact = EXACT.search(text[:MOST_READ])
    if exact is not None:
        return _normal("".join(exact.groups())), exact.start(), exact.end()
    for match in LOOSE.finditer(text[:MOST_READ]):
        signs = _signs(match[1])
        if set(signs) <= set(ALPHABET) and check_of(signs[:-1]) == signs[-1]:
            return _normal(signs), match.start(), match.end()
    return None


def _signs(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum()).translate(MISREAD)


def _normal(text: str) -> str:
    signs = _signs(text)
    return f"{PREFIX}-{signs[:GROUP]}-{signs[GROUP:]}"
