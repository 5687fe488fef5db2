"""The files of customers' messages: what is still to be fetched, and what became of each.

The contents lie in a folder; this knows their place there, and never opens one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Float, and_, bindparam, insert, literal, select, update

from context_store.models.base import DatabaseTime, Word
from context_store.models.engine import MediaFileRow
from context_store.records import Media, MediaFile, MediaFileId, MediaStatus, MessageId, new_id
from context_store.rows import changed_rows, columns_of, table_of, to_record

files = table_of(MediaFileRow)
FILE = columns_of(MediaFile, files)
LONGEST_REASON = 200


def _is(status: MediaStatus) -> Any:
    """Written out, not bound, for the partial indexes' sake."""
    return files.c.status == literal(status, Word(MediaStatus), literal_execute=True)


ADD = insert(files).values(status=MediaStatus.WAITING, not_before=DatabaseTime(), attempt=0)
IS_DUE = and_(_is(MediaStatus.WAITING), files.c.not_before <= DatabaseTime())
LOOK = select(files.c.id).where(IS_DUE).limit(1)
# `not_before` is the lease as well: who vanishes in the act has put it off by that much.
TAKE = (
    update(files)
    .where(
        files.c.id
        == select(files.c.id)
        .where(IS_DUE)
        .order_by(files.c.not_before)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        IS_DUE,
    )
    .values(
        owner=bindparam("taker"),
        attempt=files.c.attempt + 1,
        not_before=DatabaseTime(bindparam("lease", type_=Float)),
    )
    .returning(*FILE)
)
# The fence: who was slow beyond the lease no longer owns it.
IS_STILL_OURS = and_(
    files.c.id == bindparam("file"),
    _is(MediaStatus.WAITING),
    files.c.owner == bindparam("taken_by"),
    files.c.attempt == bindparam("taken_as"),
)
OF_MESSAGES = (
    select(*FILE)
    .where(files.c.message_id.in_(bindparam("messages", expanding=True)))
    .order_by(files.c.message_id, files.c.index)
)
EXPIRED = (
    select(*FILE)
    .where(_is(MediaStatus.KEPT), files.c.created_at < bindparam("before"))
    .order_by(files.c.created_at)
    .limit(bindparam("most"))
)
EXPIRE = (
    update(files)
    .where(files.c.id.in_(bindparam("ids", expanding=True)), _is(MediaStatus.KEPT))
    .values(status=MediaStatus.EXPIRED)
)


def place_of(folder: Path, file_id: MediaFileId) -> Path:
    """Where a file's content lies: under an id of ours, whatever its sender called it."""
    name = file_id.hex
    # The last two digits: an id begins with the time, and all of a year would share one folder.
    return folder / name[-2:] / name


class MediaFiles:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, message_id: MessageId, media: Sequence[Media], now: datetime) -> None:
        """To be fetched, as soon as somebody comes for it."""
        rows = [
            {
                "id": new_id(),
                "message_id": message_id,
                "index": index,
                "url": each.url,
                "created_at": now,
            }
            for index, each in enumerate(media)
        ]
        self._connection.execute(ADD, rows)

    def is_any_due(self) -> bool:
        """Cheap, and takes no lock."""
        return self._connection.execute(LOOK).first() is not None

    def take(self, owner: str, lease_seconds: float) -> MediaFile | None:
        """One that waits, ours to fetch until the lease runs out. Counts as an attempt."""
        row = self._connection.execute(TAKE, {"taker": owner, "lease": lease_seconds}).one_or_none()
        return to_record(MediaFile, row)

    def mark_kept(self, file: MediaFile, owner: str, content_type: str, size: int) -> bool:
        """Its content is in its place. False when it is no longer ours."""
        return self._finish(
            file, owner, status=MediaStatus.KEPT, reason=None, content_type=content_type, size=size
        )

    def mark_refused(self, file: MediaFile, owner: str, reason: str) -> bool:
        return self._finish(file, owner, status=MediaStatus.REFUSED, reason=reason[:LONGEST_REASON])

    def mark_failed(self, file: MediaFile, owner: str, reason: str) -> bool:
        return self._finish(file, owner, status=MediaStatus.FAILED, reason=reason[:LONGEST_REASON])

    def put_off(self, file: MediaFile, owner: str, reason: str, seconds: float) -> bool:
        """To be tried again in so many seconds."""
        return self._finish(
            file, owner, owner=None, not_before=DatabaseTime(seconds), reason=reason[:LONGEST_REASON]
        )

    def get(self, file_id: MediaFileId) -> MediaFile | None:
        row = self._connection.execute(select(*FILE).where(files.c.id == file_id)).one_or_none()
        return to_record(MediaFile, row)

    def of_messages(self, message_ids: Iterable[MessageId]) -> dict[MessageId, list[MediaFile]]:
        """The files of each message that has any, in the order in which they were attached."""
        found: dict[MessageId, list[MediaFile]] = {}
        asked = list(message_ids)
        for row in self._connection.execute(OF_MESSAGES, {"messages": asked}) if asked else ():
            found.setdefault(row.message_id, []).append(MediaFile(**row._mapping))
        return found

    def expired(self, before: datetime, limit: int = 200) -> list[MediaFile]:
        """Those kept that came before then, oldest first."""
        rows = self._connection.execute(EXPIRED, {"before": before, "most": limit})
        return [MediaFile(**row._mapping) for row in rows]

    def mark_expired(self, ids: Sequence[MediaFileId]) -> int:
        """Their contents are gone. Returns how many were still counted as kept."""
        return changed_rows(self._connection, EXPIRE, {"ids": list(ids)}) if ids else 0

    def _finish(self, file: MediaFile, taken_by: str, **values: Any) -> bool:
        whose = {"file": file.id, "taken_by": taken_by, "taken_as": file.attempt}
        return changed_rows(self._connection, update(files).where(IS_STILL_OURS).values(values), whose) == 1
