"""What was said on other channels stands in the thread and in the brief, as a stranger's text."""

from datetime import timedelta

import pytest

from context_store.records import (
    Agent,
    Channel,
    Entry,
    EntryAuthor,
    EntryId,
    EntryLine,
    Mood,
    new_id,
)
from tests.console.conftest import Desk
from tests.console.test_thread import PAYLOADS
from tests.doubles import NOON


def told(office: Desk, customer_id: object, text: str, **more: object) -> None:
    entry = {
        "id": EntryId(new_id()),
        "customer_id": customer_id,
        "source": "test",
        "channel": Channel.CALL,
        "text": text,
        "occurred_at": NOON - timedelta(hours=3),
        "received_at": NOON,
        **more,
    }
    with office.database.write() as uow:
        uow.entries.add(Entry(**entry))  # type: ignore[arg-type]
        uow.commit()


def test_a_call_stands_in_the_thread_and_in_the_brief(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer("Ana")
    office.says(address, "hola")
    told(office, customer_id, "Llegó roto.", mood=Mood.ANGRY, outcome="callback promised", slots={"order": 7})
    page = office.browser(agent).page(f"/customers/{customer_id}")
    assert page.count("callback promised") == 2
    assert "Llegó roto." in page
    assert "Enfadado" in page or "Angry" in page


def test_a_transcript_shows_who_said_what_without_a_message_of_ours(office: Desk, agent: Agent) -> None:
    customer_id, _ = office.customer("Ana")
    lines = (
        EntryLine(author=EntryAuthor.CUSTOMER, text="¿hay tazas?"),
        EntryLine(author=EntryAuthor.AGENT, name="Marta", text="quedan dos"),
    )
    told(office, customer_id, "", channel=Channel.WEB, lines=lines)
    page = office.browser(agent).page(f"/customers/{customer_id}")
    assert page.index("¿hay tazas?") < page.index("quedan dos")
    assert "Marta" in page


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_strangers_said_elsewhere_comes_out_as_text(office: Desk, agent: Agent, payload: str) -> None:
    customer_id, _ = office.customer("Ana")
    line = EntryLine(author=EntryAuthor.AGENT, name=payload[:80], text=payload)
    more = {"subject": payload, "outcome": payload, "slots": {payload: payload}, "lines": (line,)}
    told(office, customer_id, payload, **more)
    page = office.browser(agent).page(f"/customers/{customer_id}")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page
