"""By SMS, accents go where that saves a segment, and never out of what a customer wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context_store.records import Channel, Option
from flows.options import pick
from flows.plain_letters import folded, in_fewer_segments
from flows.runner import Runner
from flows.sms_length import count_segments, measure
from flows.texts import Rendered
from tests.world import load_runner

LONG = "Esta línea es tan larga que no cabe entera en un segmento con su tilde, y sin ella sí. ¿Qué tal?"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("¡Él está aquí, mañana, señor Günther!", "¡Él esta aqui, mañana, señor Günther!"),
        ("Não há opções à venda; você já avançou", "Nao ha opçoes à venda; você ja avançou"),
        ("Lámpara\u00a0“Alba”… 12,50\u00a0€ • 2 × 3", 'Lampara "Alba"... 12,50 € - 2 x 3'),
        ("¡Apuntado! ✅ Hecho ❤️", "¡Apuntado! Hecho"),
        ("🎉 ¡Ya está!\n👍 Sí", "¡Ya esta!\nSi"),
        ("日本", "日本"),
    ],
)
def test_only_what_gsm_lacks_is_written_plainly(text: str, plain: str) -> None:
    # é è à ñ ü ö are within GSM-7; ç and ê are not.
    plain = plain.replace("ç", "c").replace("ê", "e")
    assert folded(text) == plain


def test_what_saves_nothing_is_left_alone() -> None:
    assert in_fewer_segments("Ahí está tu línea", ["x"], []) is None, "one segment is one segment"
    assert in_fewer_segments(f"{LONG} 日本", ["x"], []) is None, "it stays UCS-2 all the same"
    assert in_fewer_segments(LONG.encode("ascii", "ignore").decode(), ["x"], []) is None


@given(st.text(alphabet="aáéíóúñçã¿¡ •€x\u00a0😀日", max_size=400))
def test_it_never_costs_more_and_keeps_what_must_be_kept(text: str) -> None:
    found = in_fewer_segments(text, [text], [])
    if found is not None:
        assert count_segments(found[0]) < count_segments(text)
        assert measure(found[0]).is_gsm or "日" in text


def render(channel: Channel, values: dict[str, Any], *, with_plain_sms: bool = True) -> str:
    texts = (load_runner() if with_plain_sms else Runner.load(with_plain_sms=False)).texts
    numbers = {"number": "1042", "window": "por la mañana", **values}
    return texts.render("utter_delivery_saved", language="es", channel=channel, values=numbers).text


def test_an_sms_loses_its_ornaments_and_whatsapp_keeps_them() -> None:
    values = {"address": "Calle Luna 8, 28001 Madrid, segundo piso a la derecha"}
    assert "✅" in render(Channel.WHATSAPP, values)
    assert measure(render(Channel.SMS, values)).segments == 1
    assert render(Channel.SMS, values, with_plain_sms=False) == render(Channel.WHATSAPP, values)


def test_an_address_is_read_back_as_it_was_written() -> None:
    values = {"address": "Avenida Constitución 12, 41001 Sevilla, segundo piso a la derecha"}
    assert render(Channel.SMS, values) == render(Channel.WHATSAPP, values)


def test_an_option_in_plain_letters_is_still_the_option() -> None:
    options = tuple(
        Option(title=title, payload=f"/{number}")
        for number, title in enumerate(("Próximo miércoles", "Más opciones", "Quizá otro día", "Sí"))
    )
    part = Rendered(text="¿Cuándo te vendría mejor que nos veamos?", options=options)
    said = load_runner().texts.in_plain_letters([part], [])[0]
    assert [option.title for option in said.options] == [
        "Proximo miércoles",
        "Mas opciones",
        "Quiza otro dia",
        "Si",
    ]
    for plain, option in zip(said.options, options, strict=True):
        assert plain.payload == option.payload
        assert pick(plain.title, options) == option


def test_what_is_said_together_is_one_message() -> None:
    parts = [Rendered(text="¿Y así?" * 8), Rendered(text="Está claro. " * 5)]
    texts = load_runner().texts
    assert texts.in_plain_letters(parts[:1], [])[0] == parts[0], "alone it is one segment"
    assert [part.text[:6] for part in texts.in_plain_letters(parts, [])] == ["¿Y asi", "Esta c"]
