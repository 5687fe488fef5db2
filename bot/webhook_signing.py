"""Signs what we tell other systems, as the Standard Webhooks convention has it. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from context_store.records import Endpoint

PREFIX = "whsec_"
BYTES = 24


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def headers_for(endpoint: Endpoint, webhook_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """With one signature for each secret that is good now: two while one is being replaced."""
    stamp = str(int(now.timestamp()))
    signatures = (_signature(secret, webhook_id, stamp, body) for secret in good_secrets(endpoint, now))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def good_secrets(endpoint: Endpoint, now: datetime) -> Iterable[str]:
    yield endpoint.secret
    is_good = endpoint.previous_until is not None and endpoint.previous_until > now
    if endpoint.previous_secret is not None and is_good:
        yield endpoint.previous_secret


def _signature(secret: str, webhook_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{webhook_id}.{stamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
