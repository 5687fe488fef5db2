"""Whoever can write to Redis or to a JSON column can disturb, but runs nothing and stops nobody."""

import ast
import importlib
import json
import logging
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.queue import EmbeddedConsumer, Queue, make_consumer, make_queue
from bot.tasks import QueueBell
from bot.turn import MOST_FAILURES
from context_store.records import CustomerId, InputStatus, new_id
from tests import guards
from tests.bot.helpers import LUCIA, execute, forget_delays, inputs, meet
from tests.doubles import SentMessage
from tests.security.looks import product_sources
from tests.world import World

ANA, LUCIAS = CustomerId(new_id()), CustomerId(new_id())
# They make objects, or code, of bytes.
READ_AS_CODE = frozenset(
    (
        "pickle",
        "cPickle",
        "_pickle",
        "shelve",
        "marshal",
        "dill",
        "cloudpickle",
        "joblib",
        "jsonpickle",
        "code",
    )
)
RUN_CODE = frozenset(("eval", "exec", "compile", "execfile"))


@dataclass(frozen=True)
class Bomb:
    """Whoever unpickles it makes a file."""

    target: str

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return open, (self.target, "w")


@pytest.fixture
def crater(tmp_path: Path) -> Path:
    return tmp_path / "it went off"


@pytest.fixture
def bomb(crater: Path) -> bytes:
    return pickle.dumps(Bomb(str(crater)))


def test_the_bomb_is_one(bomb: bytes, crater: Path) -> None:
    pickle.loads(bomb).close()
    assert crater.exists()


def test_nothing_of_ours_reads_bytes_as_code() -> None:
    found = []
    for source in product_sources():
        found += [
            f"{source.path}: {name}"
            for _, name in guards.imports(source)
            if name.split(".")[0] in READ_AS_CODE
        ]
        found += [
            f"{source.path}:{node.lineno}: {ast.unparse(node.func)}"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUN_CODE
        ]
    assert found == []


def test_yaml_is_read_by_safe_loaders_only() -> None:
    """`yaml.load` with any other would make objects of what a file says."""
    loads = [
        (source.path, ast.unparse(node))
        for source in product_sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("yaml.load", "yaml.load_all", "yaml.unsafe_load")
    ]
    assert [path for path, _ in loads] == ["nlu/phrase_files.py", "nlu/training.py"]
    assert issubclass(importlib.import_module("nlu.training")._loader(), (yaml.SafeLoader, yaml.CSafeLoader))


@dataclass
class Desk:
    """A queue as it is in a worker, and what its bell was rung for."""

    queue: Queue
    bell: QueueBell
    consumer: EmbeddedConsumer
    heard: list[object] = field(default_factory=list)

    def put(self, content: bytes) -> None:
        # As Huey does: eight bytes that keep equal priorities in order, before all others by priority.
        self.queue.storage.conn.zadd(
            self.queue.storage.queue_key, {time.time_ns().to_bytes(8, "big") + content: -99}
        )

    def hears_the_next_ring(self) -> None:
        self.bell.ring_turns(ANA)
        deadline = time.monotonic() + 10
        while ANA not in self.heard:
            assert time.monotonic() < deadline, self.heard
            time.sleep(0.005)


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.services)])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """One thread, not started: what is in the queue before is taken before."""
    url = None if request.param == "embedded" else str(request.getfixturevalue("redis_url"))
    queue = make_queue(url)
    queue.storage.read_timeout = 0.1
    made = Desk(queue=queue, bell=QueueBell(queue), consumer=make_consumer(queue, threads=1))
    made.bell.answer_with(made.heard.append, made.heard.append)
    yield made
    if made.consumer.worker_threads and made.consumer.worker_threads[0][1].is_alive():
        made.consumer.stop(graceful=True)
    queue.storage.conn.close()


def ring(**changes: Any) -> bytes:
    """A ring on the wire, but for some of its fields."""
    order = ("id", "name", "eta", "retries", "retry_delay", "priority", "args", "kwargs", "on_complete")
    usual = {
        "id": "1",
        "name": "bot.tasks.take_turns",
        "args": {"row": [{"uuid": LUCIAS.hex}]},
        "kwargs": {"map": {}},
    }
    fields = {**usual, **changes}
    return json.dumps({"message": [fields.get(name) for name in order]}).encode()


NO_RINGS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"\xff\x00 take_turns",
    "half of it": ring()[:-9],
    "plain JSON": b'"take_turns"',
    "a number of any size": b"1" * 9_000,
    "no tag": b"{}",
    "two tags": b'{"message": [], "uuid": "x"}',
    "a tag that nobody knows": b'{"object": ["os.system", "x"]}',
    "too few fields": b'{"message": []}',
    "too many fields": json.dumps({"message": [None] * 99}).encode(),
    "fields that are no list": b'{"message": 7}',
    "lists in lists": b'{"row": [' * 5_000,
    "very much of it": ring(args={"row": ["x" * 5_000_000]}),
    "an error of Huey's": b'{"error": {"error": "x"}}',
    "another task": ring(name="os.system"),
    "a task of Huey's": ring(name="huey.api.Task"),
    "no name": ring(name=None),
    "a name of another kind": ring(name={"row": [1]}),
    "no customer": ring(args={"row": []}),
    "two customers": ring(args={"row": [{"uuid": LUCIAS.hex}, {"uuid": ANA.hex}]}),
    "a customer's id as a text": ring(args={"row": [str(LUCIAS)]}),
    "an id that is none": ring(args={"row": [{"uuid": "x"}]}),
    "an id of another kind": ring(args={"row": [{"uuid": 5}]}),
    "SQL for an id": ring(args={"row": ["' OR 1=1 --"]}),
    "arguments of another kind": ring(args=5),
}


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        f"{record.name}: {record.getMessage()}"
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]


def test_what_is_no_ring_is_a_miss_with_one_line_and_the_next_one_is_heard(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for content in NO_RINGS.values():
        desk.put(content)
    desk.consumer.start()
    # A worker that slept after each would not be there in time.
    desk.hears_the_next_ring()
    assert desk.heard == [ANA]
    lines = told(caplog)
    assert len(lines) == len(NO_RINGS), lines
    assert all(line.startswith("hilo.queue: something in the queue was no ring (") for line in lines)


@pytest.mark.parametrize("content", NO_RINGS.values(), ids=NO_RINGS)
def test_each_of_them_is_taken_for_nothing(content: bytes) -> None:
    assert make_queue(None).deserialize_task(content) is None


def test_a_ring_is_only_ever_a_ring(desk: Desk) -> None:
    """It is not retried for ever, put off, given arguments or followed by another, whatever it says."""
    other: dict[str, Any] = {
        "message": ["2", "bot.tasks.send_waiting", *[None] * 4, {"row": [{"uuid": LUCIAS.hex}]}, {"map": {}}]
    }
    extras: list[dict[str, Any]] = [
        {"retries": 10**9},
        {"eta": "tomorrow"},
        {"eta": 10**12},
        {"priority": "high"},
        {"kwargs": {"map": {"is_admin": True}}},
        {"kwargs": 5},
        {"on_complete": other},
        {"id": {"map": {}}},
    ]

    def fail_for_lucia(who: CustomerId) -> None:
        desk.heard.append(who)
        if who == LUCIAS:
            raise RuntimeError("a turn that always fails")

    desk.bell.answer_with(fail_for_lucia, lambda who: desk.heard.append("a send"))
    for changes in extras:
        desk.put(ring(**changes))
    desk.consumer.start()
    desk.hears_the_next_ring()
    assert desk.heard == [LUCIAS] * len(extras) + [ANA]


def test_nothing_is_ever_unpickled(
    desk: Desk, bomb: bytes, crater: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever in Redis it lies: in the queue, in the schedule, among results and revoked tasks."""
    read: list[bytes] = []
    monkeypatch.setattr(pickle, "loads", lambda data, **options: read.append(data))
    storage = desk.queue.storage
    desk.put(bomb)
    desk.put(ring(id=pickle.dumps(1).decode("latin-1")))
    storage.conn.zadd(storage.schedule_key, {bomb: 0})
    for key in ("r:1", "rt:bot.tasks.take_turns", "rt:bot.tasks.send_waiting", "1"):
        storage.conn.hset(storage.result_key, key, bomb)
    desk.consumer.start()
    desk.hears_the_next_ring()
    assert desk.heard == [LUCIAS, ANA]
    assert read == []
    assert not crater.exists()


def test_a_ring_for_a_customer_who_is_none_does_nothing(world: World) -> None:
    world.says(LUCIA, "hola")
    world.bell.turns = [ANA]
    world.bell.sends = [ANA]
    assert world.work() == []
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}


OTHER = "+34600000002"
# As JSON: none of them is a state.
BAD_STATES: dict[str, Any] = {
    "a list": [],
    "slots of another kind": {"slots": [1]},
    "a form without a question": {"form": {"name": "delivery_form"}},
    "options that are none": {"last_options": [{"title": {}}]},
    "lists in lists": [[[[[[]]]]]],
}
# These are states, but no flow has such words.
STRANGE_STATES: dict[str, Any] = {
    "a form that nobody knows": {"form": {"name": "os.system", "requested_slot": "x"}},
    "a form that nobody knows, set aside": {"interrupted": [{"name": "../../x", "requested_slot": "x"}]},
    "an option that is no payload": {"last_options": [{"title": "horario", "payload": "__import__('os')"}]},
}


def set_state(world: World, state: Any) -> None:
    lucia = world.customer_id(LUCIA)
    whose = lucia.hex if world.database.is_sqlite else lucia
    execute(world, "UPDATE conversations SET state = ? WHERE customer_id = ?", json.dumps(state), whose)


def try_until_quiet(world: World) -> list[SentMessage]:
    sent = world.work()
    for _ in range(MOST_FAILURES + 1):
        forget_delays(world)
        sent += world.tick()
    return sent


@pytest.fixture
def both(sqlite_world: World) -> World:
    """Two customers have written again: inputs 3 (Lucía's) and 4. One is about to be tampered with."""
    meet(sqlite_world, LUCIA, OTHER)
    for phone in (LUCIA, OTHER):
        sqlite_world.receive(phone, "horario")
    return sqlite_world


def ends(world: World) -> tuple[InputStatus, InputStatus]:
    """What became of Lucía's input, and of the other customer's."""
    states = dict(inputs(world))
    return states[3], states[4]


@pytest.mark.parametrize("state", STRANGE_STATES.values(), ids=STRANGE_STATES)
def test_a_state_that_no_flow_can_use_sets_that_input_aside(both: World, state: Any) -> None:
    set_state(both, {"slots": {}, **state})
    try_until_quiet(both)
    lucias, others = ends(both)
    assert others is InputStatus.DONE
    # Nobody may be left waiting: it is answered, or set aside with an apology.
    assert lucias in (InputStatus.DONE, InputStatus.PARKED)
    assert len([sent for sent in both.channel.sent if sent.to.endswith(LUCIA)]) == 1


@pytest.mark.parametrize("state", BAD_STATES.values(), ids=BAD_STATES)
def test_a_state_that_cannot_be_read_fails_for_that_customer_alone(both: World, state: Any) -> None:
    """Counted, and tried again later and later."""
    set_state(both, state)
    try_until_quiet(both)
    assert ends(both)[1] is InputStatus.DONE
    with both.database.read() as uow:
        failed = uow._connection.exec_driver_sql(
            "SELECT failed_count FROM inputs WHERE number = 3"
        ).scalar_one()
    assert failed >= MOST_FAILURES


def test_an_input_whose_state_cannot_be_read_is_set_aside(both: World) -> None:
    set_state(both, [])
    try_until_quiet(both)
    assert ends(both)[0] is InputStatus.PARKED


# Of what was understood, kept for the next try. As JSON.
UNREADABLE_MEANINGS: dict[str, Any] = {
    "a list": [],
    "nothing of it": {},
    "inputs of another kind": {"with": 5, "parsed": None},
    "no meaning": {"with": [3], "parsed": {"intent": 5}},
}
STRANGE_MEANINGS: dict[str, Any] = {
    "somebody else's inputs": {"with": [3, 4], "parsed": None},
    "an intent that nobody knows": {"intent": "os.system"},
    "a language that nobody speaks": {"language": "../../x"},
    "an entity that nobody knows": {"entities": [{"name": "__class__", "value": "x", "start": 0, "end": 0}]},
}
MEANING = {"text": "horario", "intent": "opening_hours", "confidence": 1.0, "language": "es", "entities": []}


def keep_meaning(world: World, kept: Any) -> None:
    execute(world, "UPDATE inputs SET parsed = ?, started_count = 1 WHERE number = 3", json.dumps(kept))


@pytest.mark.parametrize("change", STRANGE_MEANINGS.values(), ids=STRANGE_MEANINGS)
def test_a_meaning_that_was_tampered_with_is_a_meaning_at_most(both: World, change: dict[str, Any]) -> None:
    keep_meaning(both, change if "with" in change else {"with": [3], "parsed": {**MEANING, **change}})
    try_until_quiet(both)
    lucias, others = ends(both)
    assert others is InputStatus.DONE
    assert lucias in (InputStatus.DONE, InputStatus.PARKED)


@pytest.mark.parametrize("kept", UNREADABLE_MEANINGS.values(), ids=UNREADABLE_MEANINGS)
def test_a_kept_meaning_that_cannot_be_read_is_made_anew(both: World, kept: Any) -> None:
    keep_meaning(both, kept)
    try_until_quiet(both)
    assert ends(both) == (InputStatus.DONE, InputStatus.DONE)
