"""The carrier as a process of its own: python -m bot.simulator --port 9000 --webhook-url … --store …"""

import argparse
import json
import logging
import os
from dataclasses import replace

import waitress
from flask import Flask

from bot.simulator import Carrier, SimulatedClock, SimulatorSettings, blueprint
from bot.simulator.faults import Faults, FaultsError, read_faults
from bot.simulator.people import DEMO_PEOPLE

THREADS = 64


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = SimulatorSettings(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        sms_from=options.sms_from,
        whatsapp_from=options.whatsapp_from,
        webhook_url=options.webhook_url,
        store_path=options.store,
        shop_name=options.shop_name,
        people=DEMO_PEOPLE,
        callback_delay=options.callback_delay,
        api_url=f"http://127.0.0.1:{options.port}/simulator",
        bot_url=options.bot_url,
        write_key=os.environ.get("SHOP_WRITE_KEY", ""),
        api_key=os.environ.get("SHOP_API_KEY", ""),
    )
    clock = SimulatedClock(settings.store_path)
    carrier = Carrier(settings, clock=clock)
    if options.faults is not None or options.seed is not None:
        faults = options.faults or carrier.switches.faults()
        carrier.switches.set(faults if options.seed is None else replace(faults, seed=options.seed))
    app = Flask("bot.simulator.process", static_folder=None)
    app.register_blueprint(blueprint(carrier))
    carrier.start()
    try:
        # Loopback only: whoever reaches this page can speak as any of the people on it.
        # Many threads: one that plays a slow answer sleeps, and the others must not wait for it.
        waitress.serve(app, host="127.0.0.1", port=options.port, threads=THREADS, ident=None)
    finally:
        carrier.stop()
        clock.close()


def _faults(text: str) -> Faults:
    try:
        asked = json.loads(text)
        if not isinstance(asked, dict):
            raise FaultsError("a JSON object is expected")
        return read_faults(asked)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--store", default=":memory:")
    parser.add_argument("--account-sid", default="AC" + "0" * 32)
    parser.add_argument("--auth-token", default="simulator")
    parser.add_argument("--sms-from", default="+34910000001")
    parser.add_argument("--whatsapp-from", default="+34910000002")
    parser.add_argument("--shop-name", default="Hilo")
    parser.add_argument("--callback-delay", type=float, default=0.25)
    parser.add_argument(
        "--bot-url", default="", help="shows the web shop; SHOP_WRITE_KEY and SHOP_API_KEY are its keys"
    )
    parser.add_argument(
        "--faults",
        type=_faults,
        help="JSON, as POST /simulator/api/faults takes it; else what was set before",
    )
    parser.add_argument("--seed", type=int, help="makes the faults' draws the same in each run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
