"""Fetches the files of customers' messages from Twilio, and from nowhere else.

The address came in with a message, so it is not trusted: it must be the carrier's for our own account,
redirects lead only to the carrier's storage, and nothing on a private network is ever called.
"""

import base64
import http.client
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from bot.channels.media_types import sniffed_type
from bot.channels.pinned_http import Deadline, NotPublic, PinnedConnection, addresses_of
from bot.settings import Settings

TWILIO = "https://api.twilio.com"
STORAGE = frozenset(("s3-external-1.amazonaws.com",))
STORAGE_DOMAINS = (".twiliocdn.com", ".twilio.com")
# WhatsApp's own limit; MMS allow less.
LARGEST = 16 * 1024 * 1024
LONGEST_SECONDS = 15.0
MOST_REDIRECTS = 3
CHUNK = 64 * 1024
REDIRECTS = frozenset((301, 302, 303, 307, 308))
OK = 200


@dataclass(frozen=True, kw_only=True)
class Fetched:
    # By its bytes.
    content_type: str
    content: bytes


class MediaFault(Exception):
    """It was not fetched. `reason` is fit for staff: a word of ours or a status, never the address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaRefused(MediaFault):
    """It will not be, ever: trying again changes nothing."""


class MediaUnavailable(MediaFault):
    """Not now; perhaps later."""


def fetch(settings: Settings, url: str, *, seconds: float = LONGEST_SECONDS) -> Fetched:
    """The file behind a `MediaUrl`. Raises `MediaRefused` or `MediaUnavailable`."""
    if not is_ours(settings, url):
        raise MediaRefused("not_at_the_carrier")
    deadline = Deadline.after(seconds)
    try:
        content = _followed(settings, url, deadline)
    except NotPublic as error:
        raise MediaRefused("not_public") from error
    except TimeoutError as error:
        raise MediaUnavailable("too_slow") from error
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise MediaUnavailable(type(error).__name__) from error
    content_type = sniffed_type(content)
    if content_type is None:
        raise MediaRefused("unknown_type")
    return Fetched(content_type=content_type, content=content)


def is_ours(settings: Settings, url: str) -> bool:
    """Is it a file of our account? Compared as text from the first letter on: no parser to be fooled."""
    account = f"{settings.twilio_api_url}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    sid = "[0-9a-fA-F]{32}"
    return re.fullmatch(rf"{re.escape(account)}/Messages/(SM|MM){sid}/Media/ME{sid}", url) is not None


def _followed(settings: Settings, url: str, deadline: Deadline) -> bytes:
    # Only for the first address: a redirect leads to storage, which must not learn our token.
    headers = {"Authorization": _credentials(settings)}
    for _ in range(MOST_REDIRECTS + 1):
        with _connected(settings, urlsplit(url), deadline) as connection:
            connection.request("GET", _path(url), headers={"User-Agent": "hilo", **headers})
            answer = connection.getresponse()
            if answer.status not in REDIRECTS:
                return _content(answer)
            url = _next(settings, url, answer.getheader("Location"))
        headers = {}
    raise MediaRefused("too_many_redirects")


def _connected(settings: Settings, target: SplitResult, deadline: Deadline) -> PinnedConnection:
    is_stand_in = _is_stand_in(settings, target)
    port = target.port or (443 if target.scheme == "https" else 80)
    addresses = addresses_of(target.hostname or "", port, may_be_private=is_stand_in)
    # A stand-in is on this machine or beside it, where no proxy leads.
    return PinnedConnection(target, addresses, deadline, None if is_stand_in else settings.proxy_url)


def _next(settings: Settings, url: str, location: str | None) -> str:
    try:
        target = urlsplit(urljoin(url, location or ""))
        is_allowed = _is_stand_in(settings, target) or _is_storage(target)
    except ValueError as error:
        raise MediaRefused("redirected_elsewhere") from error
    if not is_allowed:
        raise MediaRefused("redirected_elsewhere")
    return target.geturl()


def _is_storage(target: SplitResult) -> bool:
    host = target.hostname or ""
    is_theirs = host in STORAGE or host.endswith(STORAGE_DOMAINS)
    return target.scheme == "https" and is_theirs and target.port in (None, 443) and "@" not in target.netloc


def _is_stand_in(settings: Settings, target: SplitResult) -> bool:
    """Somebody else in Twilio's place, whom the operator has named: they may be on this very machine."""
    named = urlsplit(settings.twilio_api_url)
    is_named = (target.scheme, target.netloc) == (named.scheme, named.netloc)
    return is_named and settings.twilio_api_url != TWILIO


def _content(answer: http.client.HTTPResponse) -> bytes:
    if answer.status != OK:
        raise MediaUnavailable(f"HTTP {answer.status}")
    if (answer.length or 0) > LARGEST:
        raise MediaRefused("too_large")
    expected, content = answer.length, bytearray()
    while chunk := answer.read1(CHUNK):
        content += chunk
        if len(content) > LARGEST:
            raise MediaRefused("too_large")
    if expected is not None and len(content) < expected:
        raise MediaUnavailable("cut_short")
    return bytes(content)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _credentials(settings: Settings) -> str:
    pair = f"{settings.twilio_account_sid}:{settings.twilio_auth_token[0]}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
