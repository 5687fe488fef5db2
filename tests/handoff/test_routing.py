"""Who gets a request: by team, skill, load, turn and presence."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context_store.records import Colleague, Presence
from handoff import routing
from handoff.routing import Staffing
from tests.doubles import NOON
from tests.handoff.staffing import OFFICE_HOURS, colleague, request, team

SALES = team("Sales", auto_assign=True, first_reply_minutes=15, next_reply_minutes=30)


def given_to(handoffs: list, staff: list, teams: list) -> list:  # type: ignore[type-arg]
    return [each.agent_id for each in routing.assign(handoffs, staff, teams, NOON)]


def test_the_least_busy_gets_it_and_among_equals_who_has_waited_longest() -> None:
    busy, rested, fresh = (
        colleague(SALES, load=2),
        colleague(SALES, last_assigned_at=NOON - timedelta(hours=1)),
        colleague(SALES, last_assigned_at=NOON),
    )
    waiting = [request(SALES) for _ in range(5)]
    staff = [busy, fresh, rested]
    expected = [rested, fresh, rested, fresh, busy]
    got = given_to(waiting, staff, [SALES])
    assert Counter(got[:4]) == Counter(one.agent.id for one in expected[:4])
    assert got[:2] == [rested.agent.id, fresh.agent.id]


@pytest.mark.parametrize(
    "able",
    [
        colleague(SALES, presence=Presence.AWAY),
        colleague(SALES, presence=Presence.OFFLINE),
        colleague(SALES, load=5),
        colleague(SALES, load=1, capacity=1),
        colleague(SALES, capacity=0),
        colleague(team("Other")),
        colleague(SALES, topics=("invoice",)),
        colleague(SALES, languages=("pt",)),
    ],
)
def test_who_cannot_take_it_does_not_get_it(able: Colleague) -> None:
    assert given_to([request(SALES, language="es")], [able], [SALES]) == []
    assert given_to([request(SALES, language="es")], [able, colleague(SALES)], [SALES]) != []


def test_nothing_is_given_out_after_hours_nor_by_a_team_that_takes_by_hand() -> None:
    closed = replace(SALES, hours=((),) * 7)
    by_hand = replace(SALES, auto_assign=False)
    for other in (closed, by_hand):
        assert given_to([request(other)], [colleague(other)], [other]) == []


def test_what_waits_for_somebody_is_theirs_and_only_theirs_until_it_is_overdue() -> None:
    ana, other = colleague(SALES, load=99), colleague(SALES)
    reserved = request(SALES, wanted_agent_id=ana.agent.id, reply_due_at=NOON + timedelta(minutes=1))
    assert given_to([reserved], [ana, other], [SALES]) == [ana.agent.id]
    gone = replace(ana, presence=Presence.OFFLINE)
    assert given_to([reserved], [gone, other], [SALES]) == []
    late = replace(reserved, reply_due_at=NOON)
    assert given_to([late], [gone, other], [SALES]) == [other.agent.id]


def test_a_snoozed_thread_of_no_team_finds_its_agent_again() -> None:
    ana = colleague()
    assert given_to([request(wanted_agent_id=ana.agent.id)], [ana], []) == [ana.agent.id]


@given(
    st.lists(st.integers(min_value=0, max_value=6), min_size=1, max_size=6),
    st.integers(min_value=0, max_value=40),
)
def test_nobody_gets_more_than_they_can_take_and_nothing_waits_while_there_is_room(
    loads: list[int], count: int
) -> None:
    staff = [colleague(SALES, load=load) for load in loads]
    got = Counter(given_to([request(SALES) for _ in range(count)], staff, [SALES]))
    room = {one.agent.id: max(0, SALES.capacity - one.load) for one in staff}
    assert all(got[agent_id] <= room[agent_id] for agent_id in room)
    assert got.total() == min(count, sum(room.values()))


def test_whose_matter_it_is() -> None:
    invoices, rest = team("Invoices", topics=("invoice",)), team("Rest")
    assert routing.team_for("invoice", [rest, invoices]) is invoices
    assert routing.team_for("asked", [invoices, rest]) is rest
    assert routing.team_for("asked", [invoices]) is invoices
    assert routing.team_for("asked", [invoices, team("B", topics=("anger",))]) is None


def test_only_an_open_question_is_asked() -> None:
    teams = [team("A"), team("B", topics=("complaint",))]
    assert routing.teams_to_ask("asked", teams) == teams
    assert routing.teams_to_ask("complaint", teams) == []
    assert routing.teams_to_ask("anger", teams) == []
    assert routing.teams_to_ask("asked", teams[:1]) == []


def test_what_the_customer_can_expect() -> None:
    assert routing.prospect(None, [], NOON).staffing is Staffing.FREE
    assert routing.prospect(SALES, [colleague(SALES)], NOON).staffing is Staffing.FREE
    busy = routing.prospect(SALES, [colleague(SALES, load=5)], NOON)
    assert (busy.staffing, busy.reply_minutes) == (Staffing.BUSY, 15)
    office = replace(SALES, hours=OFFICE_HOURS)
    closed = routing.prospect(office, [colleague(office)], NOON + timedelta(hours=10))
    assert (closed.staffing, closed.opens_at) == (Staffing.CLOSED, NOON + timedelta(hours=21))


def test_what_is_at_risk() -> None:
    due = request(SALES, reply_due_at=NOON + timedelta(minutes=20))
    assert not routing.is_at_risk(due, NOON)
    assert routing.is_at_risk(due, NOON + timedelta(minutes=15))
    assert routing.is_overdue(due, NOON + timedelta(minutes=20))
    assert not routing.is_at_risk(request(SALES), NOON)
