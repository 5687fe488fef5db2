"""The watch over open transactions itself: it sees what it is there to see."""

import pytest
import urllib3

from tests.fixtures.quiet import open_transactions
from tests.world import World


def test_a_call_of_the_carrier_within_a_transaction_is_seen(sqlite_world: World) -> None:
    with sqlite_world.database.write(), pytest.raises(AssertionError, match="transaction open"):
        urllib3.request("GET", "http://127.0.0.1:1/", retries=False)


def test_a_bell_within_a_transaction_is_seen(sqlite_world: World) -> None:
    sqlite_world.says("+34600000001", "hola")
    customer_id = sqlite_world.customer_id("+34600000001")
    with sqlite_world.database.write(), pytest.raises(AssertionError, match="transaction open"):
        sqlite_world.bell.ring_sender(customer_id)


def test_nothing_is_left_open_by_a_whole_conversation(sqlite_world: World) -> None:
    sqlite_world.says("+34600000001", "hola")
    assert open_transactions() == 0
