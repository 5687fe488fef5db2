"""Migrations: from an empty database to the very schema of the models, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from context_store.database import MIGRATIONS, Database
from context_store.models import Base
from tests.fixtures.database import sqlite_file_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        url = sqlite_file_url(tmp_path / "empty.sqlite3")
    else:
        create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        url = create()
    database = Database.connect(url)
    yield database
    database.dispose()


def differences(database: Database) -> list[object]:
    with database._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[object] = compare_metadata(context, Base.metadata)
    return found


def tables(database: Database) -> set[str]:
    return set(inspect(database._engine).get_table_names())


def test_an_empty_database_becomes_what_the_models_say(empty: Database) -> None:
    empty.migrate()
    assert differences(empty) == []
    assert tables(empty) == {*Base.metadata.tables, "alembic_version"}


def test_the_comparison_sees_a_difference(empty: Database) -> None:
    empty.migrate()
    with empty._engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_messages_lane")
    assert differences(empty) != []


def test_migrating_again_changes_nothing_and_keeps_the_data(empty: Database) -> None:
    empty.migrate()
    insert = (
        "INSERT INTO customers (id, status, is_language_chosen, created_at) "
        "VALUES ('00000000000070008000000000000001', 'active', false, '2026-11-23 11:00:00')"
    )
    with empty._engine.begin() as connection:
        connection.exec_driver_sql(insert)
    empty.migrate()
    with empty._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM customers").scalar_one() == 1
    assert differences(empty) == []


def test_the_way_back_leaves_nothing_and_the_way_forth_is_open_again(empty: Database) -> None:
    empty.migrate()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with empty._writer.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert tables(empty) == {"alembic_version"}
    empty.migrate()
    assert differences(empty) == []


def test_products_that_are_known_already_can_be_found_afterwards(empty: Database) -> None:
    empty.migrate()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with empty._writer.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        connection.exec_driver_sql(
            "INSERT INTO products (product_id, name, price, currency, changed_at) "
            "VALUES ('lamp', 'LÁMPARA Alba-2', 100, 'EUR', '2026-11-23 11:00:00.000000')"
        )
        connection.commit()
    empty.migrate()
    with empty.read() as uow:
        assert [product.product_id for product in uow.products.find(["lampa"], 5)] == ["lamp"]
        assert uow.products.words_beginning(["a", "l"], 10) == ["alba", "lampara"]


def test_a_database_says_what_is_wrong_with_its_schema(empty: Database) -> None:
    problem = empty.schema_problem()
    assert problem is not None
    assert "run `hilo migrate`" in problem
    empty.migrate()
    assert empty.schema_problem() is None


def test_a_database_that_does_not_answer_is_a_problem_in_words() -> None:
    database = Database.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert database.schema_problem() == "the database does not answer (OperationalError)"
    database.dispose()


def test_every_name_fits_into_postgresqls_63_characters() -> None:
    named = [*Base.metadata.tables.values()]
    names = [constraint.name for table in named for constraint in table.constraints]
    names += [index.name for table in named for index in table.indexes]
    assert [name for name in names if name is None or len(str(name)) > 63] == []
