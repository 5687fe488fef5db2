"""A small installation on loopback: web, worker and carrier, with what they share."""

import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import urllib3

from tests.doubles import ACCOUNT, TOKEN
from tests.processes.running import BIN, Page, free_port, program, wait_for

SMS, WHATSAPP = "+34910000001", "+34910000002"

Running = AbstractContextManager["Popen[bytes]"]


@dataclass(kw_only=True)
class Town:
    """Nothing runs yet; each method runs one process for as long as its block."""

    folder: Path
    database_url: str
    redis_url: str
    changes: dict[str, str] = field(default_factory=dict)
    web_port: int = field(default_factory=free_port)
    carrier_port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        carrier = f"http://127.0.0.1:{self.carrier_port}/simulator"
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PUBLIC_URL": self.web_url,
            "SECRET_KEY": "s" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": carrier,
            "TWILIO_CONTENT_URL": carrier,
            "SMS_FROM": SMS,
            "WHATSAPP_FROM": WHATSAPP,
            "VAR_FOLDER": str(self.folder / "var"),
            **self.changes,
        }

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def page(self) -> Page:
        return Page(f"http://127.0.0.1:{self.carrier_port}")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def web(self) -> Running:
        options = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{self.web_port}"]
        command = [str(BIN / "gunicorn"), *options, *bind, "app:create_app()"]
        return program(command, self.environment, self.log("web"))

    def worker(self, name: str = "worker") -> Running:
        return program([str(BIN / "hilo"), "worker"], self.environment, self.log(name))

    def clock(self) -> Running:
        return program([str(BIN / "hilo"), "clock"], self.environment, self.log("clock"))

    def carrier(self) -> Running:
        hook = ["--webhook-url", f"{self.web_url}/twilio/messages"]
        numbers = ["--sms-from", SMS, "--whatsapp-from", WHATSAPP, "--callback-delay", "0.01"]
        keys = ["--account-sid", ACCOUNT, "--auth-token", TOKEN]
        command = [sys.executable, "-m", "bot.simulator", "--port", str(self.carrier_port)]
        return program([*command, *hook, *numbers, *keys], self.environment, self.log("carrier"))

    def wait_until_up(self, web: "Popen[bytes]", carrier: "Popen[bytes]") -> None:
        wait_for(f"{self.web_url}/ready", web, self.log("web"))
        wait_for(f"http://127.0.0.1:{self.carrier_port}/simulator", carrier, self.log("carrier"))

    def ready(self) -> dict[str, str]:
        found: dict[str, str] = (
            urllib3.PoolManager(retries=False).request("GET", f"{self.web_url}/ready").json()
        )
        return found
