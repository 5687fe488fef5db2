"""The twilio client's HTTP on urllib3: less than half of the default's CPU, and a timeout always."""

import base64
import json
import logging
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response

CONNECT_TIMEOUT = 5.0
POOL_SIZE = 16
TOO_MANY_REQUESTS = 429


class TooManyRequests(Exception):
    """429: the request was not processed. twilio's own error would drop how long to wait."""

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("too many requests")
        self.retry_after = retry_after


class PooledHttpClient(HttpClient):
    """Raises `TooManyRequests` and urllib3's own errors.

    Never retries by itself: a POST has no idempotency key.
    """

    def __init__(self, *, timeout: float, proxy_url: str | None = None) -> None:
        super().__init__(logging.getLogger("hilo.twilio"), False, timeout)
        options: dict[str, Any] = {"maxsize": POOL_SIZE, "retries": False, "num_pools": 8}
        self._pool: urllib3.PoolManager = (
            urllib3.ProxyManager(proxy_url, **options) if proxy_url else urllib3.PoolManager(**options)
        )
        self._timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout)

    def request(  # noqa: PLR0913 (the signature is twilio's)
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        all_headers = dict(headers or {})
        if auth:
            credentials = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
            all_headers["Authorization"] = f"Basic {credentials}"
        if params:
            url = f"{url}?{urlencode(_present(params), doseq=True)}"
        body = self._body(all_headers, data)
        answer = self._pool.request(
            method.upper(),
            url,
            body=body,
            headers=all_headers,
            timeout=self._timeout if timeout is None else timeout,
            redirect=False,
        )
        if answer.status == TOO_MANY_REQUESTS:
            raise TooManyRequests(_seconds(answer.headers.get("Retry-After")))
        return Response(answer.status, answer.data.decode("utf-8", "replace"), dict(answer.headers))

    def _body(self, headers: dict[str, str], data: dict[str, Any] | None) -> bytes | None:
        if data is None:
            return None
        if headers.get("Content-Type") == "application/json":
            return json.dumps(data).encode()
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode(_present(data), doseq=True).encode()


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that are not set: urlencode would send the word "None"."""
    return {name: value for name, value in values.items() if value is not None}


def _seconds(header: str | None) -> float | None:
    """Retry-After as seconds from now; the standard also allows a date."""
    if header is None or not header.strip():
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
