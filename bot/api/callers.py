"""Who calls the API and what they may: keys with scopes, of which only a hash is kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

from flask import request

from bot.api.problems import Problem
from bot.parts import Parts
from context_store.records import ApiKeyId

PREFIX = "hilo_"
LONGEST_KEY = 200


class Scope(StrEnum):
    """What a key may do. A key has the scopes that it was made with."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_SEARCH = "customers:search"
    CUSTOMERS_WRITE = "customers:write"
    ENTRIES_WRITE = "entries:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    HANDOFFS_READ = "handoffs:read"
    HANDOFFS_WRITE = "handoffs:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    CARTS_READ = "carts:read"
    PROMOTIONS_READ = "promotions:read"
    PROMOTIONS_WRITE = "promotions:write"


EVERYTHING = frozenset(Scope)


@dataclass(frozen=True, kw_only=True)
class Caller:
    # Tells two keys apart; never the key.
    name: str
    scopes: frozenset[Scope]
    key_id: ApiKeyId | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        if not self.may(scope):
            raise Problem(403, "scope-missing", f"this key has no scope {scope.value}")


def new_key() -> str:
    return f"{PREFIX}{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> str:
    # The key is random: there is nothing to guess, so a quick hash will do.
    return hashlib.sha256(key.encode()).hexdigest()


def authenticate(parts: Parts) -> Caller:
    """Whose key it is. Raises `Problem` 401."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if kind.lower() != "bearer" or not given or len(given) > LONGEST_KEY:
        raise _unknown()
    for key in parts.settings.api_keys:
        if hmac.compare_digest(key.encode(), given.encode("utf-8", "replace")):
            return Caller(name=f"env:{hash_of(key)[:8]}", scopes=EVERYTHING)
    return _from_store(parts, hash_of(given))


def _from_store(parts: Parts, key_hash: str) -> Caller:
    # Found by its hash: how long that takes tells nothing of the key.
    with parts.database.read() as uow:
        key = uow.api_access.key_by_hash(key_hash)
    if key is None:
        raise _unknown()
    now = parts.now()
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() >= 60:
        with parts.database.alone(is_hasty=True) as uow:
            uow.api_access.note_use(key.id, now)
    known = {scope.value for scope in Scope}
    return Caller(
        name=f"key:{key.name}"[:80],
        scopes=frozenset(Scope(word) for word in key.scopes if word in known),
        key_id=key.id,
    )


def _unknown() -> Problem:
    return Problem(
        401,
        "unknown-key",
        "send an API key that is known here: Authorization: Bearer <key>",
        headers={"WWW-Authenticate": 'Bearer realm="hilo"'},
    )
