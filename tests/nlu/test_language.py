"""The language of short chat lines."""

import pytest

from nlu.language import detect

TABLE = {
    "es": [
        "hola", "dónde está mi pedido", "donde esta mi pedido", "q tal estas", "quiero pagar", "¿pagar?",
        "mañana por la tarde", "manana por la tarde", "no gracias", "cuando llega", "todo bien y vos",
        "Calle Mayor 5, 3º B", "kiero hablar con alguien", "sí", "cuánto es el envío?",
    ],
    "en": [
        "hello", "where is my order", "wheres my order", "thx", "what time do u open", "yes",
        "how much is it", "never mind", "i want to talk to a person", "leave it at the door", "pls help me",
    ],
    "pt": [
        "oi, tudo bem?", "cadê meu pedido", "cade meu pedido", "obrigada", "nao", "onde fica a loja",
        "vc é um robô", "quero pagar", "amanhã de manhã", "quando chega minha compra",
        "em português por favor", "blz, valeu", "me recomenda algo",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "line"), [(name, line) for name, lines in TABLE.items() for line in lines]
)
def test_the_language_of_a_line(language: str, line: str) -> None:
    assert detect(line) == language


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ok",
        "123",
        "algo",
        "segunda",
        "sábado, por favor",
        "más",
        "👍",
        "ola",
        "no",
        "menu",
        "pagar",
        "pedido",
        "@@@",
        "\x00",
        "שלום",
        "María García",
    ],
)
def test_too_little_evidence_is_no_language(line: str) -> None:
    assert detect(line) is None
