"""Unmodified client libraries against a real server: only the address is ours.

Those for Node run where their packages are: HILO_NODE_MODULES names the node_modules folder.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rudderstack.analytics
import segment.analytics
from werkzeug.serving import make_server

from context_store.records import IdentifierKind
from tests.bot.helpers import whose
from tests.world import World

KEY = "test-write-key"
MODULES = os.environ.get("HILO_NODE_MODULES", "")
LAMP = {"cart_id": "c1", "product_id": "lamp", "name": "Lámpara", "price": 50, "currency": "EUR"}
KEPT = ["Page Viewed", "Product Added", "Screen Viewed", "alias", "group", "identify"]


@pytest.fixture
def address(sqlite_world: World) -> Iterator[str]:
    """A server on a real socket."""
    server = make_server("127.0.0.1", 0, sqlite_world.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


def python_client(library: Any, address: str, *, is_zipped: bool) -> Any:
    faults: list[Exception] = []
    client = library.Client(
        KEY, host=address, gzip=is_zipped, max_retries=0, on_error=lambda error, batch: faults.append(error)
    )
    return client, faults


@pytest.mark.parametrize("is_zipped", [False, True], ids=["plain", "zipped"])
@pytest.mark.parametrize("library", [segment.analytics, rudderstack.analytics], ids=["segment", "rudder"])
def test_the_python_libraries_work_as_they_are(
    sqlite_world: World, address: str, library: Any, is_zipped: bool
) -> None:
    client, faults = python_client(library, address, is_zipped=is_zipped)
    client.identify(user_id="u1", traits={"name": "Ana", "phone": "+34600111222"})
    client.track(user_id="u1", event="Product Added", properties=LAMP)
    client.page(user_id="u1", name="Home")
    client.screen(user_id="u1", name="Main")
    client.group(user_id="u1", group_id="acme")
    client.alias(previous_id="visitor", user_id="u1")
    client.flush()
    client.join()
    assert faults == []
    has_arrived(sqlite_world)


@pytest.mark.parametrize("which", ["segment", "rudder"])
@pytest.mark.skipif(
    not (MODULES and shutil.which("node")), reason="HILO_NODE_MODULES names no folder, or there is no Node"
)
def test_the_node_libraries_work_as_they_are(sqlite_world: World, address: str, which: str) -> None:
    program = Path(__file__).parent / "node_client.cjs"
    environment = {"NODE_PATH": MODULES, "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        ["node", str(program), which, address, KEY],
        env=environment,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    has_arrived(sqlite_world)


def has_arrived(world: World) -> None:
    """All six calls are kept, and what they say is known in chat."""
    world.work()
    who = whose(world, IdentifierKind.USER_ID, "u1")
    assert who is not None
    assert whose(world, IdentifierKind.ANONYMOUS_ID, "visitor") == who
    with world.database.read() as uow:
        events = uow.events.newest(who)
        assert uow.tracking.rejected(10) == []
    assert sorted(event.name for event in events) == KEPT
    assert "1 × Lámpara: 50,00" in world.says("whatsapp:+34600111222", "¿qué hay en mi carrito?")[0]


def test_a_wrong_key_reaches_who_uses_the_library(sqlite_world: World, address: str) -> None:
    faults: list[Exception] = []
    client = segment.analytics.Client(
        "wrong", host=address, max_retries=0, on_error=lambda error, batch: faults.append(error)
    )
    client.track(user_id="u1", event="Product Added", properties=LAMP)
    client.flush()
    client.join()
    assert ["write key" in str(fault) for fault in faults] == [True]
