"""What is measured says the same as its query by hand, also of nobody and of one."""

import pytest

from bench.segments import CASES, measure, whole_reads_of_pages
from context_store.records import Channel, Consent, ConsentStatus, Customer, CustomerId, Topic, new_id
from context_store.records.conditions import read_condition
from tests.context_store.test_indexes import NOW
from tests.fixtures.world import Ground


@pytest.mark.services
def test_both_count_the_same(postgres_ground: Ground) -> None:
    postgres_ground.renew()
    who = CustomerId(new_id())
    agreed = Consent(
        customer_id=who,
        channel=Channel.WHATSAPP,
        topic=Topic.MARKETING,
        status=ConsentStatus.OPTED_IN,
        method="form",
        created_at=NOW,
    )
    with postgres_ground.database.write() as uow:
        uow.customers.add(Customer(id=who, language="pt", created_at=NOW))
        uow.consents.add(agreed)
        uow.commit()
    figures = {figure["case"]: figure for figure in measure(postgres_ground.url, 1)}
    assert all(figure["agree"] for figure in figures.values())
    counted = {name: figure["count"] for name, figure in figures.items() if figure["count"]}
    assert counted == {"language": 1, "not added": 1, "allowed": 1}
    assert set(whole_reads_of_pages(postgres_ground.url)) == {case.name for case in CASES}
    postgres_ground.database.dispose()


def test_every_case_is_a_condition() -> None:
    assert len([read_condition(case.condition) for case in CASES]) == len(CASES)
