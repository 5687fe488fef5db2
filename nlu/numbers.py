"""Numbers as words in three languages, 0 to 20."""

_WORDS = {
    "es": (
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciseis diecisiete dieciocho diecinueve veinte"
    ),
    "en": (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty"
    ),
    "pt": (
        "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze "
        "dezesseis dezessete dezoito dezenove vinte"
    ),
}
_FORMS = {
    "es": {"un": 1, "una": 1, "par": 2},
    "en": {"couple": 2},
    "pt": {"uma": 1, "duas": 2, "catorze": 14, "dezasseis": 16, "dezassete": 17, "dezanove": 19},
}


def _table(language: str) -> dict[str, int]:
    counted = {word: number for number, word in enumerate(_WORDS[language].split())}
    return {**counted, **_FORMS[language]}


_TABLES = {language: _table(language) for language in _WORDS}
# When the language is not known: English before Spanish would make "once" a word for never.
_ANY = {**_TABLES["en"], **_TABLES["pt"], **_TABLES["es"]}


def number(word: str, language: str | None) -> int | None:
    """The number a normalised word stands for, digits included; None when it is not a number."""
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return _TABLES.get(language or "", _ANY).get(word)
