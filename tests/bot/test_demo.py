"""The demo shop has something to tell for everything that can be asked."""

import pytest

from bot.demo import seed
from bot.simulator.people import DEMO_PEOPLE
from tests.world import World

LUCIA = next(person.phone for person in DEMO_PEOPLE if person.key == "lucia")

ASKED = {
    "busco una vela": "Vela de higuera: 12,50",
    "hay stock de la manta": "quedan pocos: 3",
    "añade una vela de higuera": "suele llevarse también Lampara de mesa Alba",
    "¿cuántos puntos tengo?": "Llevas 260 puntos",
    "¿qué promociones hay?": "LUNA10",
    "¿dónde está mi pedido?": "Lo lleva Correos",
    "quiero la factura del pedido 1042": "facturas/1042.pdf",
    "quiero devolver un producto": "pedido 1038",
    "¿hacéis talleres?": "¿Te ha servido?",
}


@pytest.fixture
def demo(world: World) -> World:
    settings = world.house.parts.settings
    assert seed(world.database, settings, world.clock.now())
    assert not seed(world.database, settings, world.clock.now())
    return world


@pytest.mark.parametrize(("said", "wanted"), ASKED.items())
def test_the_demo_shop_has_an_answer(demo: World, said: str, wanted: str) -> None:
    assert LUCIA is not None
    assert wanted in demo.says(LUCIA, said)[0]


def test_what_is_sold_out_is_said(demo: World) -> None:
    assert LUCIA is not None
    assert "no queda" in demo.says(LUCIA, "busco un espejo")[0]
