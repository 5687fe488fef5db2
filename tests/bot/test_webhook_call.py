"""What may be called: public hosts by https, and this machine only where an operator says so."""

import socket
from typing import Any

import pytest

from bot.webhook_call import Rules, fault_of, post
from tests.bot.channels.servers import counting_server
from tests.bot.receivers import listening

LENIENT = Rules(may_be_loopback=True, seconds=5.0)
PRIVATE = (
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "127.0.0.1",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a00:1::",
)


def leading_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name leads there; the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    leading_to(monkeypatch, "93.184.215.14", address)
    assert fault_of("https://crm.example/", Rules()) == "that host is inside of a private network"
    assert post("https://crm.example/", b"{}", {}, Rules()).fault == "not_public"


@pytest.mark.parametrize("address", [each for each in PRIVATE if each not in ("127.0.0.1", "::1")])
def test_to_allow_this_machine_allows_nothing_else(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    leading_to(monkeypatch, address)
    assert fault_of("https://crm.example/", LENIENT) is not None
    assert fault_of("http://crm.example/", LENIENT) is not None


@pytest.mark.parametrize("written", ["https://2130706433/", "https://0x7f.1/", "https://127.1/"])
def test_other_ways_to_write_an_address_lead_nowhere_else(written: str) -> None:
    assert fault_of(written, Rules()) is not None


def test_a_public_one_by_https_is_fine_and_in_the_open_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, "93.184.215.14")
    assert fault_of("https://crm.example:8443/hooks?x=1", Rules()) is None
    assert "https" in str(fault_of("http://crm.example/", Rules()))


@pytest.mark.parametrize(
    "url",
    ["", "crm.example", "https://", "https://a b/", "https://ü.example/", "https://x/#y", "https://x:99999/"],
)
def test_what_is_no_address_is_told_so(url: str) -> None:
    assert fault_of(url, Rules()) is not None
    assert post(url, b"{}", {}, Rules()).fault is not None


def test_it_is_looked_at_again_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that led out when it was added, and leads inside by now."""
    leading_to(monkeypatch, "93.184.215.14")
    assert fault_of("https://crm.example/", Rules()) is None
    with counting_server() as inside:
        asked = leading_to(monkeypatch, "127.0.0.1")
        assert post("https://crm.example/", b"{}", {}, Rules()).fault == "not_public"
        assert (inside.connections, asked) == (0, ["crm.example"])


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with listening() as target, listening() as receiver:
        receiver.status, receiver.headers = 307, {"Location": target.url}
        answer = post(receiver.url, b"{}", {}, LENIENT)
        assert (answer.status, answer.is_fine, target.got) == (307, False, [])


def test_an_endless_answer_is_read_a_little_of() -> None:
    with listening() as receiver:
        receiver.text = b"x" * 3_000_000
        answer = post(receiver.url, b"{}", {}, LENIENT)
        assert (answer.status, answer.text) == (200, "x" * 500)


def test_one_that_says_nothing_is_left_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert post(url, b"{}", {}, Rules(may_be_loopback=True, seconds=0.1)).fault == "too_slow"


def test_one_that_is_not_there_is_a_fault_in_a_word() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"
    assert post(url, b"{}", {}, LENIENT).fault == "refused"
