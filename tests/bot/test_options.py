"""Options on the road: offered on one channel, picked on another, by whatever the phone sends."""

import pytest

from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, add_order
from tests.world import World

ORDER, DELIVERY, CART = "Tu pedido 1042", "Vamos con la entrega de tu pedido 1042", "Tu carrito"


@pytest.fixture
def greeted(sqlite_world: World) -> World:
    """Lucía has an order under way and was offered the menu on WhatsApp."""
    (answer,) = sqlite_world.says(LUCIA_ON_WHATSAPP, "hola")
    assert answer.endswith("1. Mi pedido\n2. Datos de entrega\n3. Mi carrito")
    add_order(sqlite_world)
    return sqlite_world


WAYS = {
    "a number": (LUCIA_ON_WHATSAPP, "2", {}),
    "a number on the other channel": (LUCIA, "2", {}),
    "words around a number": (LUCIA, "la 2", {}),
    "the label on the other channel": (LUCIA, "datos de entrega", {}),
    "nearly the label": (LUCIA, "Datos de entraga", {}),
    "a button": (LUCIA_ON_WHATSAPP, "Datos de entrega", {"ButtonPayload": "/delivery_details"}),
    "a row of a list": (LUCIA_ON_WHATSAPP, "Datos de entrega", {"ListId": "/delivery_details"}),
    "a row without its id": (LUCIA_ON_WHATSAPP, "Datos de entrega", {"MessageType": "interactive"}),
    "a button whose label says something else": (LUCIA, "Mi pedido", {"ButtonPayload": "/delivery_details"}),
}


@pytest.mark.parametrize(("origin", "body", "extra"), WAYS.values(), ids=WAYS)
def test_an_option_is_picked_in_any_way_on_any_channel(
    greeted: World, origin: str, body: str, extra: dict[str, str]
) -> None:
    (answer,) = greeted.says(origin, body, **extra)
    assert answer.startswith(DELIVERY)


@pytest.mark.parametrize("body", ["9", "0", "la 7"])
def test_a_number_that_was_not_offered_gets_the_choices_again(sqlite_world: World, body: str) -> None:
    sqlite_world.says(LUCIA, "hola")
    (answer,) = sqlite_world.says(LUCIA, body)
    assert answer.startswith("Perdona, no lo he entendido")
    assert "1. Mi pedido" in answer


def test_a_number_means_the_options_that_were_offered_last(greeted: World) -> None:
    greeted.says(LUCIA, "2")
    (question,) = greeted.says(LUCIA, "Calle Mayor 5, Madrid")
    assert question.endswith("1. Por la mañana\n2. Por la tarde\n3. Por la noche")
    (answer,) = greeted.says(LUCIA_ON_WHATSAPP, "2")
    assert answer.endswith("va a Calle Mayor 5, Madrid, por la tarde.")


def test_an_answer_between_two_choices_asks_again_and_keeps_them(greeted: World) -> None:
    greeted.says(LUCIA, "2")
    greeted.says(LUCIA, "Calle Mayor 5, Madrid")
    (again,) = greeted.says(LUCIA, "por la")
    assert again.startswith("No te he entendido la hora.")
    assert again.endswith("3. Por la noche")
    (answer,) = greeted.says(LUCIA, "3")
    assert answer.endswith("por la noche.")


def test_a_button_from_a_message_long_ago_counts_by_its_label(greeted: World) -> None:
    (answer,) = greeted.says(LUCIA_ON_WHATSAPP, "Horario", ButtonPayload="/of_a_menu_that_is_gone")
    assert answer.startswith("Abrimos ")


def test_a_number_before_anything_was_offered_is_just_not_understood(sqlite_world: World) -> None:
    (answer,) = sqlite_world.says(LUCIA, "2")
    assert answer.startswith("Perdona, no lo he entendido")
