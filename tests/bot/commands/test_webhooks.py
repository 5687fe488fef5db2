"""`hilo webhooks`: endpoints are added, switched, given new secrets, and told again."""

import pytest

from context_store.records import NoticeKind
from tests.bot.commands.conftest import Run, document
from tests.bot.helpers import LUCIA
from tests.bot.receivers import add_endpoint, deliver_all, lenient, listening
from tests.world import World

PUBLIC = "https://93.184.215.14/hooks"


def test_one_is_added_with_a_secret_that_is_never_shown_again(hilo: Run, world: World) -> None:
    added = hilo("webhooks", "add", PUBLIC, "--events", "message.received,handoff.*")
    assert added.exit_code == 0, added.output
    assert "whsec_" in added.output
    listed = document(hilo("webhooks", "list", "--json"))
    assert listed[0]["events"] == [
        "handoff.assigned",
        "handoff.requested",
        "handoff.resolved",
        "handoff.returned",
        "message.received",
    ]
    assert "whsec_" not in hilo("webhooks", "list").output
    again = hilo("webhooks", "add", PUBLIC)
    assert "is there already" in again.output


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://93.184.215.14/", "only https://"),
        ("https://10.0.0.1/", "private network"),
        ("http://127.0.0.1:8000/", "only https://"),
        ("ftp://93.184.215.14/", "begins with https://"),
        ("https://user:word@93.184.215.14/", "no user"),
    ],
)
def test_what_may_not_be_called_is_refused_with_the_reason(hilo: Run, url: str, why: str) -> None:
    refused = hilo("webhooks", "add", url)
    assert refused.exit_code == 2
    assert why in refused.output


def test_an_event_that_does_not_exist_is_refused_with_those_that_do(hilo: Run) -> None:
    refused = hilo("webhooks", "add", PUBLIC, "--events", "message.read")
    assert refused.exit_code == 2
    assert "message.status" in refused.output


def test_it_is_disabled_enabled_and_given_a_new_secret(hilo: Run) -> None:
    hilo("webhooks", "add", PUBLIC)
    assert hilo("webhooks", "disable", PUBLIC).output == "Disabled.\n"
    assert "disabled (staff)" in hilo("webhooks", "list").output
    assert hilo("webhooks", "enable", PUBLIC).output == "Enabled.\n"
    assert "whsec_" in hilo("webhooks", "rotate", PUBLIC).output
    assert hilo("webhooks", "enable", "https://other.example/").exit_code == 2


def test_deliveries_are_listed_and_replayed(hilo: Run, world: World) -> None:
    shop = lenient(world)
    with listening() as receiver:
        receiver.text = b"\x1b[31mred"
        add_endpoint(shop, receiver.url, NoticeKind.MESSAGE_RECEIVED)
        shop.says(LUCIA, "hola")
        deliver_all(shop)
        [told] = document(hilo("webhooks", "deliveries", receiver.url, "--json"))
        assert (told["event"], told["state"], told["tries"]) == ("message.received", "delivered", 1)
        listed = hilo("webhooks", "deliveries", receiver.url).output
        assert "HTTP 200" in listed
        assert "\x1b" not in listed
        assert "1 to be told again" in hilo("webhooks", "replay", receiver.url, str(told["delivery"])).output
        assert "Nothing" in hilo("webhooks", "replay", receiver.url, "--since", "2026-01-01").output
        deliver_all(shop)
        assert "1 to be told" in hilo("webhooks", "replay", receiver.url, "--since", "2026-01-01").output
    shop.database.wanted.kinds = frozenset()
