"""The page about incoming events: what it shows, to whom, and that strangers' text stays text."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from console.words import FOLDER
from context_store.records import AlertKind, DataAlert, FaultKind, Misfit, RejectedEvent, Role
from tests.console.conftest import Desk

EVIL = "<script>alert(1)</script>"
ALERTS: dict[AlertKind, dict[str, Any]] = {
    AlertKind.STOPPED: {"last_at": "2026-11-23T08:00:00+00:00"},
    AlertKind.LATE: {"share": 0.25, "p95": 3600},
    AlertKind.DRIFT: {"fault": "missing", "share": 0.4, "was": 0.05},
    AlertKind.NEW_VALUE: {"values": [EVIL]},
}


def fill(office: Desk) -> None:
    now = office.now
    counts = {"received": 10, "delay:60": 10, "matched": 4, "misfit": 2}
    with office.database.write() as uow:
        told = {("web", "Product Added", measure): count for measure, count in counts.items()}
        uow.tracking.count({**told, ("web", EVIL, "received"): 1, ("till", "", "rejected"): 3}, now, 1)
        uow.tracking.note_misfits(
            [
                Misfit(
                    source="web",
                    event="Product Added",
                    fault=FaultKind.MISTYPED,
                    property="price",
                    sample=EVIL,
                    first_at=now,
                    last_at=now,
                )
            ]
        )
        uow.tracking.reject(
            [
                RejectedEvent(
                    source="till",
                    message_id=None,
                    event=EVIL,
                    reason="userId or anonymousId is needed",
                    body='{"phone": "+34600999888"}',
                    received_at=now,
                )
            ]
        )
        for kind, details in ALERTS.items():
            uow.tracking.open_alert(
                DataAlert(
                    kind=kind,
                    source="web",
                    event="Product Added",
                    property="",
                    details=details,
                    opened_at=now - timedelta(hours=1),
                    seen_at=now,
                )
            )
        uow.commit()


def test_it_shows_sources_events_misfits_rejected_and_alerts(office: Desk) -> None:
    fill(office)
    page = office.browser(office.staff("admin@example.com", Role.ADMIN)).get("/data?lang=en")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    for said in ("Product Added", "till", "40 %", "95 % within 1 min", "Wrong type", "web shop"):
        assert said in text
    for said in ("25 % came late", "Missing in 40 %, before in 5 %", "nothing since", "never seen before"):
        assert said in text
    assert EVIL not in text
    assert "&lt;script&gt;" in text


def test_what_was_sent_is_for_administrators(office: Desk) -> None:
    fill(office)
    for role, sees in ((Role.ADMIN, True), (Role.SUPERVISOR, False), (Role.MARKETER, False)):
        browser = office.browser(office.staff(f"{role}@example.com", role))
        assert ("+34600999888" in browser.page("/data")) is sees


def test_who_helps_customers_has_no_business_there(office: Desk) -> None:
    browser = office.browser(office.staff("agent@example.com", Role.AGENT))
    assert browser.get("/data").status_code == 403
    assert 'href="/data"' not in browser.page("/desk")


def test_without_any_event_it_says_so(office: Desk) -> None:
    browser = office.browser(office.staff("admin@example.com", Role.ADMIN))
    assert "No events in the last 24 hours" in browser.page("/data?lang=en")
    assert "Ningún evento" in browser.page("/data?lang=es")


@pytest.mark.parametrize("group", ["data", "faults", "alert_kinds"])
def test_the_page_has_its_words_in_every_language(group: str) -> None:
    spanish, english, portuguese = (set(texts(language)[group]) for language in ("es", "en", "pt"))
    assert spanish == english == portuguese


def texts(language: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / f"data.{language}.yml").read_text("utf-8"))
    return found
