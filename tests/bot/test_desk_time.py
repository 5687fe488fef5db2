"""What time and the customer's own words do to a thread at the desk: the whole bot, its clock, its turns."""

from datetime import timedelta

from context_store.records import (
    Agent,
    Controller,
    Handoff,
    HandoffStatus,
    Presence,
    StepKind,
    Team,
    TeamId,
    new_id,
)
from flows.human import LATE_ANSWER
from handoff import desk, passing
from tests.bot.helpers import LONG_AGO, execute
from tests.bot.test_events import PHONE
from tests.bot.test_handoff import hire, taken, waiting
from tests.world import World

WHATSAPP = f"whatsapp:{PHONE}"
ASKS = "quiero hablar con una persona"
OFFICE_HOURS = (("09:00-18:00",),) * 5 + ((), ())


def add_team(world: World, name: str = "Atención", *members: Agent, **more: object) -> Team:
    team = Team(id=TeamId(new_id()), name=name, **more)  # type: ignore[arg-type]
    with world.database.write() as uow:
        uow.teams.save(team)
        uow.teams.set_members(team.id, [member.id for member in members])
        for member in members:
            uow.agents.set_presence(member.id, Presence.ONLINE)
        uow.commit()
    return team


def controller(world: World) -> Controller:
    with world.database.read() as uow:
        found: Controller = uow.conversations.get(world.customer_id(PHONE)).controller
    return found


def steps(world: World) -> list[StepKind]:
    with world.database.read() as uow:
        handoff = uow.handoffs.of(world.customer_id(PHONE))[0]
        return [step.kind for step in uow.handoff_steps.of([handoff.id])]


def newest(world: World) -> Handoff:
    with world.database.read() as uow:
        found: Handoff = uow.handoffs.of(world.customer_id(PHONE))[0]
    return found


def answers(world: World, agent: Agent, text: str = "Hola, soy Marta.") -> None:
    said = desk.Reply(text=text, late_response=LATE_ANSWER)
    with world.database.write() as uow:
        desk.reply(uow, newest(world).id, agent, said, world.clock.now())
        uow.commit()
    world.bell.ring_sender(world.customer_id(PHONE))
    world.work()


def snooze(world: World, agent: Agent, **amount: float) -> None:
    now = world.clock.now()
    with world.database.write() as uow:
        passing.snooze(uow, newest(world).id, agent, now + timedelta(**amount), now)
        uow.commit()


def test_a_thread_is_given_to_whoever_is_there(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent, auto_assign=True)
    assert "Te paso con una persona" in world.says(WHATSAPP, ASKS)[0]
    world.tick()
    assert (newest(world).agent_id, controller(world)) == (agent.id, Controller.AGENT)
    assert steps(world) == [StepKind.ASSIGNED]


def test_a_dead_browsers_thread_goes_to_the_next_one(world: World) -> None:
    agent, other = hire(world), hire(world, "Luis")
    add_team(world, "Atención", agent, auto_assign=True)
    world.says(WHATSAPP, ASKS)
    world.tick()
    execute(world, "UPDATE conversations SET controller_until = ?", LONG_AGO)
    execute(world, "UPDATE agents SET seen_at = ?", LONG_AGO)
    world.tick()
    assert (newest(world).status, controller(world)) == (HandoffStatus.QUEUED, Controller.QUEUE)
    add_team(world, "Otro", other)
    with world.database.write() as uow:
        team = next(each for each in uow.teams.active() if each.name == "Atención")
        uow.teams.set_members(team.id, [agent.id, other.id])
        uow.commit()
    world.tick()
    assert newest(world).agent_id == other.id
    assert steps(world) == [StepKind.ASSIGNED, StepKind.LEASE_EXPIRED, StepKind.ASSIGNED]


def test_put_off_it_wakes_at_its_time_for_the_same_agent(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent)
    world.says(WHATSAPP, ASKS)
    taken(world, agent)
    snooze(world, agent, hours=1)
    assert (newest(world).status, controller(world)) == (HandoffStatus.SNOOZED, Controller.QUEUE)
    world.clock.forward(minutes=59)
    world.tick()
    assert newest(world).status is HandoffStatus.SNOOZED
    world.clock.forward(minutes=1)
    world.tick()
    world.tick()
    assert (newest(world).status, newest(world).agent_id) == (HandoffStatus.ASSIGNED, agent.id)


def test_put_off_it_wakes_when_the_customer_writes_and_the_bot_stays_silent(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent)
    world.says(WHATSAPP, ASKS)
    taken(world, agent)
    snooze(world, agent, days=3)
    assert world.says(PHONE, "¿hola?") == []
    assert newest(world).wanted_agent_id == agent.id
    world.tick()
    assert (newest(world).agent_id, controller(world)) == (agent.id, Controller.AGENT)
    world.clock.forward(days=4)
    world.tick()
    assert steps(world)[-2:] == [StepKind.WOKEN, StepKind.ASSIGNED], "the timer is gone"


def test_an_overdue_reply_is_escalated_once_and_settled_by_an_answer(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent, first_reply_minutes=10, next_reply_minutes=20)
    world.says(WHATSAPP, ASKS)
    taken(world, agent)
    world.clock.forward(minutes=10)
    world.tick()
    assert newest(world).escalated_at == world.clock.now()
    answers(world, agent)
    assert (newest(world).escalated_at, newest(world).reply_due_at) == (None, None)
    assert newest(world).first_replied_at == world.clock.now()
    world.says(WHATSAPP, "gracias, ¿y el otro?")
    assert newest(world).reply_due_at == world.clock.now() + timedelta(minutes=20)
    world.says(WHATSAPP, "¿sigues ahí?")
    world.clock.forward(minutes=25)
    world.tick()
    assert newest(world).escalated_at is not None
    assert steps(world).count(StepKind.ESCALATED) == 2


def test_who_falls_silent_is_the_bots_again(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent, auto_return_minutes=60)
    world.says(WHATSAPP, ASKS)
    taken(world, agent)
    answers(world, agent)
    world.clock.forward(minutes=59)
    world.says(WHATSAPP, "un momento")
    world.clock.forward(minutes=30)
    assert world.tick() == [], "they have written: the silence begins anew"
    answers(world, agent, "Tranquila.")
    world.clock.forward(minutes=60)
    assert "soy el asistente" in world.tick()[0].body
    assert (newest(world).status, newest(world).outcome) == (HandoffStatus.RETURNED, "customer_silent")
    assert controller(world) is Controller.BOT


def test_after_hours_they_hear_when_and_the_bot_goes_on(world: World) -> None:
    agent = hire(world)
    add_team(world, "Atención", agent, hours=OFFICE_HOURS)
    world.clock.forward(hours=9)
    said = world.says(WHATSAPP, ASKS)
    assert "mañana a partir de las 9:00" in said[0] or "mañana a partir de las 09:00" in said[0]
    assert controller(world) is Controller.BOT
    assert world.says(WHATSAPP, "¿qué horario tenéis?") != []
    assert "Ya he avisado" in world.says(WHATSAPP, ASKS)[0]
    assert waiting(world).status is HandoffStatus.QUEUED
    taken(world, agent)
    assert world.says(WHATSAPP, "hola") == [], "from now on the bot is silent"


def test_an_answer_after_the_window_goes_out_inside_a_template(world: World) -> None:
    agent = hire(world)
    world.says(WHATSAPP, ASKS)
    taken(world, agent)
    world.clock.forward(hours=30)
    answers(world, agent, "Ya está\narreglado.")
    sent = world.channel.sent[-1]
    assert sent.variables == ("Ya está arreglado.",)
    assert sent.content_sid is not None
    assert world.channel.contents[-1].category == "UTILITY"


def test_the_routing_question_is_asked_once_and_does_not_keep_anybody(world: World) -> None:
    sales, returns = add_team(world, "Ventas"), add_team(world, "Devoluciones")
    (question,) = world.says(WHATSAPP, ASKS)
    assert "1. Devoluciones\n2. Ventas" in question
    world.says(WHATSAPP, "2")
    assert newest(world).team_id == sales.id
    assert returns.id != sales.id


def test_who_does_not_say_which_team_is_passed_on_all_the_same(world: World) -> None:
    add_team(world, "Ventas", topics=("large_cart",))
    rest = add_team(world, "Todo lo demás")
    world.says(WHATSAPP, ASKS)
    world.clock.forward(minutes=3)
    world.tick()
    assert newest(world).team_id == rest.id


def test_a_team_that_is_named_is_not_asked_for(world: World) -> None:
    sales = add_team(world, "Ventas")
    add_team(world, "Devoluciones")
    world.says(WHATSAPP, "quiero hablar con una persona de ventas")
    assert newest(world).team_id == sales.id


def test_the_bot_keeps_what_the_person_noted(world: World) -> None:
    agent = hire(world)
    world.says(WHATSAPP, ASKS)
    handoff = taken(world, agent)
    ending = desk.Ending(is_resolved=False, note="Espera la pieza", outcome="informed")
    with world.database.write() as uow:
        desk.give_back(uow, handoff.id, agent, ending, world.clock.now())
        uow.commit()
    world.bell.ring_turns(world.customer_id(PHONE))
    world.work()
    with world.database.read() as uow:
        slots = uow.conversations.get(world.customer_id(PHONE)).state.slots
    assert slots["handoff_summary"]["note"] == "Espera la pieza"
