"""Kept texts that lead to no customer are swept for whoever is erased."""

from datetime import UTC, datetime

from bot.erasure import erase
from context_store import scraps
from context_store.records import (
    FaultKind,
    new_id,
)
from tests.bot.test_erasure import contents
from tests.world import World

PHONE = "+34600111222"
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def test_kept_texts_that_lead_to_nobody_go_too(world: World) -> None:
    world.says(PHONE, "hola")
    about = {
        "rejected": f'{{"phone": "{PHONE}"}}',
        "misfit": "600 111 222",
        "answer": str(world.customer_id(PHONE)),
    }
    other = {"rejected": "{}", "misfit": "600 999 888", "answer": "somebody else"}
    for told in (about, other):
        keep_scraps(world, told)
    erase(world.database, world.house.parts.settings, world.customer_id(PHONE), NOW)
    found = " ".join(value for table, _, value in contents(world) if table in SCRAPS)
    assert [text for text in about.values() if text in found] == []
    assert [text for text in other.values() if text not in found] == []


SCRAPS = {table.name for table in scraps.TABLES}


def keep_scraps(world: World, told: dict[str, str]) -> None:
    fault = {"source": "web", "event": "x", "fault": FaultKind.MISTYPED, "first_at": NOW, "last_at": NOW}
    with world.database._writer.begin() as connection:
        connection.execute(
            scraps.rejected.insert().values(
                id=new_id(), source="web", reason="x", body=told["rejected"], received_at=NOW
            )
        )
        connection.execute(
            scraps.misfits.insert().values(
                property=told["misfit"][:3] + told["misfit"][-3:], sample=told["misfit"], **fault
            )
        )
        connection.execute(
            scraps.requests.insert().values(
                caller="k",
                key=told["answer"][:9],
                fingerprint="f",
                answer={"id": told["answer"]},
                created_at=NOW,
            )
        )
