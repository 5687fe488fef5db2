"""The simulator's carrier on a loopback port, for what is asked of it with the real client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from bot.simulator import Carrier, SimulatedClock, SimulatorSettings, blueprint
from tests.doubles import ACCOUNT, TOKEN
from tests.simulator.conftest import serve

USUAL = {
    "account_sid": ACCOUNT,
    "auth_token": TOKEN,
    "sms_from": "+34910000001",
    "whatsapp_from": "+34910000002",
    "webhook_url": "http://127.0.0.1:9/never",
    "store_path": ":memory:",
    "shop_name": "Telar",
    "people": (),
}


@dataclass(frozen=True, kw_only=True)
class Served:
    carrier: Carrier
    url: str


@contextmanager
def served_carrier(**changes: Any) -> Iterator[Served]:
    """It is never started: no webhook ever leaves it."""
    settings = SimulatorSettings(**{**USUAL, **changes})
    clock = SimulatedClock(settings.store_path)
    carrier = Carrier(settings, clock=clock)
    app = Flask("carrier")
    app.register_blueprint(blueprint(carrier))
    server = serve(app)
    yield Served(carrier=carrier, url=f"http://127.0.0.1:{server.server_port}/simulator")
    server.shutdown()
    server.server_close()
    carrier.stop()
    clock.close()
