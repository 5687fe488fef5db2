"""Members of staff: passwords, sessions, tries, and the first of them."""

import hashlib
import math
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from console.parts import ConsoleParts
from context_store.database import Database
from context_store.records import Agent, AgentId, Role, new_id

SESSION_LASTS = timedelta(hours=12)
LONGEST_PASSWORD = 1000
TRIES = RateLimitItemPerMinute(10, 15)
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


def open_session(parts: ConsoleParts, agent: Agent, replaced: str | None) -> str:
    """A new session, whose token is returned; the one that the browser had before ends."""
    token = secrets.token_urlsafe(32)
    now = parts.real_now()
    with parts.database.write() as uow:
        if replaced:
            uow.agents.end_session(hash_of(replaced))
        uow.agents.end_expired_sessions(now)
        uow.agents.open_session(hash_of(token), agent.id, now, now + SESSION_LASTS)
        uow.commit()
    return token


def agent_of(parts: ConsoleParts, token: str) -> Agent | None:
    with parts.database.read() as uow:
        return uow.agents.of_session(hash_of(token), parts.real_now())


def end_session(parts: ConsoleParts, token: str) -> None:
    with parts.database.write() as uow:
        uow.agents.end_session(hash_of(token))
        uow.commit()


def hash_of(token: str) -> str:
    """What the table keeps. The token is random, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Tries:
    """Failed sign-ins of the last quarter of an hour, per account and address and per address.

    In memory, so each process counts its own: with four of them somebody has four times as many tries,
    which is still hopeless against a password.
    """

    limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def begin(self, email: str, address: str) -> int | None:
        """Count a try on the account. Returns the minutes to wait when there were too many."""
        by_account = ("account", _short(email), address)
        by_address = ("address", address)
        if not self.limiter.test(TRIES, *by_address):
            return self._minutes(*by_address)
        # Counted before the password is looked at, so that tries at the same moment count too.
        if not self.limiter.hit(TRIES, *by_account):
            return self._minutes(*by_account)
        return None

    def failed(self, address: str) -> None:
        self.limiter.hit(TRIES, "address", address)

    def succeeded(self, email: str, address: str) -> None:
        self.limiter.clear(TRIES, "account", _short(email), address)

    def _minutes(self, *key: str) -> int:
        seconds = self.limiter.get_window_stats(TRIES, *key).reset_time - time.time()
        return max(1, math.ceil(seconds / 60))


def _short(email: str) -> str:
    return hashlib.sha256(email.strip().casefold().encode()).hexdigest()[:32]


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))
