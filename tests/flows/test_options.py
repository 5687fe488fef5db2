"""Which of the options offered last is meant: by number, label, near miss or button; never by a guess."""

import pytest

from context_store.records import Option
from flows.options import parsed_from, pick, read_payload
from nlu.parsed import Entity


def option(title: str) -> Option:
    return Option(title=title, payload=f"/{title.split()[-1].lower()}")


MENU = (option("Mi pedido"), option("Datos de entrega"), option("Horario"))
TIMES = (option("Por la mañana"), option("Por la tarde"), option("Por la noche"))
LOOKALIKES = (option("Martes 10:00"), option("Martes 11:00"), option("Jueves 10:00"))
YES_OR_NO = (option("Sí, la entrega"), option("Sim, outra"), option("No, gracias"))
TWO_YES = (option("Sí, la entrega"), option("Sí, la cita"))
ELEVEN = tuple(option(f"Producto {letter}") for letter in "abcdefghijk")

PICKED = [
    (MENU, "2", "Datos de entrega"),
    (MENU, " 2 ", "Datos de entrega"),
    (MENU, "2.", "Datos de entrega"),
    (MENU, "2)", "Datos de entrega"),
    (MENU, "(2)", "Datos de entrega"),
    (MENU, "2️⃣", "Datos de entrega"),
    (MENU, "la 2", "Datos de entrega"),
    (MENU, "La 2", "Datos de entrega"),
    (MENU, "opción 3", "Horario"),
    (MENU, "option 3", "Horario"),
    (MENU, "a opção 1", "Mi pedido"),
    (MENU, "número 1", "Mi pedido"),
    (MENU, "the 2nd", "Datos de entrega"),
    (MENU, "02", "Datos de entrega"),
    (MENU, "mi pedido", "Mi pedido"),
    (MENU, "MI PEDIDO!!", "Mi pedido"),
    (MENU, "mi pedifo", "Mi pedido"),
    (MENU, "datos de entrga", "Datos de entrega"),
    (MENU, "horaro", "Horario"),
    (TIMES, "por la manana", "Por la mañana"),
    (TIMES, "Por la tardee", "Por la tarde"),
    (LOOKALIKES, "martes 11:00", "Martes 11:00"),
    (ELEVEN, "11", "Producto k"),
    (YES_OR_NO, "sí", "Sí, la entrega"),
    (YES_OR_NO, "SI!", "Sí, la entrega"),
    (YES_OR_NO, "sim", "Sim, outra"),
    (YES_OR_NO, "no", "No, gracias"),
]

NOT_PICKED = [
    (MENU, "0"),
    (MENU, "4"),
    (MENU, "22"),
    (MENU, "222"),
    (MENU, "1,5"),
    (MENU, "1042"),
    (MENU, "quiero 2 lámparas"),
    (MENU, "Calle Mayor 2"),
    (MENU, "el piso 2"),
    (MENU, "1 2"),
    (MENU, "pedido"),
    (MENU, "mi"),
    (YES_OR_NO, "la"),
    (YES_OR_NO, "s"),
    (TWO_YES, "sí"),
    (MENU, ""),
    (MENU, "👍"),
    (MENU, "x" * 5_000),
    (TIMES, "por la"),
    (LOOKALIKES, "martes 1:00"),
    (LOOKALIKES, "martes"),
    ((), "1"),
    ((), "mi pedido"),
]


@pytest.mark.parametrize(("options", "text", "title"), PICKED)
def test_a_number_a_label_or_a_near_miss_picks_its_option(
    options: tuple[Option, ...], text: str, title: str
) -> None:
    found = pick(text, options)
    assert found is not None
    assert found.title == title


@pytest.mark.parametrize(("options", "text"), NOT_PICKED)
def test_what_fits_none_or_two_alike_picks_nothing(options: tuple[Option, ...], text: str) -> None:
    assert pick(text, options) is None


def test_a_pressed_button_says_more_than_its_words() -> None:
    assert pick("Horario", MENU, choice=MENU[0].payload) == MENU[0]


def test_a_button_of_an_older_message_picks_nothing_of_this_one() -> None:
    assert pick("1", MENU, choice="/confirm_8841") is None


def test_an_option_reads_as_if_said_in_words_that_leave_no_doubt() -> None:
    chosen = Option(title="Por la mañana", payload='/inform{"delivery_window": "morning", "count": 2}')
    parsed = parsed_from(chosen, "la 1")
    assert (parsed.text, parsed.intent, parsed.confidence, parsed.language) == ("la 1", "inform", 1.0, None)
    assert parsed.entities == (
        Entity(name="delivery_window", value="morning", start=0, end=0),
        Entity(name="count", value="2", start=0, end=0),
    )


@pytest.mark.parametrize("payload", ["", "order_status", "/", "/a b", '/a{"x": 1', "/a{x}"])
def test_a_payload_that_is_not_rasas_raises(payload: str) -> None:
    with pytest.raises(ValueError):
        read_payload(payload)
