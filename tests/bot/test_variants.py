"""National variants of a number are one person, whichever of them a channel or a shop uses."""

import pytest

from context_store.records import Channel
from tests.bot.helpers import count_customers
from tests.world import World

VARIANTS = [
    ("whatsapp:+551187654321", "+5511987654321"),
    ("whatsapp:+5215512345678", "+525512345678"),
    ("whatsapp:+5491123456789", "+541123456789"),
]


@pytest.mark.parametrize(("by_whatsapp", "by_sms"), VARIANTS)
def test_both_are_one_customer_and_each_is_answered_where_it_wrote_from(
    world: World, by_whatsapp: str, by_sms: str
) -> None:
    world.says(by_whatsapp, "hola")
    world.says(by_sms, "horario")
    assert count_customers(world) == 1
    assert [sent.to for sent in world.channel.sent] == [by_whatsapp, f"sms:{by_sms}"]


@pytest.mark.parametrize(("by_whatsapp", "by_sms"), VARIANTS)
def test_a_shop_that_writes_it_the_other_way_adds_no_second_address(
    sqlite_world: World, by_whatsapp: str, by_sms: str
) -> None:
    sqlite_world.says(by_whatsapp, "hola")
    answer = sqlite_world.client.post(
        "/v1/identify",
        json={"userId": "7", "traits": {"phone": by_sms}, "messageId": "m1"},
        auth=("test-write-key", ""),
    )
    assert answer.status_code == 200
    sqlite_world.work()
    assert count_customers(sqlite_world) == 1
    with sqlite_world.database.read() as uow:
        addresses = uow.customers.addresses_of(sqlite_world.customer_id(by_sms))
    assert [address.channel for address in addresses].count(Channel.WHATSAPP) == 1
