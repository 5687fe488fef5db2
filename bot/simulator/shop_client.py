"""The little web shop's line to the bot: events in by the write key, the context out by the API key.

Real HTTP, also when the bot is this very process: the shop has no other door.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import urllib3

from bot.simulator.shop_events import name_of
from bot.simulator.shop_records import (
    Cart,
    Sent,
    Trouble,
    WayOver,
    read_cart,
    read_way_over,
    trouble_of,
)

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 512 * 1024
# The same body again carries the same messageId, so the bot takes it once, however often it comes.
SEND_RETRIES = urllib3.Retry(
    total=2,
    backoff_factor=0.1,
    allowed_methods=None,
    status_forcelist=(502, 503, 504),
    raise_on_status=False,
    redirect=False,
)


class ShopClient:
    def __init__(self, bot_url: str, *, write_key: str, api_key: str) -> None:
        self._url = bot_url.rstrip("/")
        self._write_headers = {
            "Content-Type": "application/json",
            **urllib3.make_headers(basic_auth=f"{write_key}:"),
        }
        self._read_headers = {"Authorization": f"Bearer {api_key}"}
        # Short: a request of the page waits here, on a thread that the bot may need for its answer.
        self._pool = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(connect=1.0, read=3.0))

    def close(self) -> None:
        self._pool.clear()

    def send(self, *messages: dict[str, Any]) -> Sent:
        """One fact goes to its own path, several go as one batch. Never raises: the answer tells."""
        path, body = _envelope(messages)
        names = tuple(name_of(message) for message in messages)
        content = json.dumps(body, ensure_ascii=False).encode()
        status, _ = self._ask("POST", path, headers=self._write_headers, body=content, retries=SEND_RETRIES)
        logger.info("sent to the events API", extra={"action": "simulator.shop", "status": status})
        return Sent(path=path, names=names, body=body, status=status)

    def cart(self, user_id: str) -> tuple[Cart | None, Trouble | None]:
        """The customer's live cart; somebody the bot has not met has none."""
        path = f"/v1/customers/{quote(f'user_id:{user_id}', safe=':')}/context"
        status, answer = self._ask("GET", path, headers=self._read_headers, retries=False)
        if status == 404:
            return None, None
        if trouble := trouble_of(status):
            return None, trouble
        try:
            return read_cart(answer), None
        except ValueError:
            return None, Trouble.FAULT

    def way_over(self, body: dict[str, Any]) -> tuple[WayOver | None, int | None]:
        """A code and links for a session; the status says why there are none."""
        headers = {**self._read_headers, "Content-Type": "application/json"}
        content = json.dumps(body, ensure_ascii=False).encode()
        status, answer = self._ask("POST", "/v1/context-tokens", headers=headers, body=content, retries=False)
        if trouble_of(status) is not None:
            return None, status
        try:
            return read_way_over(answer), status
        except ValueError:
            return None, None

    def linked_cart(self, link: str) -> Cart | None:
        """The live cart that a link of the chat opens; None for a link that opens none (any more)."""
        path = f"/v1/cart-links/{quote(link, safe='')}"
        status, answer = self._ask("GET", path, headers=self._read_headers, retries=False)
        try:
            return read_cart(answer) if trouble_of(status) is None else None
        except ValueError:
            return None

    def _ask(self, method: str, path: str, **values: Any) -> tuple[int | None, bytes]:
        try:
            with self._pool.request(method, self._url + path, preload_content=False, **values) as response:
                return response.status, response.read(LARGEST_ANSWER)
        except urllib3.exceptions.HTTPError as error:
            logger.info(
                "the bot did not answer the shop",
                extra={"action": "simulator.shop", "reason": type(error).__name__},
            )
            return None, b""


def _envelope(messages: Sequence[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    if len(messages) == 1:
        return f"/v1/{messages[0]['type']}", messages[0]
    return "/v1/batch", {"batch": list(messages), "sentAt": messages[0]["sentAt"]}
