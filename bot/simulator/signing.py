"""X-Twilio-Signature, computed the way Twilio documents it. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit


def sign(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature of a form posted to `url`; the fragment and any user:password are not part of it."""
    text = _signed_url(url) + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")


def _signed_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
