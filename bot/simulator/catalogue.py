"""What the little web shop sells. Pure."""

from dataclasses import dataclass

CURRENCY = "EUR"


@dataclass(frozen=True, kw_only=True)
class Product:
    key: str
    name: str
    price: int  # minor units of CURRENCY
    note: str  # one line, as the shop's own site would say it
    category: str = ""
    stock: int | None = None  # None: the shop does not count them


CATALOGUE = (
    Product(
        key="lamp-alba",
        name="Lámpara de mesa Alba",
        price=4900,
        note="Cerámica mate y pantalla de lino, luz cálida.",
        category="luz",
        stock=12,
    ),
    Product(
        key="candle-fig",
        name="Vela de higuera",
        price=1250,
        note="Cera de soja, unas 40 horas de higuera y hoja verde.",
        category="velas",
        stock=40,
    ),
    Product(
        key="blanket-linen",
        name="Manta de lino",
        price=6400,
        note="Lino lavado, 130 × 170 cm, con flecos.",
        category="textil",
        stock=3,
    ),
    Product(
        key="vase-duna",
        name="Jarrón Duna",
        price=3800,
        note="Gres hecho a mano, 24 cm de alto.",
        category="cerámica",
        stock=7,
    ),
    Product(
        key="cushion-terra",
        name="Cojín Terra",
        price=2450,
        note="Algodón grueso, 45 × 45 cm, con relleno.",
        category="textil",
        stock=18,
    ),
    Product(
        key="mirror-sol",
        name="Espejo Sol",
        price=8900,
        note="Redondo, 60 cm, marco de madera de roble.",
        category="decoración",
        stock=0,
    ),
    Product(
        key="basket-mimbre",
        name="Cesta de mimbre",
        price=2900,
        note="Trenzada a mano, con dos asas.",
        category="decoración",
        stock=9,
    ),
    Product(
        key="mugs-luna",
        name="Tazas Luna",
        price=2200,
        note="Dos tazas de gres esmaltado, 250 ml.",
        category="cerámica",
    ),
)
PRODUCTS = {product.key: product for product in CATALOGUE}
