"""Orders, products and consents from files."""

from pathlib import Path

import pytest

from bot.erasure import erase
from context_store.records import (
    Channel,
    ConsentStatus,
    Identifier,
    IdentifierKind,
    Order,
    OrderStatus,
    Topic,
)
from tests.bot.importing.helpers import counts, read_text, refused
from tests.world import World

PHONE = "+34600111222"
ORDERS = (
    "number,phone,total,placed_at,status,items,changed_at\n"
    '#1001,600111222,"34,90",20/11/2026 10:00,shipped,2 x Vela @ 12.50 | Taza @ 9.90,\n'
    "1002,600111223,10.00,2026-11-21,,,\n"
)


def order(world: World, number: str, phone: str = PHONE) -> Order:
    with world.database.read() as uow:
        found: Order = uow.orders.get(world.customer_id(phone), number)
    return found


def test_orders_come_with_their_customers(world: World, tmp_path: Path) -> None:
    assert counts(read_text(world, tmp_path, "orders", ORDERS)) == (2, 0, 0)
    found = order(world, "1001")
    assert (found.status, found.total, found.currency) == (OrderStatus.SHIPPED, 3490, "EUR")
    assert [(item.name, item.quantity, item.unit_price) for item in found.items] == [
        ("Vela", 2, 1250),
        ("Taza", 1, 990),
    ]
    assert counts(read_text(world, tmp_path, "orders", ORDERS, is_again=True)) == (0, 2, 0)


def test_the_newest_word_about_an_order_counts(world: World, tmp_path: Path) -> None:
    read_text(world, tmp_path, "orders", ORDERS)
    head = "number,phone,total,placed_at,status,changed_at\n"
    newer = head + "1001,600111222,34.90,20/11/2026 10:00,delivered,22/11/2026 10:00\n"
    older = head + "1001,600111222,99.00,20/11/2026 10:00,placed,20/11/2026 11:00\n"
    assert counts(read_text(world, tmp_path, "orders", newer)) == (1, 0, 0)
    assert counts(read_text(world, tmp_path, "orders", older)) == (0, 1, 0)
    found = order(world, "1001")
    assert (found.status, found.total, len(found.items)) == (OrderStatus.DELIVERED, 3490, 2)


def test_an_order_of_somebody_else_stays_theirs(world: World, tmp_path: Path) -> None:
    read_text(world, tmp_path, "orders", ORDERS)
    other = "number,phone,total,placed_at\n1001,600111223,1.00,2026-11-22\n"
    report = read_text(world, tmp_path, "orders", other)
    assert "another customer" in refused(report)[0]["reason"]


def test_no_journey_starts_from_a_file(world: World, tmp_path: Path) -> None:
    read_text(world, tmp_path, "orders", ORDERS)
    assert world.work() == []
    with world.database._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inputs").scalar_one() == 0


PRODUCTS = (
    "sku,nombre,precio,categoria,existencias,updated_at\n"
    'vela,Vela de higo,"12,50",Velas,4,2026-11-20\n'
    "taza,Taza azul,9.90,,,2026-11-20\n"
)


def test_products_can_be_found_in_chat(world: World, tmp_path: Path) -> None:
    assert counts(read_text(world, tmp_path, "products", PRODUCTS)) == (2, 0, 0)
    with world.database.read() as uow:
        (found,) = uow.products.find(["higo"], 5)
    assert (found.product_id, found.price, found.category, found.stock) == ("vela", 1250, "Velas", 4)
    assert counts(read_text(world, tmp_path, "products", PRODUCTS, is_again=True)) == (0, 2, 0)


def test_a_new_name_is_found_and_the_old_one_is_not(world: World, tmp_path: Path) -> None:
    read_text(world, tmp_path, "products", PRODUCTS)
    renamed = "product_id,name,price,changed_at\nvela,Cirio blanco,14.00,2026-11-21\n"
    assert counts(read_text(world, tmp_path, "products", renamed)) == (1, 0, 0)
    with world.database.read() as uow:
        assert [one.price for one in uow.products.find(["cirio"], 5)] == [1400]
        assert uow.products.find(["higo"], 5) == []


HEAD = "phone,channel,topic,status,wording,proof,date\n"


def consent_line(status: str = "opted_in", date: str = "2026-11-20 10:00", **cells: str) -> str:
    given = {
        "phone": "600111222",
        "channel": "sms",
        "topic": "marketing",
        "status": status,
        "wording": "Quiero ofertas",
        "proof": "form 12",
        "date": date,
        **cells,
    }
    return HEAD + ",".join(given.values()) + "\n"


def marketing(
    world: World, channel: Channel = Channel.SMS, topic: Topic = Topic.MARKETING
) -> ConsentStatus | None:
    with world.database.read() as uow:
        lines = uow.consents.current(world.customer_id(PHONE))
    return next((line.status for line in lines if (line.channel, line.topic) == (channel, topic)), None)


@pytest.fixture
def known(world: World, tmp_path: Path) -> World:
    read_text(world, tmp_path, "customers", "phone,name\n600111222,Ana\n")
    return world


def test_a_consent_is_in_the_ledger_once(known: World, tmp_path: Path) -> None:
    assert counts(read_text(known, tmp_path, "consents", consent_line())) == (1, 0, 0)
    assert marketing(known) is ConsentStatus.OPTED_IN
    assert counts(read_text(known, tmp_path, "consents", consent_line(), is_again=True)) == (0, 1, 0)
    with known.database.read() as uow:
        (line,) = uow.consents.ledger(known.customer_id(PHONE))
    assert (line.method, line.wording, line.proof) == ("import", "Quiero ofertas", "form 12")
    assert line.created_at.isoformat() == "2026-11-20T09:00:00+00:00"


INCOMPLETE = [
    consent_line(proof=""),
    consent_line(wording=""),
    consent_line(date=""),
    consent_line(date="2030-01-01"),
    consent_line(channel="pigeon"),
    consent_line(topic="everything"),
    consent_line(status="yes"),
    consent_line(status="limited"),
    consent_line(status="paused"),
    consent_line(phone="600999888"),
]


@pytest.mark.parametrize("text", INCOMPLETE)
def test_a_consent_that_proves_nothing_is_refused(sqlite_world: World, tmp_path: Path, text: str) -> None:
    read_text(sqlite_world, tmp_path, "customers", "phone,name\n600111222,Ana\n")
    report = read_text(sqlite_world, tmp_path, "consents", text)
    assert counts(report) == (0, 0, 1)
    assert refused(report)[0]["reason"]
    assert marketing(sqlite_world) is None


def test_a_stop_in_chat_is_not_undone_by_an_older_file(world: World, tmp_path: Path) -> None:
    world.says(PHONE, "STOP")
    for topic in ("marketing", "all"):
        report = read_text(world, tmp_path, "consents", consent_line(topic=topic))
        assert counts(report) == (0, 0, 1)
        assert "refused on 2026-11-23" in refused(report)[0]["reason"]
    assert marketing(world, topic=Topic.ALL) is ConsentStatus.OPTED_OUT


def test_something_newer_with_a_proof_opens_again(world: World, tmp_path: Path) -> None:
    world.says(PHONE, "STOP")
    world.clock.forward(days=2)
    newer = consent_line(topic="all", date="2026-11-24 10:00")
    assert counts(read_text(world, tmp_path, "consents", newer)) == (1, 0, 0)
    assert marketing(world, topic=Topic.ALL) is ConsentStatus.OPTED_IN


def test_of_two_lines_in_one_file_the_newer_counts_whatever_their_order(known: World, tmp_path: Path) -> None:
    first, second = consent_line(), consent_line("opted_out", "2026-11-21 10:00").removeprefix(HEAD)
    old_last = HEAD + second + first.removeprefix(HEAD)
    report = read_text(known, tmp_path, "consents", old_last)
    assert counts(report) == (1, 0, 1)
    assert marketing(known) is ConsentStatus.OPTED_OUT


def test_a_stop_that_outlived_an_erasure_is_still_a_stop(world: World, tmp_path: Path) -> None:
    world.says(PHONE, "STOP")
    erase(world.database, world.house.parts.settings, world.customer_id(PHONE), world.clock.now())
    world.clock.forward(days=1)
    world.says(PHONE, "hola")
    report = read_text(world, tmp_path, "consents", consent_line())
    assert counts(report) == (0, 0, 1)
    assert marketing(world) is None


def test_nobody_is_made_by_a_consent(world: World, tmp_path: Path) -> None:
    read_text(world, tmp_path, "consents", consent_line())
    with world.database.read() as uow:
        assert uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value=PHONE)) is None
