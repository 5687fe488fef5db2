"""Calls an address that staff have named: never inside of our own network, and never for long.

What a name leads to is looked at when it is called, and that very address is called; redirects are not
followed; of the answer only the beginning is read.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bot.channels.pinned_http import Deadline, NotPublic, PinnedConnection, addresses_of, is_public

LONGEST_URL = 500
LONGEST_SECONDS = 10.0
LONGEST_ANSWER = 500
READ_AT_MOST = 2048
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an operator has allowed; `seconds` are for one call, all told."""

    may_be_loopback: bool = False
    proxy_url: str | None = None
    seconds: float = LONGEST_SECONDS


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Either a status or, where there was none, a fault in a word of ours."""

    milliseconds: int
    status: int | None = None
    fault: str | None = None
    # The first characters of what they said; their words, to be escaped.
    text: str | None = None
    retry_after: float | None = None

    @property
    def is_fine(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def fault_of(url: str, rules: Rules) -> str | None:
    """Why this address cannot be called, for whoever typed it; None when it can. Asks the name server."""
    try:
        target = _target(url)
        _allowed_addresses(target, rules)
    except NotPublic as error:
        return str(error)
    except ValueError as error:
        return str(error) or "it is not an address"
    except (OSError, UnicodeError):
        return "there is no such host"
    return None


def post(url: str, body: bytes, headers: Mapping[str, str], rules: Rules) -> Answer:
    """One try. Raises nothing: whatever goes wrong out there is an answer too."""
    began = time.monotonic()
    try:
        status, text, retry_after = _posted(url, body, headers, rules)
    except NotPublic:
        return Answer(milliseconds=_since(began), fault="not_public")
    except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
        return Answer(milliseconds=_since(began), fault=_word_for(error))
    return Answer(milliseconds=_since(began), status=status, text=text, retry_after=retry_after)


def _posted(url: str, body: bytes, headers: Mapping[str, str], rules: Rules) -> tuple[int, str, float | None]:
    deadline = Deadline.after(rules.seconds)
    target = _target(url)
    addresses = _allowed_addresses(target, rules)
    # A receiver on this machine is not where a proxy leads.
    proxy = rules.proxy_url if all(map(is_public, addresses)) else None
    with PinnedConnection(target, addresses, deadline, proxy) as connection:
        path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
        connection.request("POST", path, body=body, headers={"User-Agent": "hilo", **headers})
        answer = connection.getresponse()
        text = answer.read(READ_AT_MOST).decode("utf-8", "replace")
        return answer.status, _printable(text), _seconds(answer.getheader("Retry-After"))


def _target(url: str) -> SplitResult:
    """Raises `ValueError` in words for people."""
    if len(url) > LONGEST_URL or any(ord(character) <= 32 or ord(character) > 126 for character in url):
        raise ValueError(f"an address has at most {LONGEST_URL} plain characters and no blanks")
    target = urlsplit(url)
    if target.scheme not in PORTS or not target.hostname:
        raise ValueError("an address begins with https://")
    if target.username or target.password or target.fragment:
        raise ValueError("an address carries no user, password or #fragment")
    if target.port == 0:
        raise ValueError("there is no port 0")
    return target


def _allowed_addresses(target: SplitResult, rules: Rules) -> list[str]:
    host, port = target.hostname or "", target.port or PORTS[target.scheme]
    addresses = addresses_of(host, port, may_be_private=True)
    if rules.may_be_loopback and all(map(_is_loopback, addresses)):
        return addresses
    if target.scheme != "https":
        raise NotPublic("only https:// goes out: the words of customers must not travel in the open")
    if not all(map(is_public, addresses)):
        raise NotPublic("that host is inside of a private network")
    return addresses


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _word_for(error: Exception) -> str:
    words: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "too_slow"),
        (ssl.SSLCertVerificationError, "bad_certificate"),
        (socket.gaierror, "no_such_host"),
        (ConnectionRefusedError, "refused"),
    )
    return next((word for kind, word in words if isinstance(error, kind)), type(error).__name__)[:60]


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)[:LONGEST_ANSWER].strip()


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 8 else None


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
