"""Everything that is kept about a person, as one JSON document that is written while it is read."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from context_store.media import place_of
from context_store.records import CustomerId, MediaFileId
from context_store.unit_of_work import UnitOfWork

FORMAT = "hilo-customer-1"


def pieces(uow: UnitOfWork, ids: Sequence[CustomerId], media_folder: Path, now: datetime) -> Iterator[str]:
    """The document piece by piece, so that a long thread needs no more memory than a short one."""
    head = {
        "format": FORMAT,
        "exported_at": now.isoformat(),
        "customer_ids": [str(each) for each in ids],
    }
    yield json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}")
    yield ',\n  "tables": {'
    is_first_table = True
    for name, rows in uow.erasing.rows_about(ids):
        told = _rows(name, rows, media_folder)
        first = next(told, None)
        if first is None:
            continue
        yield f"{'' if is_first_table else ','}\n    {json.dumps(name)}: [\n      {first}"
        is_first_table = False
        for row in told:
            yield f",\n      {row}"
        yield "\n    ]"
    yield "\n  }\n}\n"


def _rows(table: str, rows: Iterator[dict[str, Any]], media_folder: Path) -> Iterator[str]:
    for row in rows:
        if table == "media_files":
            place = place_of(media_folder, MediaFileId(row["id"]))
            row["file"] = str(place) if place.exists() else None
        yield json.dumps(row, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
