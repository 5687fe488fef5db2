"""Teams, who is in them, and who is there now with how much to do."""

from collections import defaultdict

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from context_store.handoffs import IS_OPEN, written
from context_store.models.base import DatabaseTime
from context_store.models.desk import AgentRow, HandoffRow
from context_store.models.staff import TeamMemberRow, TeamRow
from context_store.records import (
    Agent,
    AgentId,
    Colleague,
    HandoffStatus,
    Presence,
    Role,
    Team,
    TeamId,
)
from context_store.rows import columns_of, table_of, to_record

teams = table_of(TeamRow)
members = table_of(TeamMemberRow)
agents = table_of(AgentRow)
handoffs = table_of(HandoffRow)
TEAM = columns_of(Team, teams)
AGENT = columns_of(Agent, agents)

# Pages say every half a minute that they are open; this long after the last word they are gone.
PRESENT_SECONDS = 90.0

ACTIVE = select(*TEAM).where(teams.c.is_active).order_by(teams.c.name, teams.c.id)
IS_HERE = agents.c.seen_at > DatabaseTime(bindparam("since", -PRESENT_SECONDS))
# What counts against a colleague's capacity: a snoozed thread does not.
LOADS = (
    select(handoffs.c.agent_id, func.count().label("load"))
    .where(IS_OPEN, handoffs.c.status == written(HandoffStatus.ASSIGNED), handoffs.c.agent_id.is_not(None))
    .group_by(handoffs.c.agent_id)
)
HELPERS = select(
    *AGENT, case((IS_HERE, agents.c.presence), else_=Presence.OFFLINE).label("shown_presence")
).where(agents.c.is_active, agents.c.role.in_((Role.AGENT, Role.SUPERVISOR, Role.ADMIN)))


class Teams:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, team: Team) -> None:
        """Add it, or write over the one of that id."""
        values = vars(team)
        changed = self._connection.execute(update(teams).where(teams.c.id == team.id).values(values))
        if not changed.rowcount:
            self._connection.execute(insert(teams).values(values))

    def get(self, team_id: TeamId) -> Team | None:
        row = self._connection.execute(select(*TEAM).where(teams.c.id == team_id)).one_or_none()
        return to_record(Team, row)

    def active(self) -> list[Team]:
        return [Team(**row._mapping) for row in self._connection.execute(ACTIVE)]

    def all(self) -> list[Team]:
        rows = self._connection.execute(
            select(*TEAM).order_by(teams.c.is_active.desc(), teams.c.name, teams.c.id)
        )
        return [Team(**row._mapping) for row in rows]

    def has_name(self, name: str, but: TeamId) -> bool:
        """Is another team called that?"""
        query = select(teams.c.id).where(func.lower(teams.c.name) == name.casefold(), teams.c.id != but)
        return self._connection.execute(query).first() is not None

    def set_members(self, team_id: TeamId, agent_ids: list[AgentId]) -> None:
        self._connection.execute(delete(members).where(members.c.team_id == team_id))
        rows = [{"team_id": team_id, "agent_id": agent_id} for agent_id in dict.fromkeys(agent_ids)]
        if rows:
            self._connection.execute(insert(members), rows)

    def join(self, team_id: TeamId, agent_id: AgentId) -> None:
        self._connection.execute(insert(members).values(team_id=team_id, agent_id=agent_id))

    def memberships(self) -> dict[AgentId, frozenset[TeamId]]:
        found: dict[AgentId, set[TeamId]] = defaultdict(set)
        for row in self._connection.execute(select(members.c.team_id, members.c.agent_id)):
            found[AgentId(row.agent_id)].add(TeamId(row.team_id))
        return {agent_id: frozenset(ids) for agent_id, ids in found.items()}

    def colleagues(self) -> list[Colleague]:
        """Everybody who may have threads, with presence and load, by name."""
        teams_of = self.memberships()
        loads = {row.agent_id: row.load for row in self._connection.execute(LOADS)}
        found = []
        for row in self._connection.execute(HELPERS.order_by(agents.c.name, agents.c.id)):
            values = dict(row._mapping)
            presence = Presence(values.pop("shown_presence"))
            agent = Agent(**values)
            found.append(
                Colleague(
                    agent=agent,
                    presence=presence,
                    team_ids=teams_of.get(agent.id, frozenset()),
                    load=loads.get(agent.id, 0),
                )
            )
        return found
