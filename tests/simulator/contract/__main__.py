"""Start the carrier, ask it everything, print what differs from Twilio's documents.

python -m tests.simulator.contract FOLDER-OF-OPENAPI-DOCUMENTS
"""

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bot.channels.twilio import TwilioChannel
from bot.simulator import Carrier, SimulatedClock, SimulatorSettings, blueprint
from bot.simulator.carrier import PhoneMessage
from bot.simulator.records import Channel, Kind
from tests.doubles import make_settings
from tests.simulator.conftest import ACCOUNT, LUCIA, TOKEN, Shop, close, serve, shop_app
from tests.simulator.contract import calls
from tests.simulator.contract.checks import faults_of
from tests.simulator.contract.documents import Document, operation_of, read_documents
from tests.simulator.contract.exchanges import Exchange, Recorder

# What no document in the folder knows: reported, and no fault.
UNKNOWN = "(no document)             "


def main(folder: Path) -> int:
    documents = read_documents(folder)
    if not documents:
        sys.stderr.write(f"there is no document of Twilio's in {folder}\n")
        return 2
    logging.disable(logging.INFO)
    with _served() as (carrier, recorder, address):
        _ask_everything(carrier, address)
        exchanges = [each for each in recorder.exchanges if not each.path.startswith("/static/")]
    total, lines = _report(documents, exchanges)
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if total else 0


@contextmanager
def _served() -> Iterator[tuple[Carrier, Recorder, str]]:
    shop = Shop()
    shop_server = serve(shop_app(shop))
    shop.url = f"http://127.0.0.1:{shop_server.server_port}"
    settings = SimulatorSettings(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sms_from="+34910000001",
        whatsapp_from="+34910000002",
        webhook_url=f"{shop.url}/messages",
        store_path=":memory:",
        shop_name="Telar",
        people=(LUCIA,),
        callback_delay=0.01,
    )
    clock = SimulatedClock(settings.store_path)
    carrier = Carrier(settings, clock=clock)
    app = Flask("carrier")
    app.register_blueprint(blueprint(carrier))
    recorder = Recorder(app.wsgi_app)
    app.wsgi_app = recorder  # type: ignore[method-assign]
    server = serve(app)
    carrier.start()
    try:
        yield carrier, recorder, f"http://127.0.0.1:{server.server_port}/simulator"
    finally:
        carrier.stop()
        clock.close()
        for each in (server, shop_server):
            each.shutdown()
            each.server_close()


def _ask_everything(carrier: Carrier, address: str) -> None:
    http_client = TwilioHttpClient(timeout=10)
    client = Client(ACCOUNT, TOKEN, http_client=http_client)
    client.api.base_url = client.content.base_url = client.messaging.base_url = address
    channel = TwilioChannel(
        make_settings(
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_api_url=address,
            twilio_content_url=address,
        )
    )
    picture = f"{address}/static/products/blanket-linen.png"
    heard = carrier.send_from_phone(
        PhoneMessage(person=LUCIA, channel=Channel.WHATSAPP, kind=Kind.TEXT, body="Hola", extra={})
    )
    calls.show_typing(client, heard.sid)
    calls.use_messages(client, picture)
    calls.use_channel(channel, client, picture)
    carrier.settle()
    calls.use_lists(client)
    calls.meet_errors(client)
    calls.use_configuration(client)
    carrier.settle()
    close(http_client)


def _report(documents: list[Document], exchanges: list[Exchange]) -> tuple[int, list[str]]:
    """The number of faults; a line for each operation and status, and below it what is wrong with it."""
    seen: Counter[str] = Counter()
    faults: dict[str, set[str]] = {}
    for exchange in exchanges:
        operation = operation_of(documents, exchange.method, exchange.path)
        if operation is None:
            seen[f"{UNKNOWN} {exchange.method.upper():6} {exchange.path}  {exchange.status}"] += 1
            continue
        line = f"{operation.name:26} {exchange.method.upper():6} {operation.path}  {exchange.status}"
        seen[line] += 1
        faults.setdefault(line, set()).update(faults_of(exchange, operation))
    lines = []
    for line, count in sorted(seen.items()):
        wrong = sorted(faults.get(line, ()))
        verdict = "WRONG" if wrong else "ok" if line in faults else "-"
        lines.append(f"{verdict:6} {line}  x{count}")
        lines += [f"         {fault}" for fault in wrong]
    total = sum(map(len, faults.values()))
    return total, [*lines, f"{len(exchanges)} exchanges of {len(seen)} kinds, {total} faults"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
