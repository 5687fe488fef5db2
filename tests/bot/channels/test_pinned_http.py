"""The address that was checked is the one that is called, also by a proxy; the name is what is certified."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.media import MediaUnavailable, fetch
from bot.channels.pinned_http import is_public
from bot.settings import Settings
from tests.bot.channels.servers import Counted, counting_server, give, lead_to, little_proxy
from tests.bot.channels.test_media import PATH, PNG
from tests.doubles import make_settings

STORAGE = "mms.twiliocdn.com"
PUBLIC = "3.5.1.1"

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the storage's name, signed by itself, with its key in the same file."""
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    what = f"-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={STORAGE} -addext subjectAltName=DNS:{STORAGE}"
    order = ["openssl", "req", *what.split(), "-keyout", str(file), "-out", str(file.with_suffix(".crt"))]
    subprocess.run(order, check=True, capture_output=True)
    with file.open("ab") as both:
        both.write(file.with_suffix(".crt").read_bytes())
    return file


@pytest.fixture
def storage(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """Answers over TLS under the storage's name, which leads to a public address that we stand in for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with counting_server(context) as server:
        port = int(server.url.rpartition(":")[2])
        really_ask, really_connect = socket.getaddrinfo, socket.create_connection

        def ask(host: str, *more: Any, **named: Any) -> Any:
            if host == STORAGE:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443))]
            return really_ask(host, *more, **named)

        def connect(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
            # Only the checked address leads there: the name itself leads nowhere in a test.
            return really_connect(
                ("127.0.0.1", port) if address == (PUBLIC, 443) else address, *more, **named
            )

        monkeypatch.setattr(socket, "getaddrinfo", ask)
        monkeypatch.setattr(socket, "create_connection", connect)
        server.answers["/file?Signature=a%2Bb"] = give(PNG)
        yield server


@pytest.fixture
def carrier() -> Iterator[Counted]:
    with counting_server() as server:
        server.answers[PATH] = lead_to(f"https://{STORAGE}/file?Signature=a%2Bb")
        yield server


@pytest.fixture
def settings(carrier: Counted) -> Settings:
    return make_settings(twilio_api_url=carrier.url)


def trust(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate.with_suffix(".crt")))
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)


def test_storage_is_read_under_its_own_name_and_without_our_token(
    carrier: Counted,
    storage: Counted,
    settings: Settings,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trust(monkeypatch, certificate)
    assert fetch(settings, f"{carrier.url}{PATH}").content == PNG
    ((path, headers),) = storage.asked
    assert (path, headers["Host"]) == ("/file?Signature=a%2Bb", STORAGE)
    assert "Authorization" not in headers


def test_a_certificate_that_nobody_vouches_for_is_refused(
    carrier: Counted, storage: Counted, settings: Settings
) -> None:
    with pytest.raises(MediaUnavailable, match="SSLCertVerificationError"):
        fetch(settings, f"{carrier.url}{PATH}")
    assert storage.asked == []


def test_a_proxy_is_told_the_address_that_was_checked(
    carrier: Counted,
    storage: Counted,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trust(monkeypatch, certificate)
    with little_proxy() as (proxy_url, heard):
        settings = make_settings(twilio_api_url=carrier.url, proxy_url=proxy_url)
        assert fetch(settings, f"{carrier.url}{PATH}").content == PNG
    assert heard[0].startswith(f"CONNECT {PUBLIC}:443 ")
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz" in heard[0]
    assert len(heard) == 1, "the carrier's stand-in is called without it"


@pytest.mark.parametrize("address", ["3.5.1.1", "2600:1f18::1", "64:ff9b::305:101", "::ffff:3.5.1.1"])
def test_public_addresses_are_public_however_they_are_written(address: str) -> None:
    assert is_public(address)
