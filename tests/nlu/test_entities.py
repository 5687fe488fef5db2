"""What a message names."""

import pytest

from nlu.interpreter import EmbeddedInterpreter

TABLE = [
    ("dónde está el pedido 1042?", "order_number", "1042"),
    ("#1042", "order_number", "1042"),
    ("order no. 1042", "order_number", "1042"),
    ("order number: #1042", "order_number", "1042"),
    ("pedido nº 1042", "order_number", "1042"),
    ("HILO-1042", "order_number", "1042"),
    ("hilo 1042 pls", "order_number", "1042"),
    ("1042", "order_number", "1042"),
    ("es el 104233", "order_number", "104233"),
    ("Calle Mayor 5, 28001 Madrid", "order_number", None),
    ("Av. Corrientes 1234 piso 5", "order_number", None),
    ("+34 600 123 456", "order_number", None),
    ("cuesta 1500€", "order_number", None),
    ("ponme dos", "quantity", "2"),
    ("cambia la cantidad a 3", "quantity", "3"),
    ("cambia de 2 a 5 la cantidad", "quantity", "5"),
    ("add two shirts to my cart", "quantity", "2"),
    ("coloca dois no carrinho", "quantity", "2"),
    ("x4", "quantity", "4"),
    ("ponme tres en vez de dos", "quantity", "3"),
    ("quiero la cita a las 5", "quantity", None),
    ("two roads", "quantity", None),
    ("take this one out", "quantity", None),
    ("in English please", "language", "en"),
    ("hablame en español", "language", "es"),
    ("em português", "language", "pt"),
    ("no hablo español, english please", "language", "en"),
    ("i don't speak spanish", "language", None),
    ("mi correo es Ana.Perez+x@Example.com", "email", "ana.perez+x@example.com"),
    ("ana@", "email", None),
    ("llámame al 612 34 56 78", "phone", "+34612345678"),
    ("+44 20 7946 0958", "phone", "+442079460958"),
    ("9", "rating", "9"),
    ("nueve", "rating", "9"),
    ("8/10", "rating", "8"),
    ("te doy un 9", "rating", "9"),
    ("i give it an 8", "rating", "8"),
    ("dou nota 7", "rating", "7"),
    ("⭐⭐⭐⭐", "rating", "4"),
    ("5 estrellas", "rating", "5"),
    ("11", "rating", None),
    ("el martes a las 5", "rating", None),
    ("sí, claro", "yes_no", "yes"),
    ("nope", "yes_no", "no"),
    ("não", "yes_no", "no"),
    ("👍", "yes_no", "yes"),
    ("no, mejor el martes", "yes_no", "no"),
    ("ok gracias", "yes_no", None),
    ("el martes", "yes_no", None),
]


@pytest.mark.parametrize(("text", "name", "value"), TABLE)
def test_entity(interpreter: EmbeddedInterpreter, text: str, name: str, value: str | None) -> None:
    assert interpreter.parse(text, None).entity(name) == value


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        ("  sí , claro", "yes_no", "sí"),
        ("¿el pedido 1042?", "order_number", "1042"),
        ("añade dos más", "quantity", "dos"),
        (" 8/10 ", "rating", "8"),
        ("mail: A@B.es", "email", "A@B.es"),
    ],
)
def test_an_entity_says_where_it_stands(
    interpreter: EmbeddedInterpreter, text: str, name: str, written: str
) -> None:
    found = next(entity for entity in interpreter.parse(text, "es").entities if entity.name == name)
    assert text[found.start : found.end] == written
