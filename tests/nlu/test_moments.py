"""Days, hours and parts of the day, in three languages, seen from a Wednesday morning in Madrid."""

import time
from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.entities import find_entities
from nlu.moments import find_moments

MADRID = ZoneInfo("Europe/Madrid")
# A Wednesday.
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=MADRID)

# Each line: what they write | day | hour | part of the day; "-" for none.
SPANISH = """
hoy | 2026-11-25 | - | -
mañana | 2026-11-26 | - | -
manana | 2026-11-26 | - | -
mañana a las 5 | 2026-11-26 | 17:00 | -
mañana por la mañana | 2026-11-26 | - | morning
mañana por la tarde | 2026-11-26 | - | afternoon
mañana tarde | 2026-11-26 | - | afternoon
pasado mañana | 2026-11-27 | - | -
pasado mañana a las 10 | 2026-11-27 | 10:00 | -
hoy a las 9 | 2026-11-25 | 21:00 | -
hoy a las 11 | 2026-11-25 | 11:00 | -
esta tarde | 2026-11-25 | - | afternoon
esta noche a las 8 | 2026-11-25 | 20:00 | evening
ayer | 2026-11-24 | - | -
anteayer | 2026-11-23 | - | -
hace dos días | 2026-11-23 | - | -
hace una semana | 2026-11-18 | - | -
el lunes | 2026-11-30 | - | -
el viernes | 2026-11-27 | - | -
VIERNES | 2026-11-27 | - | -
el miércoles | 2026-12-02 | - | -
el miércoles a las 5 | 2026-11-25 | 17:00 | -
el miercoles a las 9 de la mañana | 2026-12-02 | 09:00 | morning
el miércoles por la tarde | 2026-11-25 | - | afternoon
el miércoles que viene a las 5 | 2026-12-02 | 17:00 | -
el martes que viene | 2026-12-01 | - | -
el próximo jueves | 2026-11-26 | - | -
el lunes pasado | 2026-11-23 | - | -
el martes de la semana que viene | 2026-12-01 | - | -
la semana que viene el jueves | 2026-12-03 | - | -
la semana que viene | 2026-11-30 | - | -
el finde | 2026-11-28 | - | -
el viernes 27 | 2026-11-27 | - | -
martes 24 de noviembre | 2027-11-24 | - | -
viernes 4 dic | 2026-12-04 | - | -
el sábado a las 12 | 2026-11-28 | 12:00 | -
dentro de dos semanas | 2026-12-09 | - | -
en 3 días | 2026-11-28 | - | -
dentro de un mes | 2026-12-25 | - | -
en dos horas | 2026-11-25 | 12:00 | -
dentro de media hora | 2026-11-25 | 10:30 | -
3 de mayo | 2027-05-03 | - | -
el 3 de mayo de 2028 | 2028-05-03 | - | -
24/12 | 2026-12-24 | - | -
el 24/12/2026 a las 17:30 | 2026-12-24 | 17:30 | -
24-12-2026 | 2026-12-24 | - | -
24.12.26 | 2026-12-24 | - | -
2026-12-25 | 2026-12-25 | - | -
01/02 | 2027-02-01 | - | -
29 de febrero | 2028-02-29 | - | -
31/11 | - | - | -
primero de diciembre | 2026-12-01 | - | -
el día 30 | 2026-11-30 | - | -
el 24 por la tarde | 2026-12-24 | - | afternoon
para el 5 | 2026-12-05 | - | -
no el martes, mejor el jueves | 2026-11-26 | - | -
el viernes no puedo, el lunes sí | 2026-11-30 | - | -
a las 5 | - | 17:00 | -
a la una | - | 13:00 | -
a las cinco | - | 17:00 | -
las cinco y media | - | 17:30 | -
a las 5 y cuarto | - | 17:15 | -
a las seis menos cuarto | - | 17:45 | -
a las 10 menos diez | - | 09:50 | -
a las 5 de la tarde | - | 17:00 | afternoon
a las 8 de la tarde | - | 20:00 | afternoon
8 de la noche | - | 20:00 | evening
12 de la noche | - | 00:00 | evening
12 del mediodía | - | 12:00 | afternoon
5 de la madrugada | - | 05:00 | -
cuarto para las cinco | - | 16:45 | -
17:30h | - | 17:30 | -
a las 17.30 | - | 17:30 | -
a las 17 h | - | 17:00 | -
18 horas | - | 18:00 | -
05:30 | - | 05:30 | -
5pm | - | 17:00 | -
a las 10 en punto | - | 10:00 | -
sobre las 7 | - | 19:00 | -
antes de las 12 | - | 12:00 | -
por la mañana | - | - | morning
de la tarde | - | - | afternoon
tarde | - | - | afternoon
al mediodía | - | - | afternoon
por la noche | - | - | evening
5 | - | - | -
1042 | - | - | -
pedido 1042 | - | - | -
llega tarde | - | - | -
más tarde | - | - | -
buenas tardes | - | - | -
buenos días | - | - | -
protector de sol | - | - | -
la segunda opción | - | - | -
quiero las dos | - | - | -
quiero las 2 velas | - | - | -
ponme 3 | - | - | -
cada 8 horas | - | - | -
el mar | - | - | -
cuesta 15,50 € | - | - | -
son 12:75 | - | - | -
de 2 a 5 unidades | - | - | -
una vela | - | - | -
marca la casilla | - | - | -
el 2 | - | - | -
quiero el 15 azul | - | - | -
"""
ENGLISH = """
today | 2026-11-25 | - | -
tomorrow | 2026-11-26 | - | -
tmrw at 5 | 2026-11-26 | 17:00 | -
tomorrow morning | 2026-11-26 | - | morning
the day after tomorrow | 2026-11-27 | - | -
yesterday | 2026-11-24 | - | -
two days ago | 2026-11-23 | - | -
tonight at 8 | 2026-11-25 | 20:00 | evening
this afternoon | 2026-11-25 | - | afternoon
next tuesday | 2026-12-01 | - | -
next Tuesday in the afternoon | 2026-12-01 | - | afternoon
next wednesday | 2026-12-02 | - | -
tuesday | 2026-12-01 | - | -
on Friday at noon | 2026-11-27 | 12:00 | -
Wednesday at 6 | 2026-11-25 | 18:00 | -
last monday | 2026-11-23 | - | -
tuesday next week | 2026-12-01 | - | -
next week on thursday | 2026-12-03 | - | -
next week | 2026-11-30 | - | -
this weekend | 2026-11-28 | - | -
on fri | 2026-11-27 | - | -
fri at 5 | 2026-11-27 | 17:00 | -
in two weeks | 2026-12-09 | - | -
3 days from now | 2026-11-28 | - | -
in an hour | 2026-11-25 | 11:00 | -
in 20 minutes | 2026-11-25 | 10:20 | -
May 3rd | 2027-05-03 | - | -
3 May | 2027-05-03 | - | -
the 3rd of May | 2027-05-03 | - | -
December 24, 2026 | 2026-12-24 | - | -
dec 24 at 5pm | 2026-12-24 | 17:00 | -
12/24 | 2026-12-24 | - | -
the 24th | 2026-12-24 | - | -
Tuesday 1 December | 2026-12-01 | - | -
not tuesday, thursday please | 2026-11-26 | - | -
half past five | - | 17:30 | -
quarter to six | - | 17:45 | -
a quarter past 10 | - | 10:15 | -
at ten past nine | - | 09:10 | -
at five thirty | - | 17:30 | -
5pm | - | 17:00 | -
5:30 p.m. | - | 17:30 | -
12 am | - | 00:00 | -
12pm | - | 12:00 | -
7 am | - | 07:00 | -
five pm | - | 17:00 | -
5 o'clock | - | 17:00 | -
at 11 | - | 11:00 | -
7 in the morning | - | 07:00 | morning
at 9 in the evening | - | 21:00 | evening
in the morning | - | - | morning
good morning | - | - | -
good evening | - | - | -
may i have 5 | - | - | -
may I ask | - | - | -
can you sat down | - | - | -
the sun | - | - | -
10 out of 10 | - | - | -
order 1042 | - | - | -
put 2 in my cart | - | - | -
change it from 2 to 3 | - | - | -
add five to ten | - | - | -
march on | - | - | -
$15.50 | - | - | -
at 5 stores | - | - | -
"""
PORTUGUESE = """
hoje | 2026-11-25 | - | -
hoje à noite | 2026-11-25 | - | evening
amanhã | 2026-11-26 | - | -
amanhã às 17h | 2026-11-26 | 17:00 | -
amanhã de manhã | 2026-11-26 | - | morning
depois de amanhã | 2026-11-27 | - | -
ontem | 2026-11-24 | - | -
há dois dias | 2026-11-23 | - | -
segunda | 2026-11-30 | - | -
na segunda de manhã | 2026-11-30 | - | morning
segunda-feira | 2026-11-30 | - | -
terça que vem | 2026-12-01 | - | -
sexta que vem | 2026-11-27 | - | -
sexta às 5 | 2026-11-27 | 17:00 | -
quarta às 18h30 | 2026-11-25 | 18:30 | -
quarta que vem | 2026-12-02 | - | -
5ª feira | 2026-11-26 | - | -
na próxima quinta | 2026-11-26 | - | -
quinta da semana que vem | 2026-12-03 | - | -
semana que vem | 2026-11-30 | - | -
fim de semana | 2026-11-28 | - | -
sábado à tarde | 2026-11-28 | - | afternoon
daqui a duas semanas | 2026-12-09 | - | -
em 3 dias | 2026-11-28 | - | -
daqui a uma hora | 2026-11-25 | 11:00 | -
3 de maio | 2027-05-03 | - | -
1º de dezembro | 2026-12-01 | - | -
24/12 às 10h | 2026-12-24 | 10:00 | -
10 out | 2027-10-10 | - | -
no dia 24 | 2026-12-24 | - | -
às 5 | - | 17:00 | -
as 17h | - | 17:00 | -
às 5 e meia | - | 17:30 | -
cinco e meia da tarde | - | 17:30 | afternoon
meio-dia | - | 12:00 | -
às 9 da noite | - | 21:00 | evening
quinze para as seis | - | 17:45 | -
pelas 10 | - | 10:00 | -
de manhã | - | - | morning
à tarde | - | - | afternoon
à noite | - | - | evening
bom dia | - | - | -
boa tarde | - | - | -
boa noite | - | - | -
a segunda via | - | - | -
a segunda opção | - | - | -
as duas | - | - | -
as 2 velas | - | - | -
mais tarde | - | - | -
sol | - | - | -
5 | - | - | -
"""


def _cases() -> list[tuple[str, str, dict[str, str]]]:
    cases = []
    for language, table in (("es", SPANISH), ("en", ENGLISH), ("pt", PORTUGUESE)):
        for line in table.strip().splitlines():
            said, *told = line.split(" | ")
            names = ("date", "time", "part_of_day")
            wanted = {name: value for name, value in zip(names, told, strict=True) if value != "-"}
            cases.append((language, said, wanted))
    return cases


def told(said: str, language: str | None, now: datetime | None = NOW) -> dict[str, str]:
    """The first value of each kind."""
    return {entity.name: entity.value for entity in reversed(find_moments(said, language, now))}


@pytest.mark.parametrize(("language", "said", "wanted"), _cases())
def test_what_is_said_of_a_moment(language: str, said: str, wanted: dict[str, str]) -> None:
    assert told(said, language) == wanted


@pytest.mark.parametrize(("language", "said", "wanted"), _cases())
def test_what_stands_around_it_changes_nothing(language: str, said: str, wanted: dict[str, str]) -> None:
    around = {"es": "hola, ¿{}?", "en": "hello, {}, ok?", "pt": "olá, {}, ok?"}[language]
    # Alone, "tarde" is an answer.
    if said != "tarde":
        assert told(around.format(said), language) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("el viernes", "2026-12-04"),
        ("el viernes a las 5", "2026-11-27"),
        ("el viernes a las 10", "2026-11-27"),
        ("el viernes a las 9 de la mañana", "2026-12-04"),
        ("el viernes por la tarde", "2026-11-27"),
        ("el viernes por la mañana", "2026-12-04"),
        ("el viernes que viene a las 5", "2026-12-04"),
        ("el viernes pasado", "2026-11-20"),
        ("este finde", "2026-11-28"),
    ],
)
def test_the_weekday_of_today_is_today_while_it_can_be(said: str, wanted: str) -> None:
    friday = datetime(2026, 11, 27, 13, 0, tzinfo=MADRID)
    assert told(said, "es", friday)["date"] == wanted


def test_on_saturday_the_weekend_is_now() -> None:
    assert told("el finde", "es", datetime(2026, 11, 28, 9, 0, tzinfo=MADRID))["date"] == "2026-11-28"


@pytest.mark.parametrize(
    ("zone", "language", "said", "wanted"),
    [
        ("America/New_York", "en", "12/11", "2026-12-11"),
        ("Europe/London", "en", "12/11", "2027-11-12"),
        ("America/Mexico_City", "es", "12/11", "2027-11-12"),
    ],
)
def test_the_month_stands_first_in_the_united_states(
    zone: str, language: str, said: str, wanted: str
) -> None:
    assert told(said, language, NOW.astimezone(ZoneInfo(zone)))["date"] == wanted


@pytest.mark.parametrize(
    ("zone", "wanted"), [("Europe/Madrid", "2026-11-27"), ("America/Sao_Paulo", "2026-11-26")]
)
def test_tomorrow_is_theirs(zone: str, wanted: str) -> None:
    """At half past midnight in Madrid it is still yesterday in São Paulo."""
    now = datetime(2026, 11, 26, 0, 30, tzinfo=MADRID).astimezone(ZoneInfo(zone))
    assert told("mañana", "es", now)["date"] == wanted


@pytest.mark.parametrize(
    ("now", "said", "wanted"),
    [
        # At 2:00 it becomes 3:00; at 3:00 in October it becomes 2:00 again.
        ("2026-03-29T01:30:00+01:00", "en una hora", {"date": "2026-03-29", "time": "03:30"}),
        ("2026-10-25T02:30:00+02:00", "en una hora", {"date": "2026-10-25", "time": "02:30"}),
        ("2026-10-25T02:30:00+02:00", "en 2 horas", {"date": "2026-10-25", "time": "03:30"}),
        ("2026-03-28T12:00:00+01:00", "mañana a las 5", {"date": "2026-03-29", "time": "17:00"}),
        ("2026-10-24T23:30:00+02:00", "mañana", {"date": "2026-10-25"}),
        ("2026-10-25T23:30:00+01:00", "en una hora", {"date": "2026-10-26", "time": "00:30"}),
        ("2026-03-28T12:00:00+01:00", "en 24 horas", {"date": "2026-03-29", "time": "13:00"}),
    ],
)
def test_on_the_days_when_clocks_change(now: str, said: str, wanted: dict[str, str]) -> None:
    assert told(said, "es", datetime.fromisoformat(now).astimezone(MADRID)) == wanted


def test_without_a_clock_no_day_is_told() -> None:
    assert told("mañana a las 5 de la tarde", "es", None) == {"time": "17:00", "part_of_day": "afternoon"}


def test_what_was_written_is_where_it_says() -> None:
    said = "¡Olá! Pode ser amanhã às 17h?"
    written = {one.name: said[one.start : one.end] for one in find_moments(said, "pt", NOW)}
    assert written == {"date": "amanhã", "time": "às 17h"}


def test_letters_of_two_characters_shift_nothing() -> None:
    said = "man\u0303ana a las 5 ﬁn 😀 İstanbul el lunes"
    written = [said[one.start : one.end] for one in find_moments(said, "es", NOW)]
    assert written == ["man\u0303ana", "el lunes", "a las 5"]


_SAMPLES = "mañana el martes 24/12 a las 5 y media next tuesday 3 de mayo às 17h que vem 99 no in pm"
_WORDS = _SAMPLES.split()


@settings(max_examples=150, deadline=None)
@given(
    said=st.one_of(
        st.text(max_size=120),
        st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join),
        st.text(alphabet="0123456789/:.-, hamp€$R", max_size=60),
    ),
    language=st.sampled_from(["es", "en", "pt", None]),
    now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2090, 1, 1)),  # noqa: DTZ001
)
def test_any_text_at_any_time(said: str, language: str | None, now: datetime) -> None:
    for one in find_entities(said, "inform", language, now.replace(tzinfo=MADRID)):
        assert 0 <= one.start <= one.end <= len(said), one
        if one.name == "date":
            datetime.strptime(one.value, "%Y-%m-%d")  # noqa: DTZ007
        if one.name == "time":
            datetime.strptime(one.value, "%H:%M")  # noqa: DTZ007


def test_it_is_quick() -> None:
    """A typical message, with room for a busy machine; and the longest is bounded."""
    began = time.perf_counter()
    for _, said in product(range(50), ("mañana a las 5", "dónde está el pedido 1042?")):
        find_moments(said, "es", NOW)
    assert (time.perf_counter() - began) / 100 < 0.005
    began = time.perf_counter()
    find_moments("1 de 1/" * 5000, "es", NOW)
    assert time.perf_counter() - began < 0.5
