"""Files are fetched from the carrier's own address and from nowhere else, whatever a message says."""

import base64
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels import media
from bot.channels.media import MediaRefused, MediaUnavailable, fetch, is_ours
from bot.settings import Settings
from tests.bot.channels.servers import Counted, counting_server, drip_headers, give, lead_to, pour
from tests.doubles import ACCOUNT, TOKEN, make_settings

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
MESSAGE, FILE = "MM" + "1" * 32, "ME" + "2" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{FILE}"
REAL = f"https://api.twilio.com{PATH}"
OTHER_ACCOUNT = PATH.replace(ACCOUNT, "AC" + "b" * 32)
BASIC = f"Basic {base64.b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}"


@pytest.fixture
def carrier() -> Iterator[Counted]:
    """In Twilio's place, named by the operator."""
    with counting_server() as server:
        yield server


@pytest.fixture
def inside() -> Iterator[Counted]:
    """Something on the network that nobody outside may reach."""
    with counting_server() as server:
        server.answers["/secret"] = give(PNG)
        yield server


@pytest.fixture
def settings(carrier: Counted) -> Settings:
    return make_settings(twilio_api_url=carrier.url)


def refusal(settings: Settings, url: str) -> str:
    with pytest.raises(MediaRefused) as refused:
        fetch(settings, url)
    return refused.value.reason


def test_a_file_comes_with_the_token_and_is_called_what_its_bytes_are(
    carrier: Counted, settings: Settings
) -> None:
    carrier.answers[PATH] = give(PNG, headers={"Content-Type": "text/html"})
    fetched = fetch(settings, f"{carrier.url}{PATH}")
    assert (fetched.content_type, fetched.content) == ("image/png", PNG)
    ((path, headers),) = carrier.asked
    assert (path, headers["Authorization"], headers["Accept-Encoding"]) == (PATH, BASIC, "identity")


FOREIGN = [
    "",
    "javascript:alert(1)",
    "file:///etc/passwd",
    f"http://api.twilio.com{PATH}",
    f"https://API.twilio.com{PATH}",
    f"https://api.twilio.com.{PATH}",
    f"https://api.twilio.com:8443{PATH}",
    f"https://api.twilio.com@evil.example{PATH}",
    f"https://evil.example@api.twilio.com{PATH}",
    f"https://api.twilio.com.evil.example{PATH}",
    f"https://evil.example/https://api.twilio.com{PATH}",
    f"https://api.twilio.com\\@evil.example{PATH}",
    f"https://api.twilio.com{OTHER_ACCOUNT}",
    f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
    f"{REAL}/../../../../../../Accounts.json",
    f"{REAL}?x=1",
    f"{REAL}#x",
    f"{REAL}\n",
    f"{REAL}.json",
    f" {REAL}",
    "http://127.0.0.1/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[fc00::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://localhost/",
    "http://metadata.google.internal/",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_an_address_that_is_not_the_carriers_for_our_account_is_never_called(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: called.append(asked))
    monkeypatch.setattr(socket, "create_connection", lambda *asked, **more: called.append(asked))
    assert refusal(make_settings(), url) == "not_at_the_carrier"
    assert called == []


def test_the_address_of_our_own_files_is_known() -> None:
    assert is_ours(make_settings(), REAL)


@pytest.mark.parametrize(
    "location",
    [
        "{inside}/secret",
        "http://127.0.0.1:{port}/secret",
        "//127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://0x7f000001:{port}/secret",
        "http://017700000001:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1:{port}/secret",
        "https://127.0.0.1/",
        "https://mms.twiliocdn.com:{port}/secret",
        "https://mms.twiliocdn.com@127.0.0.1:{port}/secret",
        "https://127.0.0.1:{port}@mms.twiliocdn.com/secret",
        "https://mms.twiliocdn.com.evil.example/",
        "https://eviltwiliocdn.com/",
        "http://mms.twiliocdn.com/",
        "https://s3-external-1.amazonaws.com.evil.example/",
        "https://other-bucket.s3.amazonaws.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/secret",
        "https://[::1",
    ],
)
def test_a_redirect_leads_to_the_carriers_storage_or_nowhere(
    carrier: Counted, inside: Counted, settings: Settings, location: str
) -> None:
    port = inside.url.rpartition(":")[2]
    carrier.answers[PATH] = lead_to(location.format(inside=inside.url, port=port))
    assert refusal(settings, f"{carrier.url}{PATH}") == "redirected_elsewhere"
    assert (carrier.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::1",
        "2001:0:1:2:3:4:80ff:fffe",
        "64:ff9b::a9fe:a9fe",
        "2001:db8::1",
    ],
)
def test_storage_whose_name_leads_inside_is_never_called(
    carrier: Counted, settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One private address among public ones is enough."""
    carrier.answers[PATH] = lead_to("https://mms.twiliocdn.com/file")
    names = {"mms.twiliocdn.com": ["3.5.1.1", address]}
    called = pretend_names(monkeypatch, names)
    assert refusal(settings, f"{carrier.url}{PATH}") == "not_public"
    assert called == ["127.0.0.1"]


def test_a_name_is_asked_once_and_what_it_said_then_is_called(
    carrier: Counted, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the second answer, this very machine, is never asked for."""
    carrier.answers[PATH] = lead_to("https://mms.twiliocdn.com/file")
    answers = iter((["3.5.1.1"], ["127.0.0.1"]))
    called = pretend_names(monkeypatch, {"mms.twiliocdn.com": answers})
    with pytest.raises(MediaUnavailable):
        fetch(settings, f"{carrier.url}{PATH}")
    assert called == ["127.0.0.1", "3.5.1.1"]
    assert next(answers) == ["127.0.0.1"]


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1"])
def test_even_the_carriers_own_name_may_not_lead_inside(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = pretend_names(monkeypatch, {"api.twilio.com": [address]})
    assert refusal(make_settings(), REAL) == "not_public"
    assert called == []


def pretend_names(monkeypatch: pytest.MonkeyPatch, names: dict[str, Any]) -> list[str]:
    """Each name's addresses, or several answers in turn. Returns whom a connection was made to."""
    called: list[str] = []
    really_ask, really_connect = socket.getaddrinfo, socket.create_connection

    def ask(host: str, *more: Any, **named: Any) -> Any:
        if host not in names:
            return really_ask(host, *more, **named)
        found = names[host] if isinstance(names[host], list) else next(names[host])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]

    def connect(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        called.append(address[0])
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError("not in a test")
        return really_connect(address, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    monkeypatch.setattr(socket, "create_connection", connect)
    return called


def test_the_token_goes_to_the_first_address_only(carrier: Counted, settings: Settings) -> None:
    for number in range(3):
        carrier.answers[f"/{number}"] = lead_to(f"/{number + 1}")
    carrier.answers[PATH] = lead_to("/1")
    carrier.answers["/3"] = give(PNG)
    assert fetch(settings, f"{carrier.url}{PATH}").content == PNG
    assert ["Authorization" in headers for _, headers in carrier.asked] == [True, False, False, False]


def test_nobody_is_sent_round_in_circles(carrier: Counted, settings: Settings) -> None:
    carrier.answers[PATH] = lead_to(PATH)
    assert refusal(settings, f"{carrier.url}{PATH}") == "too_many_redirects"
    assert carrier.connections == 4


def test_what_says_that_it_is_huge_is_not_read(carrier: Counted, settings: Settings) -> None:
    carrier.answers[PATH] = give(PNG, length=media.LARGEST + 1)
    assert refusal(settings, f"{carrier.url}{PATH}") == "too_large"


def test_what_turns_out_to_be_huge_is_cut(carrier: Counted, settings: Settings) -> None:
    poured: list[int] = []
    carrier.answers[PATH] = pour(b"\x89PNG\r\n\x1a\n" * 8192, 1000, counter=poured)
    assert refusal(settings, f"{carrier.url}{PATH}") == "too_large"
    time.sleep(0.1)
    assert sum(poured) < 2 * media.LARGEST


@pytest.mark.parametrize("how", ["body", "header"])
def test_a_drip_is_cut_at_the_end_of_the_time(carrier: Counted, settings: Settings, how: str) -> None:
    carrier.answers[PATH] = pour(b"\x89", 200, pause=0.05) if how == "body" else drip_headers(0.05)
    begun = time.monotonic()
    with pytest.raises(MediaUnavailable) as fault:
        fetch(settings, f"{carrier.url}{PATH}", seconds=0.4)
    assert fault.value.reason == "too_slow"
    assert 0.3 < time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (give(b"", status=404), "HTTP 404"),
        (give(b"", status=401), "HTTP 401"),
        (give(PNG, status=206), "HTTP 206"),
        (give(PNG, length=len(PNG) + 100), "cut_short"),
        (lambda request: request.wfile.write(b"nonsense\r\n\r\n"), "BadStatusLine"),
    ],
)
def test_what_may_be_better_later_is_told_apart(
    carrier: Counted, settings: Settings, answer: Any, reason: str
) -> None:
    carrier.answers[PATH] = answer
    with pytest.raises(MediaUnavailable) as fault:
        fetch(settings, f"{carrier.url}{PATH}")
    assert fault.value.reason == reason


def test_a_page_is_refused_whatever_it_says_it_is(carrier: Counted, settings: Settings) -> None:
    carrier.answers[PATH] = give(b"<svg onload=alert(1)>", headers={"Content-Type": "image/png"})
    assert refusal(settings, f"{carrier.url}{PATH}") == "unknown_type"
