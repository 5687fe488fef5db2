"""Carrying a message to its end: to the shop by webhook, to a phone by status steps and callbacks.

Decides nothing about what may be sent; the carrier has done that before.
"""

import logging
from collections.abc import Callable

from bot.simulator.faults import CallbackFate
from bot.simulator.forms import inbound_form, status_form
from bot.simulator.lanes import Lanes
from bot.simulator.postman import Answer, Postman, new_token
from bot.simulator.records import Author, Channel, Handover, Media, Message
from bot.simulator.settings import Person, SimulatorSettings
from bot.simulator.sids import new_sid
from bot.simulator.store import Store
from bot.simulator.switches import Switches

logger = logging.getLogger(__name__)

MOST_RETRIES = 5
NEXT_STATUS = {"accepted": "queued", "queued": "sent", "sent": "delivered"}
MEDIA_FAILED = 63019
# The operator said no after it was sent: "undelivered", not "failed".
UNDELIVERED = range(30_003, 30_009)
KEPT_BACK = "kept back by a fault"


class Delivery:
    def __init__(
        self,
        settings: SimulatorSettings,
        store: Store,
        switches: Switches,
        *,
        person_at: Callable[[str], Person | None],
        on_answer: Callable[[Message, Answer], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._switches = switches
        self._person_at = person_at
        self._on_answer = on_answer
        self.postman = Postman(settings.auth_token)
        self.lanes = Lanes()
        self.is_shop_reachable: bool | None = None  # None until tried

    def start(self) -> None:
        for message in self._store.unfinished():
            if message.author is Author.CUSTOMER:
                self.to_shop(message)
            else:
                self.to_phone(message)
        self.lanes.start()

    def stop(self) -> None:
        self.lanes.stop()
        self.postman.close()

    # To the shop

    def to_shop(self, message: Message) -> None:
        posts = self._switches.inbound_posts()
        if not posts:
            self._store.change(message.sid, handover=Handover.FAILED, handover_note=KEPT_BACK)
            return
        form = inbound_form(
            message,
            self._person_at(message.customer),
            self._store.media(message.sid),
            account_sid=self._settings.account_sid,
            api_url=self._settings.public_url,
        )

        def settle(answer: Answer) -> None:
            note = "" if answer.is_accepted else str(answer.status or "no connection")
            handover = Handover.ACCEPTED if answer.is_accepted else Handover.FAILED
            self._store.change(message.sid, handover=handover, handover_note=note)
            if answer.is_accepted:
                self._on_answer(message, answer)

        def settle_again(answer: Answer) -> None:
            if answer.is_accepted:
                self._on_answer(message, answer)

        token = new_token()
        # One lane for both phones: what one person sends arrives in the order it was sent.
        self._post(f"shop:{message.customer}", self._settings.webhook_url, form, settle, token=token)
        if posts > 1:
            lane = f"shop-again:{message.customer}"
            self._post(lane, self._settings.webhook_url, form, settle_again, token=token)

    # To a phone

    def to_phone(self, message: Message) -> None:
        self.lanes.submit(
            f"status:{message.sid}", lambda: self._step(message.sid), self._settings.callback_delay
        )

    def read(self, message: Message) -> None:
        if self._store.change(message.sid, only_from=("delivered",), status="read"):
            self.call_back(message, "read")

    def call_back(self, message: Message, status: str) -> None:
        if not message.status_callback:
            return
        fate = self._switches.fate_of_callback(has_successor=status in NEXT_STATUS)
        held = message.extra.get("held", [])
        if fate.is_held:
            self._store.change(message.sid, extra={**message.extra, "held": [*held, status]})
            return
        self._tell(message, status, fate)
        # Held back until now, so the shop hears them in the wrong order.
        for earlier in held:
            self._tell(message, earlier, CallbackFate())
        if held:
            self._store.change(message.sid, extra={**message.extra, "held": []})

    def _tell(self, message: Message, status: str, fate: CallbackFate) -> None:
        form = status_form(message, status, account_sid=self._settings.account_sid)
        lane = f"late:{message.sid}" if fate.delay else f"status:{message.sid}"
        for number in range(fate.posts):
            # The second one in a lane of its own, so that both may arrive at the same moment.
            lane += f":{number}" if number else ""
            self._post(lane, message.status_callback, form, lambda answer: None, delay=fate.delay)

    def _step(self, sid: str) -> None:
        message = self._store.message(sid)
        if message is None or message.status not in NEXT_STATUS:
            return
        status, error_code = self._next(message)
        sent_at = message.updated_at if status == "sent" else message.sent_at
        # A cancel may have come in between; then the status is no longer the one that was read.
        changed = self._store.change(
            sid, only_from=(message.status,), status=status, error_code=error_code, sent_at=sent_at
        )
        if changed is None:
            return
        self.call_back(changed, status)
        if status in NEXT_STATUS:
            self.to_phone(changed)

    def _next(self, message: Message) -> tuple[str, int | None]:
        """The status that follows, and the code if the message failed."""
        fails_with = message.extra.get("fails_with")
        if message.status == "queued":
            is_refused = fails_with and fails_with not in UNDELIVERED
            error_code = fails_with if is_refused else self._fetch_media(message)
            if error_code:
                return "failed", error_code
        elif message.status == "sent" and fails_with:
            return "undelivered", fails_with
        return NEXT_STATUS[message.status], None

    def _fetch_media(self, message: Message) -> int | None:
        """Fetch what the shop sent along, as Twilio does; an error code when that fails."""
        found = []
        for url in message.extra.get("media_urls", []):
            file = self.postman.fetch(url)
            if file is None:
                return MEDIA_FAILED if message.channel is Channel.WHATSAPP else 30019
            content_type, content = file
            name = url.partition("?")[0].rpartition("/")[2][:80]
            found.append(Media(sid=new_sid("ME"), content_type=content_type, name=name, content=content))
        if found:
            self._store.add_media(message.sid, found)
        return None

    # Posting

    def _post(
        self,
        lane: str,
        url: str,
        form: dict[str, str],
        settle: Callable[[Answer], None],
        *,
        token: str = "",
        delay: float = 0.0,
    ) -> None:
        attempts = iter(range(MOST_RETRIES))
        token = token or new_token()

        def work() -> float | None:
            answer = self.postman.post(url, form, token)
            self.is_shop_reachable = answer.status is not None
            attempt = next(attempts, None) if answer.is_worth_retrying else None
            if attempt is None:
                settle(answer)
                return None
            return self._settings.callback_delay * float(2**attempt)

        self.lanes.submit(lane, work, delay)

    def probe(self) -> None:
        """Look in the background whether the shop can be reached at all."""

        def work() -> None:
            self.is_shop_reachable = self.postman.can_reach(self._settings.webhook_url)

        self.lanes.submit("probe", work)
