"""One HTTP connection to an address that was looked at first, with an end to all patience.

A name may resolve to another address the next time it is asked: so it is asked once, and the address
that was found fit is the one that is called. Certificates are still checked against the name.
"""

import base64
import http.client
import io
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

# IPv4 addresses as IPv6 writes them behind a translator (RFC 6052).
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
WHOLE_WORLD = ipaddress.ip_network("2000::/3")
CONNECT_SECONDS = 5.0
PORTS = {"http": 80, "https": 443}


class NotPublic(Exception):
    """The name leads to this machine, to its network, or to the insides of a cloud."""


@dataclass(frozen=True, kw_only=True)
class Deadline:
    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(at=time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds, always some. Raises `TimeoutError` when it is over."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


def is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found in TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found not in WHOLE_WORLD or found.sixtofour or found.teredo:
            # The last two carry an IPv4 address, and with it the way to any of them.
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def addresses_of(host: str, port: int, *, may_be_private: bool = False) -> list[str]:
    """Where the name leads. Raises `NotPublic` when any of it is not for us, `OSError` when to nowhere."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not may_be_private and not all(is_public(address) for address in addresses):
        raise NotPublic("the host has an address that is not public")
    return addresses


class PinnedConnection(http.client.HTTPConnection):
    """To `addresses` and nowhere else; each read and write ends at the deadline. Use it in a `with`.

    Through a proxy that is told the address, not the name.
    """

    def __init__(
        self, target: SplitResult, addresses: list[str], deadline: Deadline, proxy_url: str | None = None
    ) -> None:
        self._target = target
        self._addresses = addresses
        self._deadline = deadline
        self._proxy = urlsplit(proxy_url) if proxy_url else None
        self._raw: socket.socket | None = None
        # Else it would put ":443" into the Host header, and signed addresses of storage are over the host.
        self.default_port = PORTS[target.scheme]
        super().__init__(target.hostname or "", target.port or self.default_port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()
        if self._raw is not None:
            self._raw.close()

    def connect(self) -> None:
        self._raw = self._through_proxy(self._proxy) if self._proxy else self._direct()
        self._raw.settimeout(self._deadline.left())
        if self._target.scheme == "https":
            self._raw = ssl.create_default_context().wrap_socket(self._raw, server_hostname=self.host)
        self.sock = _Patient(self._raw, self._deadline)

    def _direct(self) -> socket.socket:
        fault: OSError | None = None
        for address in self._addresses:
            try:
                return socket.create_connection((address, self.port), timeout=self._patience())
            except OSError as error:
                fault = error
        raise fault or OSError("no address")

    def _through_proxy(self, proxy: SplitResult) -> socket.socket:
        tunnel = http.client.HTTPConnection(
            proxy.hostname or "", proxy.port or PORTS[proxy.scheme], timeout=self._patience()
        )
        tunnel.set_tunnel(self._addresses[0], self.port, _proxy_headers(proxy))
        tunnel.connect()
        return tunnel.sock

    def _patience(self) -> float:
        return min(CONNECT_SECONDS, self._deadline.left())


class _Patient:
    """As much of a socket as http.client uses. A drip does not start the time anew."""

    def __init__(self, raw: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._raw.settimeout(self._deadline.left())
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._raw, self._deadline))

    def close(self) -> None:
        """http.client closes before it has read the body: the connection's `with` does it in the end."""


class _Reader(io.RawIOBase):
    def __init__(self, raw: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._raw.settimeout(self._deadline.left())
        return self._raw.recv_into(buffer)


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}
