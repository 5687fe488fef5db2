"""A small believable shop for a first start: people with a past, so that there is something to ask about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.appointments import set_reminders
from bot.promotions import import_promotions
from bot.settings import Settings
from bot.simulator import Person as DemoPerson
from bot.simulator.catalogue import CATALOGUE
from bot.simulator.catalogue import Product as CatalogueProduct
from bot.simulator.people import DEMO_PEOPLE
from context_store.database import Database
from context_store.identity import Person, resolve_person
from context_store.records import (
    Address,
    AddressId,
    Appointment,
    AppointmentId,
    Channel,
    Consent,
    ConsentStatus,
    CustomerId,
    Identifier,
    IdentifierKind,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Product,
    Topic,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows import promotions
from flows.booking_plan import Plan, load_plan
from flows.slots_of_day import Calendar


@dataclass(frozen=True, kw_only=True)
class PastOrder:
    person: str
    number: str
    status: OrderStatus
    items: tuple[OrderItem, ...]
    placed_days_ago: int
    # Negative: it came that many days ago.
    due_in_days: int
    carrier: str | None = None
    tracking_url: str | None = None
    invoice_url: str | None = None


PAST = (
    PastOrder(
        person="lucia",
        number="1042",
        status=OrderStatus.SHIPPED,
        items=(
            OrderItem(name="Lámpara de mesa Alba", quantity=1, unit_price=4900),
            OrderItem(name="Vela de higuera", quantity=2, unit_price=1250),
        ),
        placed_days_ago=2,
        due_in_days=2,
        carrier="Correos",
        tracking_url="https://www.correos.example/seguimiento/1042",
        invoice_url="https://casaluna.example/facturas/1042.pdf",
    ),
    PastOrder(
        person="lucia",
        number="1017",
        status=OrderStatus.DELIVERED,
        items=(OrderItem(name="Manta de lino", quantity=1, unit_price=6400),),
        placed_days_ago=40,
        due_in_days=-36,
    ),
    PastOrder(
        person="lucia",
        number="1038",
        status=OrderStatus.DELIVERED,
        items=(
            OrderItem(name="Cojín Terra", quantity=2, unit_price=2450),
            OrderItem(name="Tazas Luna", quantity=1, unit_price=2200),
        ),
        placed_days_ago=12,
        due_in_days=-9,
    ),
    # What others took together: enough for a recommendation beside a candle.
    PastOrder(
        person="james",
        number="1029",
        status=OrderStatus.DELIVERED,
        items=(
            OrderItem(name="Lámpara de mesa Alba", quantity=1, unit_price=4900),
            OrderItem(name="Vela de higuera", quantity=1, unit_price=1250),
            OrderItem(name="Tazas Luna", quantity=2, unit_price=2200),
        ),
        placed_days_ago=60,
        due_in_days=-56,
    ),
    PastOrder(
        person="ines",
        number="1033",
        status=OrderStatus.DELIVERED,
        items=(
            OrderItem(name="Vela de higuera", quantity=3, unit_price=1250),
            OrderItem(name="Tazas Luna", quantity=1, unit_price=2200),
        ),
        placed_days_ago=52,
        due_in_days=-48,
    ),
    PastOrder(
        person="ines",
        number="1051",
        status=OrderStatus.PREPARING,
        items=(OrderItem(name="Jarrón Duna", quantity=1, unit_price=3800),),
        placed_days_ago=1,
        due_in_days=4,
    ),
)

KEYS = {product.name: product.key for product in CATALOGUE}
ZONES = {"lucia": "Europe/Madrid", "james": "Europe/London", "ines": "Europe/Lisbon"}
# Enough for the first reward, on the way to it, and a newcomer.
POINTS = {"lucia": 260, "james": 85}
POINTS_LAST = timedelta(days=120)
# Mixed, as in life: one said yes, one was never asked, one said no.
CONSENTS: dict[str, tuple[tuple[Channel, ConsentStatus], ...]] = {
    "lucia": ((Channel.WHATSAPP, ConsentStatus.OPTED_IN), (Channel.SMS, ConsentStatus.OPTED_IN)),
    "ines": ((Channel.WHATSAPP, ConsentStatus.OPTED_OUT),),
}


def seed(database: Database, settings: Settings, now: datetime) -> bool:
    """Put the demo people and their orders in, once. False when they are there already."""
    _seed_promotions(database, now)
    with database.write() as uow:
        people = {person.key: _identifier(person) for person in DEMO_PEOPLE}
        if any(uow.customers.find_by(identifier) for identifier in people.values()):
            return False
        ids = {person.key: _add_person(uow, person, now) for person in DEMO_PEOPLE}
        for product in CATALOGUE:
            uow.products.learn(_product(product, settings, now))
        _add_appointment(uow, ids["lucia"], load_plan(settings.default_timezone), now)
        for past in PAST:
            uow.orders.add(_order(past, ids[past.person], settings.currency, now))
            uow.recommended.learn({KEYS[item.name] for item in past.items})
        uow.commit()
    return True


def _seed_promotions(database: Database, now: datetime) -> None:
    """Once: where staff have any of their own, those count."""
    with database.write() as uow:
        if not uow.promotions.all():
            import_promotions(uow, promotions.load(), now, is_approved=True)
            uow.commit()


def _add_appointment(uow: UnitOfWork, customer_id: CustomerId, plan: Plan, now: datetime) -> None:
    """At the first free hour of the day after tomorrow or later, so that both reminders are still to come."""
    if not plan.services:
        return
    free = Calendar(plan=plan, service=plan.services[0], now=now)
    start = next((next(free.free(day)) for day in free.days(3)[2:]), None)
    if start is None:
        return
    appointment = Appointment(
        id=AppointmentId(new_id()),
        customer_id=customer_id,
        service=free.service.key,
        starts_at=start,
        ends_at=start + timedelta(minutes=free.service.minutes),
        source="chat",
        created_at=now,
        changed_at=now,
    )
    uow.appointments.book(appointment, free.service.capacity)
    set_reminders(uow, customer_id, appointment.id, start, now)


def _identifier(person: DemoPerson) -> Identifier:
    if person.phone:
        return Identifier(kind=IdentifierKind.PHONE, value=person.phone)
    return Identifier(kind=IdentifierKind.WHATSAPP_USER_ID, value=person.whatsapp_id or person.key)


def _add_person(uow: UnitOfWork, person: DemoPerson, now: datetime) -> CustomerId:
    known = Person(
        identifiers=(
            Identifier(kind=IdentifierKind.USER_ID, value=f"shop-{person.key}"),
            _identifier(person),
        ),
        source="demo shop",
        name=person.name,
    )
    customer_id = resolve_person(uow.customers, known, now)
    country = (person.whatsapp_id or "ES")[:2]
    customer = uow.customers.get(customer_id)
    if customer is not None:
        zone = ZONES.get(person.key)
        points = POINTS.get(person.key)
        known_more = replace(
            customer,
            language=person.language,
            country=country,
            timezone=zone,
            loyalty_points=points,
            loyalty_expires_at=now + POINTS_LAST if points else None,
        )
        uow.customers.save(known_more)
    if person.phone is None and person.whatsapp_id:
        uow.customers.add_address(
            Address(
                id=AddressId(new_id()),
                customer_id=customer_id,
                channel=Channel.WHATSAPP,
                value=person.whatsapp_id,
            )
        )
    for channel, status in CONSENTS.get(person.key, ()):
        uow.consents.add(_consent(customer_id, channel, status, now))
    return customer_id


def _consent(customer_id: CustomerId, channel: Channel, status: ConsentStatus, now: datetime) -> Consent:
    return Consent(
        customer_id=customer_id,
        channel=channel,
        topic=Topic.MARKETING,
        status=status,
        method="import",
        wording="Quiero recibir novedades y recordatorios de Casa Luna.",
        proof="demo shop, account page",
        created_at=now,
    )


def _product(product: CatalogueProduct, settings: Settings, now: datetime) -> Product:
    # The pictures are the simulator's: without it there is nowhere to see them.
    site = f"{settings.public_url}/simulator" if settings.simulator else None
    return Product(
        product_id=product.key,
        name=product.name,
        price=product.price,
        currency=settings.currency,
        url=f"{site}#product-{product.key}" if site else None,
        image_url=f"{site}/static/products/{product.key}.png" if site else None,
        category=product.category or None,
        stock=product.stock,
        changed_at=now,
    )


def _order(past: PastOrder, customer_id: CustomerId, currency: str, now: datetime) -> Order:
    return Order(
        id=OrderId(new_id()),
        customer_id=customer_id,
        number=past.number,
        status=past.status,
        total=sum(item.quantity * item.unit_price for item in past.items),
        currency=currency,
        items=past.items,
        placed_at=now - timedelta(days=past.placed_days_ago),
        expected_at=now + timedelta(days=past.due_in_days),
        carrier=past.carrier,
        tracking_url=past.tracking_url,
        invoice_url=past.invoice_url,
    )
