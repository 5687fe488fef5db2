"""`hilo migrate`, `seed`, `password` and `tidy` as an operator runs them."""

import pytest
from click.testing import CliRunner

import app
from tests.bot.commands.conftest import Run
from tests.bot.helpers import LUCIA, count_customers, count_rows, execute
from tests.world import World


def test_a_migration_says_where_it_began_and_ended(shell: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    first, second = runner.invoke(app.hilo, ["migrate"]), runner.invoke(app.hilo, ["migrate"])
    assert first.output.startswith("The database was empty, and is now at 0")
    assert second.output.endswith("already: nothing to do.\n")


def test_a_command_on_a_database_without_its_schema_says_what_to_do(shell: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app.hilo, ["outbox"])
    assert result.exit_code == 1
    assert "run `hilo migrate`" in result.output


def test_the_demo_shop_goes_into_an_empty_database_once(hilo: Run, world: World) -> None:
    assert hilo("seed").exit_code == 0
    people = count_customers(world)
    assert people > 1
    assert count_rows(world, "orders") > 0
    again = hilo("seed")
    assert (again.exit_code, "has customers already" in again.output) == (1, True)
    assert count_customers(world) == people


def test_the_demo_shop_stays_out_of_a_shop_with_customers(hilo: Run, world: World) -> None:
    world.says(LUCIA, "hola")
    assert hilo("seed").exit_code == 1
    assert count_customers(world) == 1


def test_a_password_of_nobody_is_told(hilo: Run) -> None:
    result = hilo("password", "nobody@example.com")
    assert (result.exit_code, "no active member of staff" in result.output) == (1, True)


def test_tidying_by_hand_deletes_what_is_old_and_says_how_much(hilo: Run, world: World) -> None:
    for body in ("hola", "horario"):
        world.says(LUCIA, body)
    assert hilo("tidy").output == "Deleted: nothing, there was nothing old enough.\n"
    execute(world, "UPDATE inputs SET created_at = ?, done_at = ?", *["2020-01-01 00:00:00.000000"] * 2)
    assert hilo("tidy").output == "Deleted: 2 inputs.\n"
    assert count_rows(world, "inputs") == 0
