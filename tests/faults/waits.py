"""How long customers waited for their turn, from the database's own times."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from tests.faults.phones import Sent
from tests.faults.town import Town
from tests.faults.truth import inputs, messages, opened


def waits_of(town: Town, sent: Sequence[Sent]) -> list[tuple[datetime, float]]:
    """For each that was handled: when it was stored, and the seconds until its turn."""
    wanted = {one.sid for one in sent}
    query = select(messages.c.provider_id, inputs.c.created_at, inputs.c.done_at).join(
        inputs, inputs.c.message_id == messages.c.id
    )
    with opened(town) as engine, engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        (created, (done - created).total_seconds())
        for sid, created, done in rows
        if sid in wanted and done is not None
    ]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
