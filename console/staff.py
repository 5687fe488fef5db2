"""Members of staff: passwords, sessions, invitations, and the first of them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from console.parts import ConsoleParts
from context_store.database import Database
from context_store.records import Agent, AgentId, Invitation, Role, StaffSession, TeamId, new_id
from context_store.unit_of_work import UnitOfWork

SESSION_LASTS = timedelta(hours=12)
LONGEST_PASSWORD = 1000
SHORTEST_PASSWORD = 10
INVITATION_LASTS = timedelta(days=7)
# argon2id, at RFC 9106's parameters for a server that has other things to do.
HASHER = PasswordHasher()


def ensure_first_admin(database: Database, email: str, password: str | None, now: datetime) -> str | None:
    """Create the first admin while there is no member of staff.

    Returns the password if it was made here, so that it can be shown this once, else None.
    """
    with database.read() as uow:
        if uow.agents.count():
            return None
    made = None if password else secrets.token_urlsafe(12)
    admin = Agent(
        id=AgentId(new_id()),
        email=email.strip().casefold(),
        name="Admin",
        role=Role.ADMIN,
        created_at=now,
    )
    password_hash = HASHER.hash(password or made or "")
    with database.write() as uow:
        is_first = uow.agents.add_first(admin, password_hash)
        uow.commit()
    return made if is_first else None


def new_password(database: Database, email: str) -> str | None:
    """Give that member of staff a new password, and end their sessions. None when there is no such e-mail."""
    with database.write() as uow:
        found = uow.agents.with_password(email)
        if found is None:
            return None
        password = secrets.token_urlsafe(12)
        uow.agents.set_password(found[0].id, HASHER.hash(password))
        uow.commit()
    return password


def agent_with(database: Database, email: str, password: str) -> Agent | None:
    """The active agent of that e-mail and password. Takes as long when there is no such e-mail."""
    with database.read() as uow:
        found = uow.agents.with_password(email)
    agent, password_hash = found or (None, _hash_of_nobody())
    return agent if _matches(password_hash, password) else None


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where somebody signs in from, for the list of their sessions."""

    address: str = ""
    browser: str = ""


def open_session(
    parts: ConsoleParts, agent: Agent, replaced: str | None, visitor: Visitor | None = None
) -> str:
    """A new session, whose token is returned; the one that the browser had before ends."""
    with parts.database.write() as uow:
        token = add_session(uow, parts, agent, replaced, visitor)
        uow.commit()
    return token


def add_session(
    uow: UnitOfWork, parts: ConsoleParts, agent: Agent, replaced: str | None, visitor: Visitor | None = None
) -> str:
    token, now = secrets.token_urlsafe(32), parts.real_now()
    visitor = visitor or Visitor()
    if replaced:
        uow.agents.end_session(hash_of(replaced))
    uow.agents.end_expired_sessions(now)
    session = StaffSession(
        id=new_id(),
        agent_id=agent.id,
        created_at=now,
        expires_at=now + SESSION_LASTS,
        seen_at=now,
        address=visitor.address[:64],
        browser=visitor.browser[:200],
    )
    uow.agents.open_session(hash_of(token), session)
    return token


def agent_of(parts: ConsoleParts, token: str) -> Agent | None:
    with parts.database.read() as uow:
        return uow.agents.of_session(hash_of(token), parts.real_now())


def end_session(parts: ConsoleParts, token: str) -> None:
    with parts.database.write() as uow:
        uow.agents.end_session(hash_of(token))
        uow.commit()


@dataclass(frozen=True, kw_only=True)
class Invited:
    email: str
    name: str
    role: Role
    team_id: TeamId | None = None


def invite(uow: UnitOfWork, invited: Invited, by: Agent, now: datetime) -> str:
    """A new invitation in place of any before it. Returns its token, which nobody can read later."""
    token = secrets.token_urlsafe(32)
    uow.invitations.revoke_of(invited.email, now)
    invitation = Invitation(
        id=new_id(),
        email=invited.email,
        name=invited.name,
        role=invited.role,
        team_id=invited.team_id,
        invited_by=by.id,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    uow.invitations.add(invitation, hash_of(token))
    return token


def accept(
    uow: UnitOfWork, invitation: Invitation, name: str, password_hash: str, now: datetime
) -> Agent | None:
    """The new member of staff. None when the invitation was used or taken back meanwhile."""
    if not uow.invitations.use(invitation.id, now) or uow.agents.has_email(invitation.email):
        return None
    agent = Agent(
        id=AgentId(new_id()), email=invitation.email, name=name, role=invitation.role, created_at=now
    )
    uow.agents.add(agent, password_hash)
    if invitation.team_id is not None and uow.teams.get(invitation.team_id) is not None:
        uow.teams.join(invitation.team_id, agent.id)
    return agent


def is_good_password(password: str, email: str) -> bool:
    """Long enough, and not what everybody knows of them."""
    return (
        SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD
        and password.casefold() != email.casefold()
        and len(set(password)) > 3
    )


def hash_of(token: str) -> str:
    """What the table keeps. The token is random, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))
