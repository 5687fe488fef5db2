"""How many, and how good: quantities beside a cart verb, ratings where a rating is given."""

import re

from nlu.numbers import number
from nlu.parsed import Entity
from nlu.text import normalise

_WORD = re.compile(r"[^\W_]{1,40}")
_REACH = 6  # words between the verb and its number

# How the verbs begin, accents off: "agrega", "agregame", "agregar".
_VERBS = """
    agreg anad anyad pon sum quit sac cambi modif elimin borr sean dame deja quier echa mete met mejor solo
    add put chang make set remov delet take want give only just instead increas reduc
    quero coloc bota adicion tira muda melhor aument diminu poe need necesit precis
"""
_CART_VERBS = tuple(_VERBS.split())
_ARTICLES = {"un", "una", "um", "uma"}  # a count only beside the verb: "ponme una"
_UNIT_WORDS = "unidad unidades uds ud unidade unit units piezas pieces pcs of mas mais"
_UNITS = frozenset(_UNIT_WORDS.split())
# "at 5" and "las 5" are hours, "this one" is a thing.
_LEADING = "las los la at as this that which order pedido orden talla size"
_NOT_A_COUNT_AFTER = frozenset(_LEADING.split())
_FOLLOWING = "pm am h hs horas stars estrellas estrelas"
_NOT_A_COUNT_BEFORE = frozenset(_FOLLOWING.split())
_FROM_TO = re.compile(r"\b(?:de|from)\s([^\W_]{1,12})\s(?:a|to|para|pra)\s([^\W_]{1,12})\b", re.IGNORECASE)
_TIMES = re.compile(r"(?<!\w)(?:x\s?([0-9]{1,2})|([0-9]{1,2})\s?x)(?!\w)", re.IGNORECASE)

_SCORE = re.compile(
    r"([0-9]{1,2}|[^\W\d_]{2,6})(?:\s?(?:/|de|out of|sobre|em)\s?(?:10|diez|ten|dez|5|cinco|five))?",
    re.IGNORECASE,
)
_STARS = re.compile(r"([0-9]{1,2}|[^\W\d_]{2,6})\s(?:stars?|estrellas?|estrelas?)\b", re.IGNORECASE)
_RATED = re.compile(
    r"\b(?:un|una|nota|an?|is|es|it|le pongo|doy|dou|give|rating|score|puntos|calificaci[oó]n|valoraci[oó]n)"
    r"\s(?:nota\s|de\s|é\s|es\s|is\s|un\s|una\s|an?\s|um\s)?([0-9]{1,2}|[^\W\d_]{2,6})\b",
    re.IGNORECASE,
)
_DRAWN_STARS = re.compile("[⭐🌟](?:\ufe0f?[⭐🌟]){0,4}\ufe0f?")


def find_quantity(text: str, language: str | None) -> Entity | None:
    """The count a customer wants of something in the cart."""
    times = _TIMES.search(text)
    if times:
        group = 1 if times[1] else 2
        return _amount("quantity", str(int(times[group])), times.span(group))
    found = [(normalise(match[0]), match.span()) for match in _WORD.finditer(text)]
    verbs = [place for place, (word, _) in enumerate(found) if word.startswith(_CART_VERBS)]
    for place, (word, span) in enumerate(found):
        count = number(word, language)
        if count is None or not 0 < count < 100 or not _is_count(found, place):
            continue
        reach = 1 if word in _ARTICLES else _REACH
        is_near = any(abs(place - verb) <= reach for verb in verbs if verb != place)
        if is_near or _word_at(found, place + 1) in _UNITS:
            return _second_of_from_to(text, language) or _amount("quantity", str(count), span)
    return None


def find_rating(text: str, intent: str, language: str | None) -> Entity | None:
    """A mark from 0 to 10: when it is all there is, is written as one (8/10, stars), or is being given."""
    drawn = _DRAWN_STARS.fullmatch(text.strip())
    if drawn:
        start = text.index(drawn[0])
        count = sum(char in "⭐🌟" for char in drawn[0])
        return _amount("rating", str(count), (start, start + len(drawn[0])))
    bare = text.strip(" \t\r\n.!¡,")
    offset = text.find(bare)
    alone = _SCORE.fullmatch(bare) if bare else None
    given = _RATED.finditer(text) if intent == "rate" else ()
    candidates = [(alone, offset), (_STARS.search(text), 0), *((match, 0) for match in given)]
    for match, shift in candidates:
        mark = number(normalise(match[1]), language) if match else None
        if match and mark is not None and mark <= 10:
            return _amount("rating", str(mark), (match.start(1) + shift, match.end(1) + shift))
    return None


def _is_count(found: list[tuple[str, tuple[int, int]]], place: int) -> bool:
    is_hour = _word_at(found, place + 1) in _NOT_A_COUNT_BEFORE
    return not is_hour and _word_at(found, place - 1) not in _NOT_A_COUNT_AFTER


def _word_at(found: list[tuple[str, tuple[int, int]]], place: int) -> str:
    return found[place][0] if 0 <= place < len(found) else ""


def _second_of_from_to(text: str, language: str | None) -> Entity | None:
    """ "from 2 to 3" wants three."""
    match = _FROM_TO.search(text)
    count = number(normalise(match[2]), language) if match and number(normalise(match[1]), language) else None
    return _amount("quantity", str(count), match.span(2)) if match and count else None


def _amount(name: str, value: str, span: tuple[int, int]) -> Entity:
    return Entity(name=name, value=value, start=span[0], end=span[1])
