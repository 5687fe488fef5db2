"""A file, read as `hilo import` reads it."""

import csv
import io
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.importing.kinds import Frame
from bot.importing.run import KINDS, Order, Report, run
from context_store.records import ImportProgress
from tests.world import World

MADRID = ZoneInfo("Europe/Madrid")


def frame(world: World, **changes: object) -> Frame:
    given = {
        "country": "ES",
        "currency": "EUR",
        "timezone": MADRID,
        "source": "import",
        "secret_key": world.house.parts.settings.secret_key,
        **changes,
    }
    return Frame(**given)  # type: ignore[arg-type]


def order_for(world: World, kind: str, path: Path, **options: object) -> Order:
    country = options.pop("country", "ES")
    return Order(kind=KINDS[kind], path=path, frame=frame(world, country=country), **options)  # type: ignore[arg-type]


def read_file(world: World, kind: str, path: Path, **options: object) -> Report:
    return run(world.database, order_for(world, kind, path, **options), world.clock.now)


def read_text(world: World, folder: Path, kind: str, text: str, **options: object) -> Report:
    file = folder / f"{kind}.csv"
    file.write_text(text, encoding="utf-8")
    return read_file(world, kind, file, **options)


def counts(report: Report) -> tuple[int, int, int]:
    """Kept, known already, refused."""
    progress: ImportProgress = report.progress
    return progress.kept, progress.unchanged, progress.refused


def refused(report: Report) -> list[dict[str, str]]:
    """The lines of FILE.errors.csv."""
    if report.errors is None:
        return []
    return list(csv.DictReader(io.StringIO(report.errors.read_text("utf-8-sig"))))
