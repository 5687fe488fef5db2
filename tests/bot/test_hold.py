"""While an operator holds what goes out, nothing does; afterwards everything does, in its order."""

from context_store.records import Channel
from context_store.switches import OUTBOUND_HOLD
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, forget_delays, meet, queue, send
from tests.world import World


def hold(world: World, *, is_on: bool) -> None:
    with world.database.write() as uow:
        if is_on:
            uow.switches.turn_on(OUTBOUND_HOLD, "a restore", world.clock.now())
        else:
            uow.switches.turn_off(OUTBOUND_HOLD)
        uow.commit()


def test_nothing_goes_out_and_nothing_is_lost(world: World) -> None:
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    hold(world, is_on=True)
    for text in ("uno", "dos"):
        queue(world, text)
    queue(world, "on WhatsApp", Channel.WHATSAPP)
    assert send(world) == []
    forget_delays(world)
    assert world.tick() == []
    hold(world, is_on=False)
    assert sorted(sent.body for sent in world.tick()) == ["dos", "on WhatsApp", "uno"]
    assert [sent.body for sent in world.channel.sent if sent.to.startswith("sms")] == ["uno", "dos"]


def test_a_hold_that_comes_between_the_look_and_the_claim_holds(world: World) -> None:
    meet(world, LUCIA)
    queue(world, "uno")
    with world.database.read() as uow:
        head = uow.outgoing.next_in_lane(world.customer_id(LUCIA))
    hold(world, is_on=True)
    with world.database.write() as uow:
        assert uow.outgoing.claim(head.message, head.address, "a process", 30) is None


def test_who_says_stop_between_the_look_and_the_claim_gets_nothing(world: World) -> None:
    meet(world, LUCIA)
    queue(world, "uno")
    with world.database.read() as uow:
        head = uow.outgoing.next_in_lane(world.customer_id(LUCIA))
    assert not head.has_consents
    world.receive(LUCIA, "BAJA")
    world.house.turns.take(world.customer_id(LUCIA))
    with world.database.write() as uow:
        claim = uow.outgoing.claim(head.message, head.address, "a process", 30, unless_consents=True)
    assert claim is None
    assert "uno" not in send(world)
