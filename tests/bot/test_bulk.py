"""Bulk goes out by threads of its own, within its share of the rate; replies are not its business."""

from bot.bulk import BulkThread
from context_store.records import CustomerId
from tests.bot.helpers import LUCIA, execute, forget_delays, meet, queue
from tests.world import World, make_world


def make_bulk(world: World, text: str, phone: str = LUCIA) -> None:
    queue(world, text, phone=phone)
    execute(world, "UPDATE messages SET author = 'journey', is_bulk = ? WHERE text = ?", True, text)


def test_it_hands_whoever_has_bulk_waiting_to_the_sender(world: World) -> None:
    people = [f"+346000000{number:02d}" for number in range(1, 6)]
    for phone in people:
        meet(world, phone)
        make_bulk(world, f"offer for {phone}", phone)
    queue(world, "a reply")
    thread = BulkThread(world.house.parts, world.house.sender.send_bulk, threads=2)
    assert thread.send_some()
    assert {sent.body for sent in world.channel.sent} >= {f"offer for {phone}" for phone in people[1:]}
    assert not thread.send_some()
    thread.stop()


def test_the_sweep_leaves_bulk_to_it(world: World) -> None:
    meet(world, LUCIA)
    make_bulk(world, "an offer")
    forget_delays(world)
    assert world.tick() == []


def test_it_trickles_while_somebody_waits_for_an_answer(sqlite_world: World) -> None:
    people = [f"+346000000{number:02d}" for number in range(1, 12)]
    for phone in people:
        meet(sqlite_world, phone)
        make_bulk(sqlite_world, f"offer for {phone}", phone)
    queue(sqlite_world, "a reply that is late", phone=people[0])
    forget_delays(sqlite_world)
    asked: list[CustomerId] = []

    def note(customer_id: CustomerId) -> bool:
        asked.append(customer_id)
        return True

    thread = BulkThread(sqlite_world.house.parts, note, threads=1)
    thread.send_some()
    assert len(asked) == 4
    thread.stop()


def test_it_stops_at_the_first_that_may_not_go_now(sqlite_world: World) -> None:
    people = [f"+346000000{number:02d}" for number in range(1, 6)]
    for phone in people:
        meet(sqlite_world, phone)
        make_bulk(sqlite_world, f"offer for {phone}", phone)
    asked: list[CustomerId] = []

    def deny(customer_id: CustomerId) -> bool:
        asked.append(customer_id)
        return False

    thread = BulkThread(sqlite_world.house.parts, deny, threads=1)
    assert thread.send_some()
    assert len(asked) == 1
    thread.stop()


def test_the_rate_holds_it_back_and_replies_pass(sqlite_url: str) -> None:
    world = make_world(sqlite_url, sms_per_second=0.001)
    world.database.migrate()
    meet(world, LUCIA)
    make_bulk(world, "an offer")
    assert not world.house.sender.send_bulk(world.customer_id(LUCIA))
    assert world.channel.sent == []
    world.house.close()
