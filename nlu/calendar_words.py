"""Names of days, months, hours and amounts in three languages, accents off, and what they stand for."""

WEEKDAYS = {
    "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "terca": 1,
}  # fmt: skip
# Portuguese counts its days: each of these is also "second", "fourth", … in two languages.
COUNTED_WEEKDAYS = {"segunda": 0, "quarta": 2, "quinta": 3, "sexta": 4}
# Believed only where a date is certain: "sun", "mar", "sex" and "ter" mean something else too.
SHORT_WEEKDAYS = {
    "lun": 0, "mie": 2, "jue": 3, "vie": 4, "sab": 5, "dom": 6,
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
    "seg": 0, "ter": 1, "qua": 2, "qui": 3, "sex": 4,
}  # fmt: skip
_MONTHS = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "en": "january february march april may june july august september october november december",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
}
_SHORT_MONTHS = {
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "pt": "jan fev mar abr mai jun jul ago set out nov dez",
}
ENGLISH_MONTHS = {
    name: number
    for names in (_MONTHS["en"], _SHORT_MONTHS["en"])
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9}
MONTHS = {
    name: number
    for table in (_MONTHS, _SHORT_MONTHS)
    for names in table.values()
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9, "setiembre": 9}
# "10 out of 10", "2 set de mesa": with "de" before them, or from who speaks Portuguese.
PORTUGUESE_MONTHS = frozenset(("out", "set"))

_HOURS = (
    ("una", "uma", "one"),
    ("dos", "duas", "two"),
    ("tres", "three"),
    ("cuatro", "quatro", "four"),
    ("cinco", "five"),
    ("seis", "six"),
    ("siete", "sete", "seven"),
    ("ocho", "oito", "eight"),
    ("nueve", "nove", "nine"),
    ("diez", "dez", "ten"),
    ("once", "onze", "eleven"),
    ("doce", "doze", "twelve"),
)
HOURS = {word: hour for hour, names in enumerate(_HOURS, start=1) for word in names}
MINUTES = {
    "media": 30, "meia": 30, "half": 30, "thirty": 30, "trinta": 30, "treinta": 30,
    "cuarto": 15, "quarter": 15, "quinze": 15, "quince": 15, "fifteen": 15,
    "cinco": 5, "five": 5, "diez": 10, "dez": 10, "ten": 10, "veinte": 20, "vinte": 20, "twenty": 20,
    "veinticinco": 25, "forty five": 45, "forty-five": 45, "quarenta e cinco": 45,
}  # fmt: skip
AMOUNTS = {**HOURS, "un": 1, "um": 1, "a": 1, "an": 1, "dois": 2, "quince": 15, "quinze": 15}


def any_of(*tables: object) -> str:
    """A pattern for one of the words, the longest first. Tables, sets and plain words all do."""
    words: set[str] = set()
    for table in tables:
        words |= {table} if isinstance(table, str) else set(table)  # type: ignore[call-overload]
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
