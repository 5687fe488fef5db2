"""Health and readiness, and errors that a person understands and that give nothing away."""

import json

import pytest
from flask import Flask

from bot.queue import make_queue
from bot.tasks import QueueBell
from tests.bot.helpers import LUCIA, execute
from tests.world import World


def test_a_process_that_answers_is_healthy(sqlite_world: World) -> None:
    response = sqlite_world.client.get("/health")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})


def test_a_bot_with_its_database_is_ready(world: World) -> None:
    response = world.client.get("/ready")
    assert response.status_code == 200
    assert response.get_json() == {"status": "ready", "database": "ok", "queue": "ok"}


def test_a_bot_whose_schema_is_old_is_not_ready_and_says_what_to_do(sqlite_world: World) -> None:
    execute(sqlite_world, "UPDATE alembic_version SET version_num = ?", "0000")
    response = sqlite_world.client.get("/ready")
    assert response.status_code == 503
    assert "the schema is at 0000" in response.get_json()["database"]
    assert "hilo migrate" in response.get_json()["database"]


def test_a_lost_queue_is_reported_and_takes_nobody_out_of_service(sqlite_world: World) -> None:
    bell = QueueBell(make_queue("redis://127.0.0.1:1/0"))
    object.__setattr__(sqlite_world.house.parts, "bell", bell)
    response = sqlite_world.client.get("/ready")
    assert response.status_code == 200
    assert response.get_json()["queue"].startswith("the queue cannot be reached")


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [(BROWSER, "text/html"), ("text/html", "text/html"), ("application/json", "application/json")],
)
def test_an_error_is_a_page_for_browsers_and_json_for_programs(
    sqlite_world: World, accept: str, kind: str
) -> None:
    response = sqlite_world.client.get("/nowhere", headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (404, kind)


@pytest.mark.parametrize("accept", ["*/*", "", "text/plain"])
def test_an_error_is_never_plain_text_which_a_customer_would_be_sent(
    sqlite_world: World, accept: str
) -> None:
    response = sqlite_world.client.get("/nowhere", headers={"Accept": accept})
    assert response.status_code == 404
    assert response.mimetype != "text/plain"


def test_what_the_caller_wrote_is_escaped_in_the_page(sqlite_world: World) -> None:
    response = sqlite_world.client.post("/twilio/messages", content_type="<script>alert(1)</script>")
    assert "<script>" not in response.get_data(as_text=True)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_fault_of_ours_tells_the_caller_nothing_of_its_cause(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("SELECT secret FROM somewhere")

    monkeypatch.setattr("bot.webhooks.twilio.store", broken)
    sqlite_world.client.environ_base["HTTP_ACCEPT"] = accept
    response = sqlite_world.receive(LUCIA, "hola")
    assert response.status_code == 500
    assert "secret" not in response.get_data(as_text=True)
    assert "Something went wrong on our side" in json.dumps(response.get_data(as_text=True))


def test_the_application_serves_no_files_of_its_own(sqlite_world: World) -> None:
    application = sqlite_world.client.application
    assert isinstance(application, Flask)
    assert application.static_folder is None
    assert sqlite_world.client.get("/static/../app.py").status_code == 404
