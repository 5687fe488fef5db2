"""How long a pause is, in words of three languages; what names no day, or one out of bounds, is None."""

from datetime import UTC, datetime

import pytest

from flows.durations import end_of

# A Monday, 12:00 in Madrid.
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("pausa dos semanas", "2026-12-07"),
        ("un mes", "2026-12-23"),
        ("15 días", "2026-12-08"),
        ("un par de semanas", "2026-12-07"),
        ("for a fortnight", "2026-12-08"),
        ("por duas semanas", "2026-12-07"),
        ("hasta enero", "2027-01-01"),
        ("hasta el 15 de enero", "2027-01-15"),
        ("until January 15", "2027-01-15"),
        ("até sexta", "2026-11-27"),
        ("hasta el lunes", "2026-11-30"),
        ("hasta mañana", "2026-11-24"),
        ("hasta noviembre", "2027-11-01"),
    ],
)
def test_the_day_that_their_words_name(said: str, day: str) -> None:
    end = end_of(said, NOW, "Europe/Madrid")
    assert end is not None and end.tzinfo is UTC
    assert end.isoformat() == datetime.fromisoformat(f"{day}T00:00:00+01:00").astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    "said", ["pausa", "", "3 years", "999999999 semanas", "until february 30", "en enero", "hasta luego"]
)
def test_no_day(said: str) -> None:
    assert end_of(said, NOW, "Europe/Madrid") is None
