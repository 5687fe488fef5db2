"""Who answers whom, and when? Teams, skills, load, targets. Pure: records in, a choice out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from context_store.records import (
    AgentId,
    Colleague,
    Handoff,
    HandoffId,
    HandoffStatus,
    Presence,
    Team,
    TeamId,
)
from handoff.hours import after_working, is_open, next_opening

# Where no team says how much one can do at once.
USUAL_CAPACITY = 5


class Staffing(StrEnum):
    """What somebody who asks for a person can expect now."""

    FREE = "free"
    BUSY = "busy"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What the customer is told when they ask."""

    staffing: Staffing
    # When it is closed: when it opens; None when nobody knows.
    opens_at: datetime | None = None
    # The team's target, in minutes; None: none is promised.
    reply_minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    handoff_id: HandoffId
    agent_id: AgentId


def team_for(reason: str, teams: Sequence[Team]) -> Team | None:
    """The team whose matter it is, else the one that takes the rest, else the only one."""
    named = next((team for team in teams if reason in team.topics), None)
    rest = next((team for team in teams if not team.topics), None)
    return named or rest or (teams[0] if len(teams) == 1 else None)


def teams_to_ask(reason: str, teams: Sequence[Team]) -> list[Team]:
    """The teams between which only the customer can choose; empty where no question is needed.

    Who is angry or was not understood is not asked one more thing.
    """
    is_open_question = reason == "asked" and not any(reason in team.topics for team in teams)
    return list(teams) if is_open_question and len(teams) > 1 else []


def prospect(team: Team | None, staff: Sequence[Colleague], now: datetime) -> Prospect:
    """Without a team there are no hours and no target: nothing is promised."""
    if team is None:
        return Prospect(staffing=Staffing.FREE)
    if not is_open(team, now):
        return Prospect(
            staffing=Staffing.CLOSED,
            opens_at=next_opening(team, now),
            reply_minutes=team.first_reply_minutes,
        )
    is_free = any(has_room(one, (team,)) for one in staff if is_member(one, team))
    return Prospect(
        staffing=Staffing.FREE if is_free else Staffing.BUSY, reply_minutes=team.first_reply_minutes
    )


def reply_due(team: Team | None, now: datetime, *, is_first: bool) -> datetime | None:
    """When a reply to what was said now is due, in the team's working time; None: no target."""
    if team is None:
        return None
    minutes = team.first_reply_minutes if is_first else team.next_reply_minutes
    return after_working(team, now, timedelta(minutes=minutes)) if minutes else None


def assign(
    waiting: Iterable[Handoff], staff: Sequence[Colleague], teams: Sequence[Team], now: datetime
) -> list[Assignment]:
    """Who gets which waiting request, longest wait first, round robin by load.

    One that waits for somebody is given to them in any team, and to nobody else until its reply is overdue.
    """
    by_id = {team.id: team for team in teams}
    at_work = {one.agent.id: one for one in staff}
    found: list[Assignment] = []
    for handoff in waiting:
        chosen = _choose(handoff, list(at_work.values()), by_id, now)
        if chosen is None:
            continue
        found.append(Assignment(handoff_id=handoff.id, agent_id=chosen.agent.id))
        agent = replace(chosen.agent, last_assigned_at=now)
        at_work[agent.id] = replace(chosen, agent=agent, load=chosen.load + 1)
    return found


def _choose(
    handoff: Handoff, staff: Sequence[Colleague], teams: dict[TeamId, Team], now: datetime
) -> Colleague | None:
    wanted = next((one for one in staff if one.agent.id == handoff.wanted_agent_id), None)
    if wanted is not None:
        # What is theirs already is not refused for being one too many.
        if wanted.presence is Presence.ONLINE:
            return wanted
        if not is_overdue(handoff, now):
            return None
    team = teams.get(handoff.team_id) if handoff.team_id else None
    if team is None or not team.auto_assign or not is_open(team, now):
        return None
    able = [
        one
        for one in staff
        if is_member(one, team) and has_room(one, list(teams.values())) and has_skill(one, handoff)
    ]
    return min(able, key=_turn, default=None)


def is_member(one: Colleague, team: Team) -> bool:
    return team.id in one.team_ids


def has_room(one: Colleague, teams: Sequence[Team]) -> bool:
    return one.presence is Presence.ONLINE and one.load < capacity_of(one, teams)


def capacity_of(one: Colleague, teams: Sequence[Team]) -> int:
    """Their own number, else the most that one of their teams says."""
    if one.agent.capacity is not None:
        return one.agent.capacity
    return max((team.capacity for team in teams if team.id in one.team_ids), default=USUAL_CAPACITY)


def has_skill(one: Colleague, handoff: Handoff) -> bool:
    """Nobody has to name a skill: who names none takes all."""
    topics, languages = one.agent.topics, one.agent.languages
    speaks = not languages or handoff.language is None or handoff.language in languages
    return speaks and (not topics or handoff.reason in topics)


def is_overdue(handoff: Handoff, now: datetime) -> bool:
    return handoff.reply_due_at is not None and handoff.reply_due_at <= now


def is_at_risk(handoff: Handoff, now: datetime, share: float = 0.25) -> bool:
    """Less than a quarter of the time is left, or none."""
    if handoff.reply_due_at is None or handoff.status is HandoffStatus.SNOOZED:
        return False
    whole = handoff.reply_due_at - handoff.requested_at
    return handoff.reply_due_at - now <= whole * share


def _turn(one: Colleague) -> tuple[int, float, str]:
    """The least busy first; among equals whoever has waited longest for a thread."""
    last = one.agent.last_assigned_at
    return one.load, last.timestamp() if last else 0.0, str(one.agent.id)
