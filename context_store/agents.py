"""Members of staff and their sessions, which end on the server's word."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from context_store.models.desk import AgentRow, StaffSessionRow
from context_store.records import Agent, AgentId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

agents = table_of(AgentRow)
sessions = table_of(StaffSessionRow)
AGENT = columns_of(Agent, agents)


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

    def set_password(self, agent_id: AgentId, password_hash: str) -> None:
        """A new password; every session made with the old one ends."""
        self._connection.execute(
            update(agents).where(agents.c.id == agent_id).values(password_hash=password_hash)
        )
        self.end_sessions(agent_id)

    def open_session(self, token_hash: str, agent_id: AgentId, now: datetime, expires_at: datetime) -> None:
        self._connection.execute(
            insert(sessions).values(
                token_hash=token_hash, agent_id=agent_id, created_at=now, expires_at=expires_at
            )
        )

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

    def end_sessions(self, agent_id: AgentId) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.agent_id == agent_id))
