"""Erasing a person: nothing of theirs is left in any table or file, and nothing brings them back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.erasure import erase
from bot.exporting import pieces
from bot.media import folder_of
from context_store import personal
from context_store.media import place_of
from context_store.models import Base
from context_store.models.base import Word
from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    CustomerId,
    Identifier,
    IdentifierKind,
    MediaFileId,
    Topic,
    new_id,
)
from context_store.tombstones import digest_of_address
from tests.bot.planting import MARK, plant
from tests.bot.test_events import added, post
from tests.world import World

PHONE = "+34600111222"
# About nobody: the shop's, the staff's or the engine's own. Whoever adds a table that leads to no customer
# says here that it holds nothing of one, or gives it a road (context_store/personal.py).
IMPERSONAL = {
    "agents",
    "api_keys",
    # Swept for whatever mentions the customer (context_store/scraps.py), like the next ones.
    "api_requests",
    "data_alerts",
    "event_misfits",
    "rejected_events",
    "appointment_seats",
    "bought_together",
    "chores",
    "contents",
    "event_counts",
    "imports",
    "invitations",
    "product_words",
    "products",
    "promotions",
    "segments",
    "shop_deliveries",
    "sign_in_tries",
    "spending",
    "staff_sessions",
    "switches",
    "team_members",
    "teams",
    "tombstones",
    "webhook_endpoints",
    "webhook_wishes",
}
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def test_every_table_is_somebodys_or_said_to_be_nobodys() -> None:
    with_a_road = {table.name for table in personal.tables()}
    unknown = set(Base.metadata.tables) - with_a_road - IMPERSONAL
    assert unknown == set(), (
        "say in tests/bot/test_erasure.py or context_store/personal.py whose rows these are"
    )
    assert set(personal.SHELLS) <= with_a_road


def contents(world: World) -> Iterator[tuple[str, str, str]]:
    """Every value of every table, as text: table, column, value."""
    with world.database._engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')
            for row in rows.mappings():
                yield from ((table.name, name, str(value)) for name, value in row.items())


def left(world: World) -> set[tuple[str, str]]:
    """Where the marker is still found, but for what a shell keeps on purpose."""
    return {
        (table, column)
        for table, column, value in contents(world)
        if MARK in value
        and column not in personal.SHELLS.get(table, ())
        and not Base.metadata.tables[table].c[column].primary_key
    }


def test_nothing_that_was_planted_anywhere_survives(world: World) -> None:
    customer_id = CustomerId(plant(world))
    planted = {table for table, _, value in contents(world) if MARK in value}
    assert {"messages", "inputs", "events", "orders", "handoffs", "addresses", "consents"} <= planted
    assert left(world)
    erased = erase(world.database, world.house.parts.settings, customer_id, NOW)
    assert erased is not None
    assert left(world) == set()


def test_what_a_shell_keeps_names_nobody() -> None:
    """A word of the carrier's, of ours, or of an enum: never a free text. Each is thought about by hand."""
    by_hand = {
        "messages": {"provider_id", "dead_provider_id", "dedupe_key", "owner"},
        "events": {"source", "name"},
        "orders": {"currency"},
        "consents": {"method"},
        "handoffs": {"reason"},
        "surveys": {"survey"},
        "survey_answers": {"question"},
        "enrollments": {"journey"},
        "appointments": {"service", "source"},
        "staff_acts": {"act", "address"},
        "privacy_requests": {"source", "reference"},
    }
    for name, kept in personal.SHELLS.items():
        table = Base.metadata.tables[name]
        free = {column for column in kept if not isinstance(table.c[column].type, Word)}
        assert free == by_hand.get(name, set()), name


def test_what_was_counted_stays_counted(world: World) -> None:
    customer_id = CustomerId(plant(world))
    before = counts(world)
    erase(world.database, world.house.parts.settings, customer_id, NOW)
    after = counts(world)
    assert {name for name in before if after[name] < before[name]} == {
        table.name for table in personal.tables() if table.name not in personal.SHELLS
    }


def counts(world: World) -> dict[str, int]:
    with world.database._engine.connect() as connection:
        return {
            table.name: connection.exec_driver_sql(f'SELECT count(*) FROM "{table.name}"').scalar_one()
            for table in personal.tables()
        }


def test_another_customer_keeps_everything(world: World) -> None:
    world.says("+34600999888", "hola")
    world.says(PHONE, "hola")
    before = exported(world, "+34600999888")
    erase(world.database, world.house.parts.settings, world.customer_id(PHONE), NOW)
    assert exported(world, "+34600999888") == before


def exported(world: World, phone: str) -> Any:
    with world.database.snapshot() as uow:
        ids = uow.relatives.of(world.customer_id(phone))
        return json.loads("".join(pieces(uow, ids, Path("."), NOW)))


def identify(world: World, message: str = "i1") -> None:
    traits = {"name": "Ana", "phone": PHONE, "email": "ana@example.com"}
    post(world, "identify", {"userId": "u1", "messageId": message, "traits": traits})


def somebody(world: World, kind: IdentifierKind, value: str) -> CustomerId | None:
    with world.database.read() as uow:
        found: CustomerId | None = uow.customers.find_by(Identifier(kind=kind, value=value))
    return found


def test_late_events_do_not_bring_them_back(world: World) -> None:
    identify(world)
    post(world, "track", added("m1"))
    world.work()
    erase(world.database, world.house.parts.settings, world.customer_id(PHONE), world.clock.now())
    world.clock.forward(hours=1)
    assert post(world, "track", added("m2")).status_code == 200
    identify(world, "i2")
    world.work()
    assert somebody(world, IdentifierKind.USER_ID, "u1") is None
    assert somebody(world, IdentifierKind.PHONE, PHONE) is None


def test_who_writes_again_is_a_new_customer_and_events_find_them(world: World) -> None:
    identify(world)
    world.work()
    before = world.customer_id(PHONE)
    world.says(PHONE, "hola")
    erase(world.database, world.house.parts.settings, before, world.clock.now())
    world.clock.forward(hours=1)
    assert world.says(PHONE, "hola")
    after = world.customer_id(PHONE)
    assert after != before
    assert world.customer(PHONE).name is None
    # What happened before the erasure stays away, what happens now is theirs.
    late = {
        "userId": "u9",
        "messageId": "l1",
        "timestamp": "2026-11-23T10:00:00Z",
        "traits": {"phone": PHONE},
    }
    post(world, "identify", late)
    assert somebody(world, IdentifierKind.USER_ID, "u9") is None
    identify(world, "i3")
    world.work()
    assert world.customer(PHONE).name == "Ana"
    # The old user id was not theirs to bring along again.
    assert somebody(world, IdentifierKind.USER_ID, "u1") is None


def test_a_stop_outlives_them_as_a_hash(world: World) -> None:
    world.says(PHONE, "STOP")
    erase(world.database, world.house.parts.settings, world.customer_id(PHONE), world.clock.now())
    secret = world.house.parts.settings.secret_key
    digest = digest_of_address(secret, Channel.SMS, PHONE)
    with world.database.read() as uow:
        assert uow.tombstones.find([digest])[digest].stopped_at == world.clock.now()
    told = " ".join(value for _, _, value in contents(world))
    assert "600111222" not in told


def test_whoever_was_merged_into_them_goes_too(world: World) -> None:
    world.says(PHONE, "hola")
    world.says("+34600999888", "hola")
    one, other = world.customer_id(PHONE), world.customer_id("+34600999888")
    merge(world, one, other)
    with world.database.read() as uow:
        assert uow.relatives.of(one) == uow.relatives.of(other) == sorted((one, other))
    erased = erase(world.database, world.house.parts.settings, one, NOW)
    assert erased is not None
    assert sorted(erased.customer_ids) == sorted((one, other))
    assert somebody(world, IdentifierKind.PHONE, "+34600999888") is None


def merge(world: World, one: CustomerId, into: CustomerId) -> None:
    customers = Base.metadata.tables["customers"]
    with world.database._writer.begin() as connection:
        connection.execute(customers.update().where(customers.c.id == one).values(merged_into=into))


def test_a_circle_of_merges_is_not_followed_for_ever(sqlite_world: World) -> None:
    sqlite_world.says(PHONE, "hola")
    sqlite_world.says("+34600999888", "hola")
    one, other = sqlite_world.customer_id(PHONE), sqlite_world.customer_id("+34600999888")
    merge(sqlite_world, one, other)
    merge(sqlite_world, other, one)
    with sqlite_world.database.read() as uow:
        assert uow.relatives.of(one) == sorted((one, other))


def test_what_waits_to_be_sent_is_not_sent(world: World) -> None:
    world.receive(PHONE, "hola")
    world.bell.turns.clear()
    world.house.turns.take(world.customer_id(PHONE))
    customer_id = world.customer_id(PHONE)
    erase(world.database, world.house.parts.settings, customer_id, NOW)
    assert world.work() == []
    with world.database._engine.connect() as connection:
        states = connection.exec_driver_sql("SELECT status FROM messages WHERE direction = 'out'").scalars()
        assert set(states) == {"canceled"}


def test_the_files_go_from_the_disk(sqlite_world: World, tmp_path: Path) -> None:
    settings = sqlite_world.house.parts.settings.model_copy(update={"var_folder": tmp_path})
    customer_id = CustomerId(plant(sqlite_world))
    with sqlite_world.database._engine.connect() as connection:
        file_id = UUID(str(connection.exec_driver_sql("SELECT id FROM media_files").scalar_one()))
    place = place_of(folder_of(settings), MediaFileId(file_id))
    place.parent.mkdir(parents=True)
    place.write_text(MARK)
    half = place.with_suffix(".1")
    half.write_text(MARK)
    erased = erase(sqlite_world.database, settings, customer_id, NOW)
    assert erased is not None
    assert erased.files == 1
    assert not place.exists()
    assert not half.exists()


def test_erasing_again_or_nobody_does_no_harm(world: World) -> None:
    world.says(PHONE, "hola")
    customer_id = world.customer_id(PHONE)
    for _ in range(2):
        assert erase(world.database, world.house.parts.settings, customer_id, NOW) is not None
    assert erase(world.database, world.house.parts.settings, CustomerId(new_id()), NOW) is None


def test_the_export_has_all_of_it(world: World) -> None:
    customer_id = plant(world)
    with world.database.snapshot() as uow:
        document = json.loads("".join(pieces(uow, [CustomerId(customer_id)], Path("."), NOW)))
    assert document["format"] == "hilo-customer-1"
    assert set(document["tables"]) == {table.name for table in personal.tables()}
    assert MARK in document["tables"]["messages"][0]["text"]


def test_a_customer_of_every_kind_of_consent_is_exported(sqlite_world: World) -> None:
    sqlite_world.says(PHONE, "hola")
    with sqlite_world.database.write() as uow:
        uow.consents.add(
            Consent(
                customer_id=sqlite_world.customer_id(PHONE),
                channel=Channel.SMS,
                topic=Topic.MARKETING,
                status=ConsentStatus.OPTED_IN,
                method="form",
                created_at=NOW,
            )
        )
        uow.commit()
    tables = exported(sqlite_world, PHONE)["tables"]
    assert tables["consents"][0]["status"] == "opted_in"
    assert tables["messages"][0]["text"] == "hola"
    assert tables["conversations"][0]["state"]
