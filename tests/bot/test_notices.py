"""What is told, when, and for how long it is kept; and that it costs nothing while nobody listens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.retention import tidy
from context_store.records import (
    Agent,
    AgentId,
    Enrollment,
    EnrollmentId,
    EnrollmentStatus,
    Method,
    NoticeKind,
    Role,
    Survey,
    SurveyAnswer,
    SurveyId,
    new_id,
)
from context_store.records.identity import Why
from handoff import desk
from tests.bot.helpers import LONG_AGO, LUCIA, count_rows, execute
from tests.bot.receivers import (
    Receiver,
    add_endpoint,
    deliver_all,
    lenient,
    listening,
)
from tests.world import World

MARIO = "+34600000002"


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    yield lenient(world)
    world.database.wanted.kinds = frozenset()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


def test_without_an_endpoint_no_statement_asks_about_it(world: World) -> None:
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        sent.append(statement)

    event.listen(world.database._engine, "before_cursor_execute", note)
    answers = world.says(LUCIA, "quiero hablar con una persona")
    world.status(world.channel.sent[-1], "delivered")
    event.remove(world.database._engine, "before_cursor_execute", note)
    assert answers
    assert len(sent) > 5
    assert [each for each in sent if "notices" in each or "webhook_" in each] == []


def test_what_is_old_goes_and_what_was_told_again_stays(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
    for text in ("uno", "dos"):
        shop.says(LUCIA, text)
    deliver_all(shop)
    for table, column in (("notices", "created_at"), ("webhook_deliveries", "created_at")):
        execute(shop, f"UPDATE {table} SET {column} = ?", LONG_AGO)
    execute(shop, "UPDATE webhook_tries SET started_at = ? WHERE delivery = 1", LONG_AGO)
    gone = tidy(shop.house.parts, datetime.now(UTC))
    assert [gone[table] for table in ("webhook_tries", "webhook_deliveries", "notices")] == [1, 1, 1]
    assert count_rows(shop, "notices") == 1


def test_each_kind_has_its_moment(shop: World, receiver: Receiver) -> None:
    """Journeys, surveys and agents, as they run today."""
    add_endpoint(shop, receiver.url)
    shop.says(LUCIA, "quiero hablar con una persona")
    customer_id, now = shop.customer_id(LUCIA), shop.clock.now()
    agent = Agent(id=AgentId(new_id()), email="a@x.example", name="Ana", role=Role.AGENT, created_at=now)
    run = Enrollment(
        id=EnrollmentId(new_id()),
        customer_id=customer_id,
        journey="cart",
        version=1,
        entry_key="c1",
        status=EnrollmentStatus.WAITING,
        entered_at=now,
        updated_at=now,
    )
    survey = Survey(id=SurveyId(new_id()), customer_id=customer_id, asked_at=now)
    answer = SurveyAnswer(survey_id=survey.id, question="why", answer="mi secreto", answered_at=now)
    with shop.database.write() as uow:
        uow.agents.add(agent, "no password")
        request = uow.handoffs.open_of(customer_id)
        desk.take(uow, request.id, agent.id, now)
        desk.give_back(uow, request.id, agent, desk.Ending(is_resolved=True, note="privado"), now)
        uow.enrollments.add(run)
        uow.enrollments.move(run.id, EnrollmentStatus.COMPLETED, now)
        uow.surveys.add(survey, timedelta(0))
        uow.surveys.keep(answer, is_bad=False, is_text=True)
        uow.notices.add(NoticeKind.CUSTOMER_MERGED, customer_id, {"merged": "x"})
        uow.commit()
    deliver_all(shop)
    wanted = {
        "handoff.requested",
        "handoff.assigned",
        "handoff.resolved",
        "journey.entered",
        "journey.completed",
        "survey.answered",
        "customer.merged",
    }
    assert wanted <= set(receiver.types)
    bodies = b"".join(got.body for got in receiver.got)
    assert b"secreto" not in bodies
    assert b"privado" not in bodies


def test_a_merge_and_its_undoing_are_told(shop: World, receiver: Receiver) -> None:
    add_endpoint(shop, receiver.url, NoticeKind.CUSTOMER_MERGED, NoticeKind.CUSTOMER_UNMERGED)
    for phone in (LUCIA, MARIO):
        shop.says(phone, "hola")
    lucia, mario = shop.customer_id(LUCIA), shop.customer_id(MARIO)
    why = Why(method=Method.STAFF, actor="a test")
    with shop.database.write() as uow:
        assert uow.customers.merges.merge(lucia, mario, why, shop.clock.now())
        uow.customers.merges.unmerge(mario, why, shop.clock.now())
        uow.commit()
    deliver_all(shop)
    told = [(got.told["type"], got.told["customer"]["id"], got.told["data"]) for got in receiver.got]
    assert told == [
        ("customer.merged", str(lucia), {"merged_id": str(mario)}),
        ("customer.unmerged", str(lucia), {"merged_id": str(mario)}),
    ]
