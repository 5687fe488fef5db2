"""A small part of every fault test, in one town for each database: nothing lost, doubled or out of order.

Each runs where it is hardest: what is about several processes on PostgreSQL, the rest on SQLite.
"""

from tests.faults import (
    blast,
    callbacks,
    carrier,
    clocks,
    crashes,
    database_away,
    disk,
    duplicates,
    missed,
    poison,
    redis_away,
    restore,
    rolling,
    together,
)
from tests.faults.results import Plan, Result
from tests.faults.town import Town

# One step of each act; `make faults` has all of them.
STEPS = ("webhook.commit:after", "turn.close:after", "send.network:after")


def assert_good(result: Result) -> None:
    assert result.is_good, f"{result.note}\n" + "\n".join(result.found)


# First: after a kill in the middle of a look through the list nobody looks for ten minutes.
def test_what_was_written_while_nobody_listened_is_fetched(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(missed.run(sqlite_town, tenth))


def test_a_process_killed_at_any_step_loses_and_doubles_nothing(town: Town, tenth: Plan) -> None:
    assert_good(crashes.run(town, tenth, STEPS))


def test_repeated_webhooks_and_kills_at_random(postgres_town: Town, tenth: Plan) -> None:
    assert_good(duplicates.run(postgres_town, tenth))


def test_one_webhook_several_times_at_once_is_one_message(postgres_town: Town, tenth: Plan) -> None:
    assert_good(duplicates.run_at_once(postgres_town, tenth))


def test_callbacks_in_every_order_only_raise_the_status(postgres_town: Town, tenth: Plan) -> None:
    assert_good(callbacks.run(postgres_town, tenth))


def test_without_a_redis_everything_still_happens(postgres_town: Town, tenth: Plan) -> None:
    some = [trouble for trouble in redis_away.TROUBLES if trouble.name in ("away", "full")]
    assert_good(redis_away.run(postgres_town, tenth, some))


def test_a_database_that_goes_and_comes(postgres_town: Town, tenth: Plan) -> None:
    some = [trouble for trouble in database_away.TROUBLES if trouble.name == "restart"]
    assert_good(database_away.run(postgres_town, tenth, some))


def test_a_carrier_that_fails_in_every_way(postgres_town: Town, tenth: Plan) -> None:
    assert_good(carrier.run(postgres_town, tenth))


def test_two_channels_in_the_same_moment_are_one_customer(postgres_town: Town, tenth: Plan) -> None:
    assert_good(together.run(postgres_town, tenth))


def test_processes_leave_and_others_take_their_place(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(rolling.run(sqlite_town, tenth))


def test_poison_is_set_aside_and_others_go_on(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(poison.run(sqlite_town, tenth))


def test_everybody_answers_a_broadcast_at_once(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(blast.run(sqlite_town, tenth))


def test_a_disk_that_is_full_and_a_process_killed_while_it_writes(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(disk.run(sqlite_town, tenth))


def test_a_restored_backup_sends_nothing_again(sqlite_town: Town, tenth: Plan) -> None:
    assert_good(restore.run(sqlite_town, tenth))


def test_several_clocks_fire_each_timer_once(postgres_town: Town, tenth: Plan) -> None:
    assert_good(clocks.run(postgres_town, tenth))
