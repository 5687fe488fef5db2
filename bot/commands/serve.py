"""`hilo run`, `worker` and `clock`: the processes."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click
import waitress

from bot.commands.group import checked
from bot.commands.secrets import hold, load_or_make
from bot.house import House
from bot.logs import set_up_logs
from bot.queue import QueueFault
from bot.sentry import set_up_sentry
from bot.settings import Settings
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
LAST_SECONDS = 0.5


def register(group: click.Group, making: Making) -> None:
    """Add the commands that serve."""

    @group.command()
    def run() -> None:
        """Everything in one process: no accounts, no other servers.

        Without a Twilio account it shows a small shop and two phones to try it on. The data are in
        VAR_FOLDER (var), which one process has for itself. Good for trying, for development, and for
        one small shop. Ctrl-C stops it; a second start goes on where it was.

        \b
        Example:
          PORT=8001 VAR_FOLDER=var2 hilo run
        """
        settings = checked(embedded_settings)
        _set_up(settings)
        _run_embedded(settings, making)

    _register_one_of_several(group, making)


def _register_one_of_several(group: click.Group, making: Making) -> None:
    @group.command()
    def worker() -> None:
        """Take turns, send, and sweep; any number of these on one Redis.

        Needs PostgreSQL and REDIS_URL, and starts without Redis too: the sweep does the work until it
        is there. On SIGTERM it takes nothing new and ends within ten seconds.

        \b
        Example:
          WORKER_THREADS=8 hilo worker
        """
        settings = checked(web_settings)
        _set_up(settings)
        house = _built(making, settings)
        stop = _told_to_stop()
        house.start_work()
        house.start_clock()
        stop.wait()
        house.stop_work()
        house.close()
        _end_now()

    @group.command()
    def clock() -> None:
        """Fire timers and ring for what was left behind.

        A worker does this as well: a clock of its own keeps timers on time while all workers are
        busy. One is enough, two do no harm.

        \b
        Example:
          hilo clock
        """
        settings = checked(web_settings)
        _set_up(settings)
        house = _built(making, settings)
        stop = _told_to_stop()
        house.start_bell()
        house.start_clock()
        stop.wait()
        house.stop_ringing()
        house.close()
        _end_now()


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
    """Settings of a process among several: nothing is made, and they need queue and database in common.

    Raises `SettingsFault`.
    """
    return Settings.from_env(is_one_of_several=True)


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
    locks = _take_data(settings)
    house = making.build(settings)
    database = house.parts.database
    _refuse_unwritable(database, settings)
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
    house.start_clock()
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
        for lock in locks:
            lock.close()
        click.echo("Stopped. Everything is kept; start again to go on.")


def _take_data(settings: Settings) -> list[IO[str]]:
    """The data folder and the database for this process alone, until it ends.

    Two embedded processes would each have a queue and a write lock of their own on one database.
    """
    wanted = {settings.var_folder: settings.var_folder / "running.lock"}
    if settings.sqlite_file is not None:
        # It may lie elsewhere, and two folders may name the same one.
        file = settings.sqlite_file.resolve()
        wanted[file] = file.with_name(f"{file.name}.lock")
    locks: list[IO[str]] = []
    for what, path in wanted.items():
        lock = hold(path)
        if lock is None:
            for taken in locks:
                taken.close()
            raise click.ClickException(
                f"another Hilo runs on {what.resolve()}. Stop it, or give this one data of its "
                "own: VAR_FOLDER=var2 PORT=8001 make run"
            )
        locks.append(lock)
    return locks


def _leave(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not interrupt the tidy stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def _told_to_stop() -> threading.Event:
    """Set by Ctrl-C or SIGTERM from now on: asked for before there is any work to be cut off."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *ignored: stop.set())
    return stop


def _end_now() -> None:
    """A thread that waits for a slow carrier must not keep the process: what it sends is looked for later."""
    others = [thread for thread in threading.enumerate() if not thread.daemon]
    others.remove(threading.main_thread())
    for thread in others:
        thread.join(LAST_SECONDS / len(others))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        os._exit(0)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise click.ClickException(
                f"port {port} is taken by another program. Stop it, or choose one: PORT=8001 make run"
            )


def _refuse_unwritable(database: Database, settings: Settings) -> None:
    problem = database.writing_problem()
    if problem is not None:
        raise click.ClickException(
            f"{settings.sqlite_file} cannot be written to ({problem}). Give the user that runs Hilo the "
            "right to write to the file and to its folder"
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
