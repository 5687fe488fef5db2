"""Members of staff and their sessions, which end on the server's word."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from context_store.models.base import DatabaseTime
from context_store.models.desk import AgentRow, StaffSessionRow
from context_store.records import Agent, AgentId, Presence, Role, StaffSession
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

agents = table_of(AgentRow)
sessions = table_of(StaffSessionRow)
AGENT = columns_of(Agent, agents)
SESSION = columns_of(StaffSession, sessions)


class Agents:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, agent: Agent, password_hash: str) -> None:
        self._connection.execute(insert(agents).values({**vars(agent), "password_hash": password_hash}))

    def add_first(self, agent: Agent, password_hash: str) -> bool:
        """Add them if there is nobody yet. False when somebody is there already."""
        if self.count():
            return False
        # Two processes that start at once both see nobody: the e-mail's unique key lets one of them in.
        statement = insert_or_ignore(self._connection.dialect.name, agents).values(
            {**vars(agent), "password_hash": password_hash}
        )
        return changed_rows(self._connection, statement) == 1

    def get(self, agent_id: AgentId) -> Agent | None:
        row = self._connection.execute(select(*AGENT).where(agents.c.id == agent_id)).one_or_none()
        return to_record(Agent, row)

    def with_password(self, email: str) -> tuple[Agent, str] | None:
        """The active agent of that e-mail and their password's hash."""
        row = self._connection.execute(
            select(*AGENT, agents.c.password_hash).where(
                agents.c.email == email.strip().casefold(), agents.c.is_active
            )
        ).one_or_none()
        if row is None:
            return None
        values = dict(row._mapping)
        password_hash = str(values.pop("password_hash"))
        return Agent(**values), password_hash

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(agents)).scalar_one())

    def names(self) -> dict[AgentId, str]:
        rows = self._connection.execute(select(agents.c.id, agents.c.name))
        return {AgentId(row.id): row.name for row in rows}

    def set_password(self, agent_id: AgentId, password_hash: str, but: str | None = None) -> None:
        """A new password; every session made with the old one ends, except that of this token's hash."""
        self._connection.execute(
            update(agents).where(agents.c.id == agent_id).values(password_hash=password_hash)
        )
        self.end_sessions(agent_id, but)

    def all(self) -> list[Agent]:
        """Everybody, those who have left last."""
        rows = self._connection.execute(
            select(*AGENT).order_by(agents.c.is_active.desc(), agents.c.name, agents.c.id)
        )
        return [Agent(**row._mapping) for row in rows]

    def with_email(self, email: str) -> Agent | None:
        """The active agent of that e-mail."""
        row = self._connection.execute(
            select(*AGENT).where(agents.c.email == email.strip().casefold(), agents.c.is_active)
        ).one_or_none()
        return to_record(Agent, row)

    def has_email(self, email: str) -> bool:
        """Also of somebody who has left."""
        query = select(agents.c.id).where(agents.c.email == email.strip().casefold())
        return self._connection.execute(query).first() is not None

    def count_active(self, role: Role) -> int:
        query = select(func.count()).where(agents.c.role == role, agents.c.is_active)
        return int(self._connection.execute(query).scalar_one())

    def update(self, agent: Agent) -> None:
        """Write what an administrator may change."""
        values = {
            "name": agent.name,
            "role": agent.role,
            "is_active": agent.is_active,
            "topics": agent.topics,
            "languages": agent.languages,
            "capacity": agent.capacity,
        }
        self._connection.execute(update(agents).where(agents.c.id == agent.id).values(values))

    def set_presence(self, agent_id: AgentId, presence: Presence) -> None:
        values = {"presence": presence, "seen_at": DatabaseTime()}
        self._connection.execute(update(agents).where(agents.c.id == agent_id).values(values))

    def seen(self, agent_id: AgentId) -> None:
        """A sign of life of one of their pages."""
        self._connection.execute(update(agents).where(agents.c.id == agent_id).values(seen_at=DatabaseTime()))

    def assigned(self, agent_id: AgentId, now: datetime) -> None:
        """They have just been given a thread: the next one goes to somebody else, all else being equal."""
        self._connection.execute(update(agents).where(agents.c.id == agent_id).values(last_assigned_at=now))

    def open_session(self, token_hash: str, session: StaffSession) -> None:
        self._connection.execute(insert(sessions).values({**vars(session), "token_hash": token_hash}))

    def sessions_of(self, agent_id: AgentId, now: datetime) -> list[StaffSession]:
        """Those that still hold, the newest first."""
        rows = self._connection.execute(
            select(*SESSION)
            .where(sessions.c.agent_id == agent_id, sessions.c.expires_at > now)
            .order_by(sessions.c.created_at.desc())
        )
        return [StaffSession(**row._mapping) for row in rows]

    def session_by(self, token_hash: str) -> StaffSession | None:
        row = self._connection.execute(
            select(*SESSION).where(sessions.c.token_hash == token_hash)
        ).one_or_none()
        return to_record(StaffSession, row)

    def session_seen(self, token_hash: str, now: datetime) -> None:
        self._connection.execute(
            update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now)
        )

    def end_one(self, agent_id: AgentId, session_id: UUID) -> bool:
        """End that session of theirs. False when they have none of that name."""
        statement = delete(sessions).where(sessions.c.id == session_id, sessions.c.agent_id == agent_id)
        return changed_rows(self._connection, statement) == 1

    def of_session(self, token_hash: str, now: datetime) -> Agent | None:
        row = self._connection.execute(
            select(*AGENT)
            .join(sessions, sessions.c.agent_id == agents.c.id)
            .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now, agents.c.is_active)
        ).one_or_none()
        return to_record(Agent, row)

    def end_expired_sessions(self, now: datetime) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= now))

    def end_session(self, token_hash: str) -> bool:
        statement = delete(sessions).where(sessions.c.token_hash == token_hash)
        return changed_rows(self._connection, statement) == 1

    def end_sessions(self, agent_id: AgentId, but: str | None = None) -> int:
        """All of theirs, except the one of that token's hash. How many ended."""
        statement = delete(sessions).where(sessions.c.agent_id == agent_id)
        if but is not None:
            statement = statement.where(sessions.c.token_hash != but)
        return changed_rows(self._connection, statement)
