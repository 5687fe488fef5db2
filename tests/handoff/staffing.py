"""Teams, colleagues and requests to decide about."""

from typing import Any

from context_store.records import (
    Agent,
    AgentId,
    Colleague,
    CustomerId,
    Handoff,
    HandoffId,
    HandoffStatus,
    Presence,
    Role,
    Team,
    TeamId,
    new_id,
)
from tests.doubles import NOON

OFFICE_HOURS = ((("09:00-14:00", "16:00-20:00"),) * 5) + ((), ())


def team(name: str = "Sales", **more: Any) -> Team:
    return Team(id=TeamId(new_id()), name=name, **more)


def colleague(*teams: Team, load: int = 0, presence: Presence = Presence.ONLINE, **more: Any) -> Colleague:
    agent_id = AgentId(new_id())
    agent = Agent(
        id=agent_id, email=f"{agent_id}@x.example", name="Ana", role=Role.AGENT, created_at=NOON, **more
    )
    team_ids = frozenset(each.id for each in teams)
    return Colleague(agent=agent, presence=presence, team_ids=team_ids, load=load)


def request(of: Team | None = None, **more: Any) -> Handoff:
    values = {"status": HandoffStatus.QUEUED, "reason": "asked", "requested_at": NOON, **more}
    return Handoff(
        id=HandoffId(new_id()), customer_id=CustomerId(new_id()), team_id=of.id if of else None, **values
    )
