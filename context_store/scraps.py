"""Texts that are kept for a while and lead to no customer, though they may name one.

Events that were refused, samples of what did not fit, details of alerts, remembered answers of the API.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, delete, or_, select

from context_store.models.elsewhere import ApiRequestRow
from context_store.models.tracking import DataAlertRow, MisfitRow, RejectedEventRow
from context_store.rows import changed_rows, table_of

requests = table_of(ApiRequestRow)
rejected = table_of(RejectedEventRow)
misfits = table_of(MisfitRow)
alerts = table_of(DataAlertRow)
# Each table's text.
TEXTS: tuple[ColumnElement[str], ...] = (
    rejected.c.body,
    misfits.c.sample,
    cast(alerts.c.details, Text),
    cast(requests.c.answer, Text),
)
TABLES = (rejected, misfits, alerts, requests)
ROWS_AT_ONCE = 500


class Scraps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def delete(self, is_about: Callable[[str], bool]) -> int:
        """Every one whose text is about whom it asks for. Reads them all; how many went."""
        gone = 0
        for table, text in zip(TABLES, TEXTS, strict=True):
            keys = tuple(table.primary_key.columns)
            rows = self._connection.execute(
                select(*keys, text.label("text")), execution_options={"yield_per": ROWS_AT_ONCE}
            )
            found = [row[:-1] for row in rows if row.text and is_about(row.text)]
            for some in _in_pieces(found):
                these = or_(
                    *(and_(*(key == value for key, value in zip(keys, row, strict=True))) for row in some)
                )
                gone += changed_rows(self._connection, delete(table).where(these))
        return gone


def _in_pieces(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), ROWS_AT_ONCE // 5):
        yield rows[start : start + ROWS_AT_ONCE // 5]
