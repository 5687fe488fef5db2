"""`hilo customers`: conflicts are listed, two are joined and parted, each fault is told."""

import pytest

from tests.bot.commands.conftest import Run, document
from tests.bot.helpers import LUCIA, whose
from tests.bot.test_merging import OTHER, USER, identify, two
from tests.world import World


def test_two_are_joined_and_parted(hilo: Run, world: World) -> None:
    lucia, other = two(world)
    names = (f"phone:{LUCIA}", f"phone:{OTHER}")
    joined = hilo("customers", "merge", *names, "--reason", "called us from both", answer="y\n")
    assert "one person now" in joined.output
    assert world.customer_id(OTHER) == lucia
    assert "already" in hilo("customers", "merge", *names, "--yes").output
    parted = hilo("customers", "unmerge", str(other))
    assert f"Parted from {lucia}" in parted.output
    assert world.customer_id(OTHER) == other
    with world.database.read() as uow:
        reasons = [change.reason for change in uow.customers.merges.record.of([lucia])]
    assert reasons == ["command", "called us from both"]


def test_whoever_says_no_joins_nobody(hilo: Run, sqlite_world: World) -> None:
    lucia, other = two(sqlite_world)
    assert hilo("customers", "merge", str(lucia), str(other), answer="n\n").exit_code == 1
    assert sqlite_world.customer_id(OTHER) == other


FAULTS = {
    "nobody": (
        ("merge", "phone:+34600000009", "user_id:1", "--yes"),
        "nobody is known by phone:+34600000009",
    ),
    "a kind that is none": (("merge", "fax:1", "user_id:1", "--yes"), "no kind of identifier"),
    "no id": (("unmerge", "lucia"), "no customer has the id lucia"),
}


@pytest.mark.parametrize(("arguments", "says"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_told(hilo: Run, arguments: tuple[str, ...], says: str) -> None:
    result = hilo("customers", *arguments)
    assert (result.exit_code, says in result.output) == (1, True), result.output


def test_whoever_is_alone_cannot_be_parted(hilo: Run, world: World) -> None:
    lucia, _ = two(world)
    assert "not joined to anybody" in hilo("customers", "unmerge", str(lucia)).output


def test_conflicts_are_listed_without_the_number(hilo: Run, world: World) -> None:
    assert "Nothing to decide" in hilo("customers", "conflicts").output
    for number, user in ((1, "u1"), (2, "u2")):
        identify(world, number, userId=user, traits={"phone": LUCIA})
    (conflict,) = document(hilo("customers", "conflicts", "--json"))["conflicts"]
    assert conflict["reason"] == "two_accounts"
    assert {conflict["first"], conflict["second"]} == {str(whose(world, USER, user)) for user in ("u1", "u2")}
    assert LUCIA not in str(conflict)
    assert "two_accounts" in hilo("customers", "conflicts").output
