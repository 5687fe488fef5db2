"""Reads a file to its end, a thousand lines in a transaction, and goes on where it stopped.

How far it came is kept in the commit of the lines themselves: a crash neither loses nor doubles one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bot.importing import consent_lines, people, shop_lines
from bot.importing.cells import Refused
from bot.importing.csv_files import Columns, Line, RefusedLines, digest_of, opened
from bot.importing.kinds import Frame, Kept
from bot.webhooks.newcomers import again_if_just_made
from context_store.database import Database
from context_store.records import ImportProgress
from context_store.unit_of_work import UnitOfWork

LINES_AT_ONCE = 1000
ERRORS = ".errors.csv"

Results = list[Kept | Refused]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one kind of file is read (a line to a record) and kept (a thousand records at once)."""

    name: str
    columns: Columns
    read: Callable[[dict[str, str], Frame, datetime], Any]
    keep: Callable[[UnitOfWork, Sequence[Any], Frame, datetime], Results]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="customers",
            columns=people.COLUMNS,
            read=lambda line, frame, now: people.read(line, frame),
            keep=people.keep,
        ),
        Kind(
            name="orders",
            columns=shop_lines.ORDER_COLUMNS,
            read=shop_lines.read_order,
            keep=shop_lines.keep_orders,
        ),
        Kind(
            name="products",
            columns=shop_lines.PRODUCT_COLUMNS,
            read=shop_lines.read_product,
            keep=shop_lines.keep_products,
        ),
        Kind(
            name="consents", columns=consent_lines.COLUMNS, read=consent_lines.read, keep=consent_lines.keep
        ),
    )
}


class AlreadyImported(Exception):
    """This very file was read to its end before."""

    def __init__(self, progress: ImportProgress) -> None:
        super().__init__(progress.file_name)
        self.progress = progress


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the operator wants."""

    kind: Kind
    path: Path
    frame: Frame
    encoding: str | None = None
    separator: str | None = None
    is_dry: bool = False
    is_again: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    progress: ImportProgress
    errors: Path | None
    unknown_columns: Sequence[str]
    # Lines that an earlier run had read.
    resumed_at: int


def run(
    database: Database,
    order: Order,
    now: Callable[[], datetime],
    watch: Callable[[int], None] = lambda position: None,
) -> Report:
    """Raises `FileFault` and `AlreadyImported`. `watch` hears how many bytes were read so far."""
    progress = _begin(database, order, now())
    resumed_at = progress.lines
    errors_path = order.path.with_name(f"{order.path.name}{ERRORS}")
    with (
        opened(order.path, order.kind.columns, order.encoding, order.separator) as file,
        RefusedLines(errors_path, file.header, progress.errors_size) as errors,
    ):
        for chunk in _chunks(line for line in file.lines() if line.number > resumed_at):
            progress = _take(database, order, chunk, progress, errors, now())
            watch(file.position)
        unknown = file.unknown
    progress = replace(progress, finished_at=now())
    if not order.is_dry:
        with database.write() as uow:
            uow.bulk.save_progress(progress)
            uow.commit()
    errors_left = errors_path if errors_path.exists() else None
    return Report(progress=progress, errors=errors_left, unknown_columns=unknown, resumed_at=resumed_at)


def _begin(database: Database, order: Order, now: datetime) -> ImportProgress:
    frame = order.frame
    digest = digest_of(
        order.path,
        order.kind.name,
        frame.country,
        frame.currency,
        str(frame.timezone),
        order.encoding,
        order.separator,
    )
    fresh = ImportProgress(
        kind=order.kind.name,
        digest=digest,
        file_name=order.path.name[:200],
        started_at=now,
        changed_at=now,
    )
    if order.is_dry:
        return fresh
    with database.read() as uow:
        known = uow.bulk.progress(order.kind.name, digest)
    if known is None or order.is_again:
        return fresh
    if known.finished_at is not None:
        raise AlreadyImported(known)
    return known


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, LINES_AT_ONCE)):
        yield chunk


def _take(
    database: Database,
    order: Order,
    chunk: list[Line],
    progress: ImportProgress,
    errors: RefusedLines,
    now: datetime,
) -> ImportProgress:
    read, refused = _read(order, chunk, now)

    def keep() -> tuple[ImportProgress, list[tuple[Line, str]]]:
        with database.write() as uow:
            results = order.kind.keep(uow, [record for _, record in read], order.frame, now)
            all_refused = sorted(
                [
                    *refused,
                    *(
                        (line, str(result))
                        for (line, _), result in zip(read, results, strict=True)
                        if isinstance(result, Refused)
                    ),
                ],
                key=lambda entry: entry[0].number,
            )
            # Before the commit: should we stop in between, the next run cuts them off again.
            errors.add(all_refused)
            after = replace(
                progress,
                lines=chunk[-1].number,
                kept=progress.kept + results.count(Kept.NEW),
                unchanged=progress.unchanged + results.count(Kept.UNCHANGED),
                refused=progress.refused + len(all_refused),
                errors_size=errors.size,
                changed_at=now,
            )
            if not order.is_dry:
                uow.bulk.save_progress(after)
                uow.commit()
        return after, all_refused

    return again_if_just_made(keep)[0]


def _read(
    order: Order, chunk: Sequence[Line], now: datetime
) -> tuple[list[tuple[Line, Any]], list[tuple[Line, str]]]:
    read, refused = [], []
    for line in chunk:
        try:
            if line.has_too_many:
                raise Refused("more cells than columns: put quotes around a text that holds the separator")
            read.append((line, order.kind.read(dict(line.cells), order.frame, now)))
        except Refused as error:
            refused.append((line, str(error)))
    return read, refused
