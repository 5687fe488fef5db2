"""Web, worker and carrier as processes of their own, on PostgreSQL and Redis."""

import sys
from pathlib import Path

from tests.doubles import ACCOUNT, TOKEN
from tests.processes.running import BIN, Page, free_port, program, stop, wait_for

SMS, WHATSAPP = "+34910000001", "+34910000002"


def gunicorn(port: int) -> list[str]:
    options = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    return [str(BIN / "gunicorn"), *options, "--bind", f"127.0.0.1:{port}", "app:create_app()"]


def carrier(port: int, web: int) -> list[str]:
    options = ["--port", str(port), "--webhook-url", f"http://127.0.0.1:{web}/twilio/messages"]
    numbers = ["--sms-from", SMS, "--whatsapp-from", WHATSAPP, "--callback-delay", "0.01"]
    keys = ["--account-sid", ACCOUNT, "--auth-token", TOKEN]
    return [sys.executable, "-m", "bot.simulator", *options, *numbers, *keys]


def test_two_web_processes_and_a_worker_hold_a_conversation(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    web, phones = free_port(), free_port()
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": f"http://127.0.0.1:{phones}/simulator",
        "TWILIO_CONTENT_URL": f"http://127.0.0.1:{phones}/simulator",
        "SMS_FROM": SMS,
        "WHATSAPP_FROM": WHATSAPP,
    }
    logs = {name: tmp_path / f"{name}.log" for name in ("web", "worker", "carrier")}
    with (
        program(gunicorn(web), environment, logs["web"]) as server,
        program([str(BIN / "hilo"), "worker"], environment, logs["worker"]) as worker,
        program(carrier(phones, web), environment, logs["carrier"]) as sim,
    ):
        wait_for(f"http://127.0.0.1:{web}/ready", server, logs["web"])
        wait_for(f"http://127.0.0.1:{phones}/simulator", sim, logs["carrier"])
        page = Page(f"http://127.0.0.1:{phones}")
        page.send("lucia", "whatsapp", "¿a qué hora abren?")
        page.wait_for_text("lucia", "Abrimos")
        page.send("lucia", "sms", "hola")
        page.wait_for_text("lucia", "¿En qué te ayudo?")
        assert stop(worker) == 0, logs["worker"].read_text()


def test_a_process_that_shares_no_queue_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/hilo.db",
        "REDIS_URL": "",
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SMS_FROM": SMS,
        "PUBLIC_URL": "https://bot.example",
    }
    with program([str(BIN / "hilo"), "worker"], environment, log) as worker:
        assert worker.wait(60) == 1
    assert "REDIS_URL" in log.read_text()
    assert "SQLite takes one serving process" in log.read_text()
