"""Customers who write: signed webhooks straight to the bot, sent again until they are acknowledged.

That is what Twilio does with `#rc=5&rp=all`. One customer's messages follow one another: the next is sent
when the one before was acknowledged, so their order is beyond doubt.
"""

import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_hex
from urllib.parse import urlencode

import urllib3
from urllib3.util import Timeout

from bot.simulator.forms import inbound_form
from bot.simulator.records import Author, Channel, Handover, Message
from bot.simulator.settings import Person
from bot.simulator.signing import sign
from bot.simulator.store import Store
from tests.faults.servers import ACCOUNT, SMS, TOKEN, WHATSAPP
from tests.faults.town import Town

# Each is answered by one message, whatever came before it. Few, so that many answers are the same: that is
# the hard case for whoever looks a lost one up in the carrier's list.
TEXTS = ("Hola", "¿Dónde está mi pedido?", "¿Qué horario tenéis?", "Gracias")
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
PAUSE_SECONDS = 0.05
# No fault here lasts as long as that.
MOST_SECONDS = 240.0
# Twilio's own patience: 15 s for an answer.
TIMEOUT = Timeout(connect=5.0, read=15.0)

_blocks = count(1)


@dataclass
class Sent:
    """One message of a customer, and what the bot answered each time that it was posted."""

    sid: str
    customer: str
    channel: Channel
    text: str
    fields: dict[str, str]
    # The status of each answer; 0 where there was none.
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    acknowledged_at: datetime | None = None


class Phones:
    def __init__(self, town: Town, customers: int, *, channels: Iterable[Channel] = (Channel.SMS,)) -> None:
        self._town = town
        self._channels = tuple(channels)
        block = next(_blocks)
        self.numbers = [f"+3462{block % 100:02d}{number:05d}" for number in range(customers)]
        self.sent: list[Sent] = []
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False, maxsize=32, timeout=TIMEOUT)
        self._is_stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        if Channel.WHATSAPP in self._channels:
            open_windows(town, self.numbers)

    def new(self, customer: str, channel: Channel, text: str) -> Sent:
        sid = f"SM{token_hex(16)}"
        fields = form_of(sid, customer, channel, text)
        sent = Sent(sid=sid, customer=customer, channel=channel, text=text, fields=fields)
        with self._lock:
            self.sent.append(sent)
        return sent

    def post(self, sent: Sent, *, port: int | None = None) -> int:
        """Once. The answer's status; 0 for none."""
        url = f"{self._town.web_url}/twilio/messages"
        headers = {"Content-Type": FORM, "X-Twilio-Signature": sign(TOKEN, url, sent.fields)}
        target = url if port is None else f"http://127.0.0.1:{port}/twilio/messages"
        started = time.monotonic()
        try:
            body = urlencode(sent.fields)
            status = self._pool.request("POST", target, body=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            status = 0
        with self._lock:
            sent.answers.append(status)
            sent.seconds.append(time.monotonic() - started)
            if 200 <= status < 300 and sent.acknowledged_at is None:
                sent.acknowledged_at = datetime.now(UTC)
        return status

    def write(self, customer: str, channel: Channel, text: str) -> Sent:
        """Until it is acknowledged, or the phones are switched off."""
        sent = self.new(customer, channel, text)
        until = time.monotonic() + MOST_SECONDS
        while not 200 <= self.post(sent) < 300:
            if self._is_stopped.wait(PAUSE_SECONDS):
                break
            if time.monotonic() > until:
                raise RuntimeError(
                    f"a webhook was not acknowledged in {MOST_SECONDS:.0f} s: {sent.answers[-3:]}"
                )
        return sent

    def write_all(self, each: int, *, rate: float, hands: int = 8, seed: int = 1) -> None:
        """Every customer writes so many; returns when all are acknowledged."""
        self.start(rate=rate, hands=hands, seed=seed, each=each)
        self.wait()

    def start(self, *, rate: float, hands: int = 8, seed: int = 1, each: int | None = None) -> None:
        """Customers write in the background, `rate` messages a second in all, until `stop`."""
        self._is_stopped.clear()
        hands = min(hands, len(self.numbers))
        for hand in range(hands):
            mine = self.numbers[hand::hands]
            draw = random.Random(f"{seed}:{hand}")
            thread = threading.Thread(
                target=self._write_on,
                args=(mine, hands / rate, each, draw),
                name=f"phone-{hand}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def stop(self) -> None:
        """No new messages; one that was not acknowledged yet has a last try."""
        self._is_stopped.set()
        self.wait()

    def close(self) -> None:
        self.stop()
        self._pool.clear()

    def _write_on(self, mine: list[str], pause: float, each: int | None, draw: random.Random) -> None:
        left = None if each is None else each * len(mine)
        number = 0
        while not self._is_stopped.is_set() and (left is None or number < left):
            started = time.monotonic()
            self.write(mine[number % len(mine)], draw.choice(self._channels), draw.choice(TEXTS))
            number += 1
            self._is_stopped.wait(max(0.0, pause - (time.monotonic() - started)))


def form_of(sid: str, customer: str, channel: Channel, text: str) -> dict[str, str]:
    return inbound_form(
        _message(sid, customer, channel, text),
        Person(key=customer, name="", phone=customer, whatsapp_id=None, language="es", note=""),
        [],
        account_sid=ACCOUNT,
        api_url="",
    )


def open_windows(town: Town, customers: Iterable[str]) -> None:
    """The carrier believes that they have just written on WhatsApp: then free text may go to them."""
    store = Store(str(town.carrier.store))
    try:
        for customer in customers:
            message = _message(f"SM{token_hex(16)}", customer, Channel.WHATSAPP, "(before)")
            # Long ago in real time, or the bot would find that it has missed it; just now on the phone.
            then = message.created_at - timedelta(days=30)
            store.add(replace(message, created_at=then, updated_at=then, sent_at=then))
    finally:
        store.close()


def _message(sid: str, customer: str, channel: Channel, text: str) -> Message:
    now = datetime.now(UTC)
    return Message(
        sid=sid,
        channel=channel,
        author=Author.CUSTOMER,
        customer=customer,
        shop=SMS if channel is Channel.SMS else WHATSAPP,
        body=text,
        status="received",
        direction="inbound",
        created_at=now,
        updated_at=now,
        sent_at=now,
        shown_at=now,
        handover=Handover.ACCEPTED,
    )
