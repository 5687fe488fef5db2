"""`hilo keys`: made, shown once, listed, revoked."""

from bot.api.callers import hash_of
from tests.bot.api.calling import bearer
from tests.bot.commands.conftest import Run, document
from tests.world import World


def test_a_key_is_shown_once_and_works(hilo: Run, world: World) -> None:
    key = hilo("keys", "create", "webchat", "--scope", "customers:read").stdout.strip()
    answer = world.client.get("/v1/customers/user_id:1", headers=bearer(key))
    assert answer.status_code == 404
    listed = hilo("keys", "list").output
    assert "webchat" in listed and "customers:read" in listed
    assert key not in listed
    [told] = document(hilo("keys", "list", "--json"))
    assert told["scopes"] == ["customers:read"]
    assert hash_of(key) not in str(told)


def test_a_revoked_key_ends_at_once_and_its_name_is_not_given_again(hilo: Run, world: World) -> None:
    key = hilo("keys", "create", "till", "--scope", "tokens:write").stdout.strip()
    assert hilo("keys", "revoke", "till").output == "till is revoked.\n"
    assert world.client.get("/v1/customers/user_id:1", headers=bearer(key)).status_code == 401
    assert hilo("keys", "revoke", "till").exit_code == 1
    assert hilo("keys", "create", "till", "--scope", "tokens:write").exit_code == 1
    assert "revoked" in hilo("keys", "list").output


def test_a_key_needs_a_scope_that_there_is(hilo: Run, world: World) -> None:
    assert hilo("keys", "create", "x").exit_code == 2
    assert hilo("keys", "create", "x", "--scope", "everything").exit_code == 2
    assert "No keys yet" in hilo("keys", "list").output
