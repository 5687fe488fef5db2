"""Webhooks that come at the same moment, on several threads: one person, one row for each message."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from context_store.customers import AlreadyLinked, Customers
from context_store.records import Customer, IdentifierKind, InputStatus
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, at_once, count_rows, inputs, post_raw, whose
from tests.doubles import ACCOUNT
from tests.payloads import Payload
from tests.world import World

USER_ID = "ES.1A2B3C"


def message(origin: str, body: str = "hola", sid: str | None = None, **extra: str) -> Payload:
    fields = {"MessageSid": sid or f"SM{uuid4().hex}", "AccountSid": ACCOUNT, "From": origin, "Body": body}
    return Payload.of({**fields, **extra})


def post_at_once(world: World, payloads: list[Payload]) -> list[int]:
    jobs: list[Callable[[], int]] = [partial(_status_of, world, payload) for payload in payloads]
    return at_once(jobs)


def _status_of(world: World, payload: Payload) -> int:
    return post_raw(world, payload).status_code


FIRST_MESSAGES = {
    "twice on SMS": [(LUCIA, {}), (LUCIA, {})],
    "on SMS and on WhatsApp": [(LUCIA, {}), (LUCIA_ON_WHATSAPP, {})],
    "with and without a user id": [
        (LUCIA_ON_WHATSAPP, {"ExternalUserId": f"whatsapp:{USER_ID}"}),
        (LUCIA, {}),
    ],
    "six at once": [(LUCIA, {}), (LUCIA_ON_WHATSAPP, {})] * 3,
}


@pytest.mark.parametrize("writers", FIRST_MESSAGES.values(), ids=FIRST_MESSAGES)
def test_first_messages_of_one_person_at_once_end_with_one_customer(
    world: World, writers: list[tuple[str, dict[str, str]]]
) -> None:
    payloads = [message(origin, **extra) for origin, extra in writers]
    assert post_at_once(world, payloads) == [200] * len(writers)
    assert count_rows(world, "customers") == 1
    assert count_rows(world, "conversations") == 1
    assert len(world.thread(LUCIA)) == len(writers)
    assert [status for _, status in inputs(world)] == [InputStatus.WAITING] * len(writers)


def test_a_person_without_a_number_is_made_once_too(world: World) -> None:
    origin = f"whatsapp:{USER_ID}"
    payloads = [message(origin, ExternalUserId=origin) for _ in range(4)]
    assert post_at_once(world, payloads) == [200] * 4
    assert count_rows(world, "customers") == 1
    assert whose(world, IdentifierKind.WHATSAPP_USER_ID, USER_ID) is not None


def test_one_message_delivered_many_times_at_once_is_one_row(world: World) -> None:
    payload = message(LUCIA, "hola", sid=f"SM{uuid4().hex}")
    assert post_at_once(world, [payload] * 6) == [200] * 6
    assert count_rows(world, "messages") == 1
    assert count_rows(world, "inputs") == 1
    assert len(world.work()) == 1


def test_a_repeat_of_a_known_person_at_once_is_one_row(world: World) -> None:
    world.says(LUCIA, "hola")
    payload = message(LUCIA, "gracias", sid=f"SM{uuid4().hex}")
    assert post_at_once(world, [payload] * 6) == [200] * 6
    assert [each.text for each in world.thread(LUCIA)].count("gracias") == 1


def test_different_people_at_once_do_not_wait_for_each_other_in_vain(world: World) -> None:
    payloads = [message(f"+3460000{number:04d}", f"hola {number}") for number in range(12)]
    assert post_at_once(world, payloads) == [200] * 12
    assert count_rows(world, "customers") == 12


def test_a_message_for_a_person_whose_turn_is_under_way_is_stored_at_once(postgres_world: World) -> None:
    world = postgres_world
    world.says(LUCIA, "hola")
    with world.database.write() as uow:
        assert uow.conversations.lock(world.customer_id(LUCIA)) is not None
        assert post_at_once(world, [message(LUCIA, "otra cosa")]) == [200]
    assert world.thread(LUCIA)[-1].text == "otra cosa"


def test_a_person_made_between_our_look_and_our_insert_is_the_same_person(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Customers.add

    def late_add(self: Customers, customer: Customer) -> None:
        monkeypatch.undo()
        assert post_at_once(postgres_world, [message(LUCIA, "hola")]) == [200]
        add(self, customer)

    monkeypatch.setattr(Customers, "add", late_add)
    assert postgres_world.receive(LUCIA_ON_WHATSAPP, "hola").status_code == 200
    assert count_rows(postgres_world, "customers") == 1
    assert len(postgres_world.thread(LUCIA)) == 2


def test_someone_who_is_taken_again_and_again_is_a_500_and_nothing_half_done(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_late(self: Customers, address: object) -> None:
        raise AlreadyLinked("somebody else")

    monkeypatch.setattr(Customers, "add_address", always_late)
    # Twilio tries once more on a 5xx where it is told to; nothing of the first try must be left.
    assert sqlite_world.receive(LUCIA, "hola").status_code == 500
    assert count_rows(sqlite_world, "customers") == 0
    monkeypatch.undo()
    assert sqlite_world.says(LUCIA, "hola")
