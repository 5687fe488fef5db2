"""Orders and products of a file, a thousand at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from bot.importing import cells, people
from bot.importing.cells import Refused
from bot.importing.csv_files import Columns
from bot.importing.kinds import Frame, Kept
from context_store.records import CustomerId, Order, OrderId, OrderItem, OrderStatus, Product, new_id
from context_store.unit_of_work import UnitOfWork
from flows.shopping import minor_units

# Until it is known whose an order is.
NOBODY = CustomerId(UUID(int=0))
LONGEST_NUMBER = 64
MOST_ITEMS = 200
# "2 x Vela de soja @ 12.50 | Taza @ 9.90"
# The blanks around each part are taken off afterwards.
ITEM = re.compile(r"^(?:(\d{1,4})[ \t]{0,9}[x×][ \t])?([^@]{1,300})(?:@([^@]{1,40}))?$", re.IGNORECASE)

ORDER_COLUMNS = Columns(
    known=frozenset(
        (
            *people.WHO,
            "number",
            "status",
            "total",
            "currency",
            "placed_at",
            "changed_at",
            "items",
            "expected_at",
            "carrier",
            "tracking_number",
            "tracking_url",
            "invoice_url",
        )
    ),
    other_names={
        **{told: name for told, name in people.NAMES.items() if name in people.WHO and told != "id"},
        "order_number": "number",
        "order_id": "number",
        "pedido": "number",
        "numero": "number",
        "estado": "status",
        "importe": "total",
        "moneda": "currency",
        "fecha": "placed_at",
        "created_at": "placed_at",
        "updated_at": "changed_at",
    },
    needed=(people.WHO, ("number",), ("total",), ("placed_at",)),
)
PRODUCT_COLUMNS = Columns(
    known=frozenset(
        ("product_id", "name", "price", "currency", "url", "image_url", "category", "stock", "changed_at")
    ),
    other_names={
        "id": "product_id",
        "sku": "product_id",
        "nombre": "name",
        "nome": "name",
        "title": "name",
        "precio": "price",
        "preco": "price",
        "categoria": "category",
        "existencias": "stock",
        "inventory": "stock",
        "updated_at": "changed_at",
    },
    needed=(("product_id",), ("name",), ("price",)),
)


@dataclass(frozen=True, kw_only=True)
class ToldOrder:
    person: people.Told
    # Without its customer, who is found with all the others.
    order: Order


def read_order(line: dict[str, str], frame: Frame, now: datetime) -> ToldOrder:
    """Raises `Refused`."""
    if not line.get("number"):
        raise Refused("the order has no number")
    money = cells.currency(line["currency"]) if line.get("currency") else frame.currency
    placed_at = cells.moment(line.get("placed_at", ""), "placed_at", frame.timezone, now)
    changed = line.get("changed_at")
    status, expected = line.get("status"), line.get("expected_at")
    person = people.read(line, frame)
    return ToldOrder(
        person=person,
        order=Order(
            id=OrderId(new_id()),
            customer_id=NOBODY,
            number=cells.short(line["number"].lstrip("#"), "number", LONGEST_NUMBER),
            status=cells.choice(status, "status", OrderStatus) if status else OrderStatus.PLACED,
            total=_minor(cells.amount(line.get("total", ""), "total"), money),
            currency=money,
            items=_items(line.get("items", ""), money),
            placed_at=placed_at,
            changed_at=cells.moment(changed, "changed_at", frame.timezone, now) if changed else placed_at,
            expected_at=cells.any_moment(expected, "expected_at", frame.timezone) if expected else None,
            carrier=cells.short(line["carrier"], "carrier", 80) if line.get("carrier") else None,
            tracking_number=(
                cells.short(line["tracking_number"], "tracking_number", 120)
                if line.get("tracking_number")
                else None
            ),
            tracking_url=cells.link(line["tracking_url"], "tracking_url")
            if line.get("tracking_url")
            else None,
            invoice_url=cells.link(line["invoice_url"], "invoice_url") if line.get("invoice_url") else None,
        ),
    )


def keep_orders(
    uow: UnitOfWork, told: Sequence[ToldOrder], frame: Frame, now: datetime
) -> list[Kept | Refused]:
    owners = people.resolve(uow, [each.person for each in told], frame, now)
    known = uow.bulk.orders({each.order.number for each in told})
    news: dict[str, Order] = {}
    results: list[Kept | Refused] = []
    for each, owner in zip(told, owners, strict=True):
        if isinstance(owner, Refused):
            results.append(owner)
            continue
        before = news.get(each.order.number) or known.get(each.order.number)
        order = replace(each.order, customer_id=_holder(uow, owner.customer_id, before))
        result = _compared(order, before)
        if result is Kept.NEW:
            # A line that names no items says nothing of them.
            news[order.number] = replace(order, items=order.items or (before.items if before else ()))
        results.append(result)
    uow.bulk.learn_orders(list(news.values()))
    return results


def _holder(uow: UnitOfWork, owner: CustomerId, before: Order | None) -> CustomerId:
    """An order stays with the profile that it was told of first, of several that are one person."""
    if before is None or before.customer_id == owner:
        return owner
    return before.customer_id if before.customer_id in uow.families.of(owner) else owner


def _compared(order: Order, before: Order | None) -> Kept | Refused:
    if before is None:
        return Kept.NEW
    if before.customer_id != order.customer_id:
        return Refused(f"the order {order.number} is another customer's")
    if before.changed_at and order.changed_at and before.changed_at > order.changed_at:
        return Kept.UNCHANGED
    same = all(
        getattr(order, name) in (None, (), getattr(before, name))
        for name in (
            "status",
            "total",
            "currency",
            "items",
            "placed_at",
            "changed_at",
            "carrier",
            "tracking_number",
            "tracking_url",
            "invoice_url",
        )
    )
    return Kept.UNCHANGED if same else Kept.NEW


def read_product(line: dict[str, str], frame: Frame, now: datetime) -> Product:
    """Raises `Refused`."""
    if not line.get("product_id") or not line.get("name"):
        raise Refused("a product needs its product_id and its name")
    money = cells.currency(line["currency"]) if line.get("currency") else frame.currency
    changed, stock = line.get("changed_at"), line.get("stock")
    return Product(
        product_id=cells.short(line["product_id"], "product_id", 120),
        name=cells.short(line["name"], "name", 300),
        price=_minor(cells.amount(line.get("price", ""), "price"), money),
        currency=money,
        url=cells.link(line["url"], "url") if line.get("url") else None,
        image_url=cells.link(line["image_url"], "image_url") if line.get("image_url") else None,
        category=cells.short(line["category"], "category", 120) if line.get("category") else None,
        stock=cells.count(stock, "stock") if stock else None,
        changed_at=cells.moment(changed, "changed_at", frame.timezone, now) if changed else now,
    )


def keep_products(
    uow: UnitOfWork, told: Sequence[Product], frame: Frame, now: datetime
) -> list[Kept | Refused]:
    known = uow.bulk.products({product.product_id for product in told})
    news: dict[str, Product] = {}
    results: list[Kept | Refused] = []
    for product in told:
        before = news.get(product.product_id) or known.get(product.product_id)
        is_news = before is None or (before.changed_at <= product.changed_at and not _says(before, product))
        if is_news:
            news[product.product_id] = product
        results.append(Kept.NEW if is_news else Kept.UNCHANGED)
    uow.bulk.learn_products(list(news.values()))
    return results


def _says(before: Product, product: Product) -> bool:
    """All that the line tells is known; when it was told is no news."""
    return all(
        getattr(product, name) in (None, getattr(before, name))
        for name in ("name", "price", "currency", "url", "image_url", "category", "stock")
    )


def _items(text: str, money: str) -> tuple[OrderItem, ...]:
    made: list[OrderItem] = []
    for entry in filter(None, (part.strip() for part in text.split("|"))):
        found = ITEM.match(entry)
        if found is None or not found[2].strip() or len(made) == MOST_ITEMS:
            raise Refused(f"the items must read: 2 x Vela @ 12.50 | Taza @ 9.90, at most {MOST_ITEMS}")
        quantity, name, price = found.groups()
        each = cells.amount(price.strip(), "an item's price") if price else "0"
        made.append(OrderItem(name=name.strip(), quantity=int(quantity or 1), unit_price=_minor(each, money)))
    return tuple(made)


def _minor(value: str, money: str) -> int:
    found = minor_units(value, money)
    if found is None:
        raise Refused(f"{value} {money} is no amount")
    return found
