"""`hilo run`, `worker` and `clock`: the processes."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
import waitress

from bot.commands.secrets import hold, load_or_make
from bot.house import House
from bot.logs import set_up_logs
from bot.queue import QueueFault
from bot.sentry import set_up_sentry
from bot.settings import Settings, SettingsFault
from context_store.database import Database


@dataclass(frozen=True, kw_only=True)
class Making:
    """What `app.py` hands down: this file starts and stops things, and makes none of them."""

    build: Callable[[Settings], House]
    # The WSGI application for a house.
    create_app: Callable[[House], Any]
    # The demo shop; False when it was there.
    seed: Callable[[Database, Settings, datetime], bool]
    # The first administrator; the password that was made for them, if one was.
    first_admin: Callable[[Database, str, str | None, datetime], str | None]


SIMULATED_SMS = "+34910000001"
SIMULATED_WHATSAPP = "+34910000002"


def register(group: click.Group, making: Making) -> None:
    """Add the commands that serve."""

    @group.command()
    def run() -> None:
        """Everything in one process: no accounts, no other servers."""
        settings = _checked(embedded_settings)
        _set_up(settings)
        _run_embedded(settings, making)

    @group.command()
    def worker() -> None:
        """Take turns and send; any number of these may run on one Redis."""
        settings = _checked(web_settings)
        _set_up(settings)
        house = _built(making, settings)
        house.start_work()
        house.clock.start()
        _wait_for_signal()
        house.stop_work()
        house.close()

    @group.command()
    def clock() -> None:
        """Fire timers and ring for what was left behind; one is enough, two do no harm."""
        settings = _checked(web_settings)
        _set_up(settings)
        house = _built(making, settings)
        house.start_bell()
        house.clock.start()
        _wait_for_signal()
        house.clock.stop()
        house.close()


def embedded_settings() -> Settings:
    """Settings of `hilo run`: what is missing is made; the simulator stands in for Twilio."""
    folder = Path(os.environ.get("VAR_FOLDER", "var"))
    made: dict[str, Any] = dict(load_or_make(folder))
    if not os.environ.get("TWILIO_ACCOUNT_SID") and not os.environ.get("TWILIO_ACCOUNT_SID_FILE"):
        port = os.environ.get("PORT", "8000")
        made |= {
            "simulator": True,
            "sms_from": SIMULATED_SMS,
            "whatsapp_from": SIMULATED_WHATSAPP,
            "twilio_api_url": f"http://127.0.0.1:{port}/simulator",
            "twilio_content_url": f"http://127.0.0.1:{port}/simulator",
            "store_cart_url": f"http://localhost:{port}/simulator",
        }
    return Settings.from_env(**made)


def any_settings() -> Settings:
    """Settings of a command that serves nothing: the environment's, else those of `hilo run`."""
    is_production = "DATABASE_URL" in os.environ or "DATABASE_URL_FILE" in os.environ
    return Settings.from_env() if is_production else embedded_settings()


def web_settings() -> Settings:
    """Settings of a process among several: nothing is made, and they need a queue in common.

    Raises `SettingsFault`.
    """
    settings = Settings.from_env()
    if settings.redis_url is None:
        raise SettingsFault(
            "REDIS_URL: is missing, and several processes need one queue in common. "
            "Hint: redis://host:6379/0, or `hilo run` for everything in one process"
        )
    return settings


def _checked(read: Callable[[], Settings]) -> Settings:
    try:
        return read()
    except SettingsFault as fault:
        raise click.ClickException(f"the settings are not complete:\n{fault}") from fault


def _built(making: Making, settings: Settings) -> House:
    try:
        return making.build(settings)
    except QueueFault as fault:
        raise click.ClickException(str(fault)) from fault


def _set_up(settings: Settings) -> None:
    set_up_logs(settings)
    set_up_sentry(settings)


def _run_embedded(settings: Settings, making: Making) -> None:
    _refuse_taken_port(settings.port)
    # Held until this process ends, however it ends.
    lock = hold(settings.var_folder)
    if lock is None:
        raise click.ClickException(
            f"another Hilo runs on {settings.var_folder.resolve()}. Stop it, or give this one data of its "
            "own: VAR_FOLDER=var2 PORT=8001 make run"
        )
    house = making.build(settings)
    database = house.parts.database
    database.migrate()
    is_new = settings.simulator and making.seed(database, settings, house.parts.now())
    password = _first_admin(settings, making, database)
    server = waitress.create_server(
        making.create_app(house),
        host="127.0.0.1",
        port=settings.port,
        threads=settings.web_threads,
        ident=None,
    )
    house.start_work()
    house.clock.start()
    if house.simulator is not None:
        house.simulator.start()
    _welcome(settings, is_new=is_new, password=password)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        server.run()
    finally:
        click.echo("\nStopping …")
        house.stop_work()
        server.close()
        house.close()
        click.echo("Stopped. Everything is kept; start again to go on.")


def _leave(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not interrupt the tidy stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def _wait_for_signal() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *ignored: stop.set())
    stop.wait()


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise click.ClickException(
                f"port {port} is taken by another program. Stop it, or choose one: PORT=8001 make run"
            )


def _first_admin(settings: Settings, making: Making, database: Database) -> str | None:
    now = datetime.now(UTC)
    return making.first_admin(database, settings.admin_email, settings.admin_password, now)


def _welcome(settings: Settings, *, is_new: bool, password: str | None) -> None:
    base = f"http://localhost:{settings.port}"
    click.echo(f"Hilo is running for {settings.shop_name} ({'a new demo shop' if is_new else 'your data'}).")
    if settings.simulator:
        click.echo(f"  A shop and two phones:  {base}/simulator")
    else:
        click.echo(f"  Twilio should call:     {settings.public_url}/twilio/messages")
    secret = f"{password}  (shown this once)" if password else "(forgotten? `make password`)"
    click.echo(f"  The desk for staff:     {base}/desk   {settings.admin_email}  {secret}")
    click.echo(f"  Data and secrets:       {settings.var_folder.resolve()}")
    click.echo("  Stop with Ctrl-C.")
