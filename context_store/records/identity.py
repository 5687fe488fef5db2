"""Whose an identifier is, by what evidence, and what was decided about two who may be one person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from context_store.records.ids import CustomerId
from context_store.records.people import Identifier


class Method(StrEnum):
    """How we came to know. Only some of them prove that two are one: see `identity_rules`."""

    # The carrier told it with a message: they have the number in their hands.
    CARRIER = "carrier"
    # A code or link of ours that was made for a session came back from them.
    TOKEN = "token"
    # A shop that had signed them in told both ids.
    LOGIN = "login"
    # A shop told that its old id is now another.
    ALIAS = "alias"
    # Somebody told a shop, and the shop told us.
    IDENTIFY = "identify"
    IMPORT = "import"
    STAFF = "staff"
    COMMAND = "command"


class ConflictStatus(StrEnum):
    OPEN = "open"
    JOINED = "joined"
    KEPT_APART = "kept_apart"


class IdentityChangeKind(StrEnum):
    MERGED = "merged"
    UNMERGED = "unmerged"
    DISPUTED = "disputed"
    KEPT_APART = "kept_apart"
    UNLINKED = "unlinked"


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Two customers whom something says to be one, and not well enough."""

    id: UUID
    first_id: CustomerId
    second_id: CustomerId
    # None: staff said it by themselves.
    identifier: Identifier | None
    method: Method
    source: str
    reason: str
    status: ConflictStatus
    opened_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Why:
    """On whose word something about identities is changed."""

    method: Method
    actor: str
    reason: str = ""
    identifier: Identifier | None = None

    def as_json(self) -> dict[str, Any]:
        named = self.identifier
        return {"kind": named.kind.value, "value": named.value} if named else {}


@dataclass(frozen=True, kw_only=True)
class IdentityChange:
    """One line of the record; nothing is taken out of it."""

    number: int
    kind: IdentityChangeKind
    customer_id: CustomerId
    other_id: CustomerId | None
    method: Method
    actor: str
    reason: str
    evidence: dict[str, Any]
    undo: dict[str, Any]
    created_at: datetime
