"""One signed HTTP request from the carrier to the shop, and what came back. Tries once."""

import logging
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import urllib3

from bot.simulator.signing import sign

logger = logging.getLogger(__name__)

LONGEST_ANSWER = 64 * 1024
MEDIA_LIMIT = 5 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int | None  # None: nobody answered
    content_type: str = ""
    text: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_worth_retrying(self) -> bool:
        return self.status is None or self.status >= 500


class Postman:
    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token
        timeout = urllib3.Timeout(connect=2.0, read=15.0)
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=timeout)

    def close(self) -> None:
        self._pool.clear()

    def post(self, url: str, form: Mapping[str, str], token: str) -> Answer:
        """`token` stays the same over the retries of one event."""
        target = url.partition("#")[0]
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": sign(self._auth_token, target, form),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            with self._pool.request(
                "POST", target, body=urlencode(form), headers=headers, preload_content=False
            ) as response:
                text = response.read(LONGEST_ANSWER).decode("utf-8", "replace")
                content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return Answer(status=response.status, content_type=content_type, text=text)
        except urllib3.exceptions.HTTPError as error:
            logger.info(
                "the shop did not answer",
                extra={"action": "simulator.post", "reason": type(error).__name__},
            )
            return Answer(status=None)

    def fetch(self, url: str) -> tuple[str, bytes] | None:
        """Content type and content of a public file, or None when it cannot be had."""
        try:
            with self._pool.request("GET", url, preload_content=False) as response:
                content = response.read(MEDIA_LIMIT + 1)
                if response.status != 200 or not content or len(content) > MEDIA_LIMIT:
                    return None
                return response.headers.get("Content-Type", "").partition(";")[0].strip().lower(), content
        except urllib3.exceptions.HTTPError:
            return None

    @staticmethod
    def can_reach(url: str) -> bool:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            with socket.create_connection((parts.hostname or "", port), timeout=0.5):
                return True
        except OSError:
            return False


def new_token() -> str:
    return secrets.token_hex(16)
