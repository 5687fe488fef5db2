"""How staff get in: invitations that are used once, and tries that are counted for all processes."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from context_store.models.staff import InvitationRow, SignInTryRow
from context_store.records import Invitation
from context_store.rows import changed_rows, columns_of, table_of, to_record

invitations = table_of(InvitationRow)
tries = table_of(SignInTryRow)
INVITATION = columns_of(Invitation, invitations)
IS_OPEN = invitations.c.used_at.is_(None) & invitations.c.revoked_at.is_(None)


class Invitations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, invitation: Invitation, token_hash: str) -> None:
        self._connection.execute(insert(invitations).values({**vars(invitation), "token_hash": token_hash}))

    def open_by(self, token_hash: str, now: datetime) -> Invitation | None:
        """The invitation of that token, while it can still be accepted."""
        row = self._connection.execute(
            select(*INVITATION).where(
                invitations.c.token_hash == token_hash, IS_OPEN, invitations.c.expires_at > now
            )
        ).one_or_none()
        return to_record(Invitation, row)

    def use(self, invitation_id: UUID, now: datetime) -> bool:
        """False when somebody was quicker, or it was taken back or has expired meanwhile."""
        statement = (
            update(invitations)
            .where(invitations.c.id == invitation_id, IS_OPEN, invitations.c.expires_at > now)
            .values(used_at=now)
        )
        return changed_rows(self._connection, statement) == 1

    def revoke(self, invitation_id: UUID, now: datetime) -> Invitation | None:
        """None when there is none to take back."""
        statement = (
            update(invitations).where(invitations.c.id == invitation_id, IS_OPEN).values(revoked_at=now)
        )
        if not changed_rows(self._connection, statement):
            return None
        row = self._connection.execute(
            select(*INVITATION).where(invitations.c.id == invitation_id)
        ).one_or_none()
        return to_record(Invitation, row)

    def revoke_of(self, email: str, now: datetime) -> None:
        """A new invitation takes the place of those before it."""
        self._connection.execute(
            update(invitations).where(invitations.c.email == email, IS_OPEN).values(revoked_at=now)
        )

    def open(self, now: datetime) -> list[Invitation]:
        rows = self._connection.execute(
            select(*INVITATION)
            .where(IS_OPEN, invitations.c.expires_at > now)
            .order_by(invitations.c.created_at.desc())
        )
        return [Invitation(**row._mapping) for row in rows]


class SignInTries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, key: str, since: datetime) -> tuple[int, datetime | None]:
        """How many since then, and when the first of them was."""
        row = self._connection.execute(
            select(func.count(), func.min(tries.c.at)).where(tries.c.key == key, tries.c.at > since)
        ).one()
        return int(row[0]), row[1]

    def add(self, keys: list[str], now: datetime, kept: timedelta) -> None:
        """Count one for each key, and forget what is too old to matter."""
        self._connection.execute(delete(tries).where(tries.c.at <= now - kept))
        self._connection.execute(insert(tries), [{"key": key, "at": now} for key in keys])

    def forget(self, key: str) -> None:
        self._connection.execute(delete(tries).where(tries.c.key == key))
