"""A CSV file as it comes: any encoding that is announced, any separator, Excel's habits.

Reads line by line: a file of a gigabyte needs no more memory than one of a kilobyte.
"""

import codecs
import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from bot.importing.cells import clean, safe

SEPARATORS = (";", ",", "\t")
ANNOUNCED = "sep="
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHUNK = 1024 * 1024
LONGEST_CELL = 100_000


class FileFault(Exception):
    """The file as a whole cannot be read: why, and what to do, in words."""


@dataclass(frozen=True, kw_only=True)
class Line:
    # Where it begins in the file, as an editor counts.
    number: int
    # By the name of the column, cleaned; a cell that is not there is "".
    cells: Mapping[str, str]
    # As they came.
    raw: Sequence[str]
    # More cells than columns: something is not quoted.
    has_too_many: bool = False


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which names a kind of file may have in its first line."""

    known: frozenset[str]
    # Other names for the same, as shops and people write them.
    other_names: Mapping[str, str]
    # Of each of these groups, one at least.
    needed: tuple[tuple[str, ...], ...]


class CsvFile:
    """An open file behind its header."""

    def __init__(self, raw: BinaryIO, text: io.TextIOBase, columns: Columns, separator: str | None) -> None:
        self._raw = raw
        first = _first_line(text)
        self.skipped = 0
        if first.casefold().startswith(ANNOUNCED):
            separator, first, self.skipped = first[len(ANNOUNCED) :][:1], _first_line(text), 1
        separator = separator or max(SEPARATORS, key=first.count)
        self._reader = csv.reader(_behind(first, text), delimiter=separator)
        self.header = self._next_header()
        self.names = [_column(name, columns) for name in self.header]
        self.unknown = [
            told for told, name in zip(self.header, self.names, strict=True) if name is None and told.strip()
        ]
        _check(self.names, columns)

    @property
    def position(self) -> int:
        """Bytes that were read so far; a little ahead of the lines."""
        return self._raw.tell()

    def lines(self) -> Iterator[Line]:
        """Those with anything in them. Raises `FileFault` where the file cannot be read any further."""
        while True:
            begin = self._reader.line_num + 1 + self.skipped
            try:
                raw = next(self._reader)
            except StopIteration:
                return
            except UnicodeDecodeError as error:
                raise _wrong_encoding(error, begin) from error
            except csv.Error as error:
                raise FileFault(f"line {begin}: {error}; is a quote not closed there?") from error
            if any(cell.strip() for cell in raw):
                yield self._line(begin, raw)

    def _line(self, number: int, raw: Sequence[str]) -> Line:
        cells = {name: clean(cell) for name, cell in zip(self.names, raw, strict=False) if name is not None}
        extra = any(cell.strip() for cell in raw[len(self.names) :])
        return Line(number=number, cells=cells, raw=raw, has_too_many=extra)

    def _next_header(self) -> list[str]:
        try:
            header = [clean(name) for name in next(self._reader, [])]
        except UnicodeDecodeError as error:
            raise _wrong_encoding(error, 1) from error
        if not any(header):
            raise FileFault("the file is empty: its first line must name the columns")
        return header


@contextmanager
def opened(path: Path, columns: Columns, encoding: str | None, separator: str | None) -> Iterator[CsvFile]:
    """Raises `FileFault` when its header is no good."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open("rb") as raw:
        begin = raw.read(4)
        raw.seek(0)
        announced = next((name for bom, name in BOMS if begin.startswith(bom)), encoding or "utf-8")
        try:
            text = io.TextIOWrapper(raw, encoding=announced, newline="")
        except LookupError as error:
            raise FileFault(f"there is no encoding {announced}: try utf-8, latin-1 or cp1252") from error
        try:
            yield CsvFile(raw, text, columns, separator)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(error, 1) from error


def digest_of(path: Path, *options: str | None) -> str:
    """Of what is in the file, and of what decides how it is read: the same file is known again."""
    found = hashlib.sha256(repr(options).encode())
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            found.update(piece)
    return found.hexdigest()


class RefusedLines:
    """FILE.errors.csv: each line that was not taken, where it stands, and why. Can itself be imported."""

    def __init__(self, path: Path, header: Sequence[str], size: int) -> None:
        self.path = path
        self._header = header
        # What stands behind `size` belongs to lines that were not committed.
        self._file = path.open("r+b" if size and path.exists() else "wb")
        self._file.truncate(size)
        self._file.seek(0, io.SEEK_END)

    @property
    def size(self) -> int:
        return self._file.tell()

    def add(self, refused: Sequence[tuple[Line, str]]) -> None:
        if not refused:
            return
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not self.size:
            writer.writerow(["line", "reason", *map(safe, self._header)])
        for line, reason in refused:
            writer.writerow([line.number, safe(reason), *map(safe, line.raw)])
        # Excel takes a file without a mark for one of the old alphabet.
        self._file.write(text.getvalue().encode("utf-8-sig" if not self.size else "utf-8"))
        self._file.flush()

    def close(self) -> None:
        is_empty = not self.size
        self._file.close()
        if is_empty:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *caught: object) -> None:
        self.close()


def _first_line(text: io.TextIOBase) -> str:
    try:
        return text.readline(LONGEST_CELL).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _wrong_encoding(error, 1) from error


def _behind(first: str, rest: io.TextIOBase) -> Iterator[str]:
    yield f"{first}\n"
    yield from rest


def _column(told: str, columns: Columns) -> str | None:
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", told.casefold()) if not unicodedata.combining(char)
    )
    name = "_".join("".join(char if char.isalnum() else " " for char in plain).split())
    name = columns.other_names.get(name, name)
    return name if name in columns.known else None


def _check(names: Sequence[str | None], columns: Columns) -> None:
    found = [name for name in names if name is not None]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise FileFault(f"two columns mean the same: {', '.join(twice)}; take one out")
    missing = [group for group in columns.needed if not set(group) & set(found)]
    if missing:
        wanted = "; ".join(" or ".join(group) for group in missing)
        known = ", ".join(sorted(columns.known))
        raise FileFault(f"the first line must name the columns, and lacks: {wanted}. Known: {known}")


def _wrong_encoding(error: UnicodeDecodeError, line: int) -> FileFault:
    return FileFault(
        f"near line {line} the file is not {error.encoding}: say which it is, for example --encoding latin-1"
    )
