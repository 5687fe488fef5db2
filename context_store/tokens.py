"""Codes that carry a session into the chat: used once, and tried a few times only."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, case, insert, select, update

from context_store.models.elsewhere import CodeTriesRow, ContextTokenRow
from context_store.records import (
    AddressId,
    ContextToken,
    ContextTokenId,
    CustomerId,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

tokens = table_of(ContextTokenRow)
tries = table_of(CodeTriesRow)
TOKEN = columns_of(ContextToken, tokens)

BY_DIGEST = select(*TOKEN).where(tokens.c.digest == bindparam("code"))


class Tokens:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: ContextToken) -> None:
        self._connection.execute(insert(tokens).values({**vars(token)}))

    def get(self, token_id: ContextTokenId) -> ContextToken | None:
        row = self._connection.execute(select(*TOKEN).where(tokens.c.id == token_id)).one_or_none()
        return to_record(ContextToken, row)

    def by_digest(self, digest: str) -> ContextToken | None:
        return to_record(ContextToken, self._connection.execute(BY_DIGEST, {"code": digest}).one_or_none())

    def use(self, token_id: ContextTokenId, customer_id: CustomerId, now: datetime) -> bool:
        """False when it was used, or has run out: of two who send it at once, one gets it."""
        statement = (
            update(tokens)
            .where(tokens.c.id == token_id, tokens.c.used_at.is_(None), tokens.c.expires_at > now)
            .values(used_at=now, used_by=customer_id)
        )
        return changed_rows(self._connection, statement) == 1

    def tries_since(self, address_id: AddressId, since: datetime) -> int:
        """How many codes were sent from there in vain."""
        query = select(tries.c.tries).where(tries.c.address_id == address_id, tries.c.began_at > since)
        return self._connection.execute(query).scalar_one_or_none() or 0

    def count_try(self, address_id: AddressId, since: datetime, now: datetime) -> None:
        """One more in vain; those before `since` are forgotten."""
        first = insert_or_ignore(self._connection.dialect.name, tries).values(
            address_id=address_id, began_at=now, tries=1
        )
        if changed_rows(self._connection, first) == 1:
            return
        is_over = tries.c.began_at <= since
        self._connection.execute(
            update(tries)
            .where(tries.c.address_id == address_id)
            .values(
                tries=case((is_over, 1), else_=tries.c.tries + 1),
                began_at=case((is_over, now), else_=tries.c.began_at),
            )
        )

    def give_back(self, token_id: ContextTokenId) -> None:
        """It was not for them: it is good for its owner as before."""
        self._connection.execute(
            update(tokens).where(tokens.c.id == token_id).values(used_at=None, used_by=None)
        )
