"""The same actions under `python -m rasa_sdk`: over its `/webhook` they answer as they do in-process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from flows.delivery import DELIVERY_FORM
from flows.registry import ACTIONS
from flows.stage import Stage
from nlu.parsed import FALLBACK, Entity, Parsed
from tests.flows.test_any_order import FACTS

PROJECT = Path(__file__).parents[2]
PATIENCE = 60.0
DOMAIN: dict[str, Any] = {"forms": {"delivery_form": {"required_slots": ["delivery_address"]}}}


@dataclass(frozen=True, kw_only=True)
class ActionServer:
    url: str

    def get(self, path: str) -> Any:
        with urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)

    def call(self, action_call: dict[str, Any]) -> Any:
        body = json.dumps(action_call).encode()
        request = Request(f"{self.url}/webhook", data=body, headers={"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActionServer]:
    """One process for the module: it takes seconds to start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "flows.actions", "--port", str(port)]
    environment = {**os.environ, "SANIC_HOST": "127.0.0.1", "PYTHONPATH": str(PROJECT)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield _when_it_answers(ActionServer(url=f"http://127.0.0.1:{port}"), process, log)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def _when_it_answers(server: ActionServer, process: "subprocess.Popen[bytes]", log: Path) -> ActionServer:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            server.get("/health")
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return server
    raise AssertionError(f"the action server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def parsed(text: str, intent: str = FALLBACK, **entities: str) -> Parsed:
    found = tuple(Entity(name=name, value=value, start=0, end=0) for name, value in entities.items())
    return Parsed(text=text, intent=intent, confidence=1.0, language=None, entities=found)


def filled(slot: str, value: Any) -> dict[str, Any]:
    """The event by which a server hands a form's answer to its validation."""
    return {"event": "slot", "timestamp": None, "name": slot, "value": value}


# Facts that a turn would fetch are slots of the tracker here.
SLOTS: dict[str, Any] = {
    **FACTS,
    "language": "es",
    "channel": "whatsapp",
    "now": "2026-11-23T11:00:00+00:00",
    "fallbacks_in_a_row": 1,
}
ANSWERED = {
    "delivery_order": "1042",
    "delivery_address": "Calle Luna 8, Madrid",
    "delivery_window": "morning",
}
CALLS: dict[str, tuple[str, Parsed, dict[str, Any], str | None, list[dict[str, Any]]]] = {
    "says": ("action_greet", parsed("hola", "greet"), {}, None, []),
    "reads a fact": ("action_order_status", parsed("1042", order_number="1042"), {}, None, []),
    "tells numbers": ("action_see_cart", parsed("carrito", "see_cart"), {}, None, []),
    "counts": ("action_fallback", parsed("xyzzy"), {}, None, []),
    "opens a form": ("action_start_delivery", parsed("a Calle Sol 3, por la tarde"), {}, None, []),
    "asks with options": ("action_ask_cart_form_cart_product", parsed(""), {}, "cart_form", []),
    "takes an answer": (
        "validate_delivery_form",
        parsed("Calle Luna 8, Madrid"),
        {"delivery_address": "Calle Luna 8, Madrid", "requested_slot": "delivery_address"},
        "delivery_form",
        [filled("delivery_address", "Calle Luna 8, Madrid")],
    ),
    "refuses an answer": (
        "validate_delivery_form",
        parsed("¿cuánto pesa?"),
        {"delivery_address": "¿cuánto pesa?", "requested_slot": "delivery_address"},
        "delivery_form",
        [filled("delivery_address", "¿cuánto pesa?")],
    ),
    "wants something done": ("action_save_delivery", parsed("por la mañana"), ANSWERED, "delivery_form", []),
    "speaks another language": ("action_menu", parsed("help", "help"), {"language": "en"}, None, []),
    "starts over": ("action_restart", parsed("reset", "restart"), {}, None, []),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_server_answers_what_the_stage_answers(server: ActionServer, name: str) -> None:
    action, said, more, form, events = CALLS[name]
    slots = {**SLOTS, **more}
    answer = server.call(Stage.call_of(action, slots, said, form=form, events=events, domain=DOMAIN))
    played = Stage(ACTIONS, DOMAIN).play(action, slots, said, form=form, events=events)
    assert (answer["responses"], answer["events"]) == (played.messages, played.events)
    assert played.messages or played.events


def test_the_server_knows_every_action_and_is_well(server: ActionServer) -> None:
    assert server.get("/health") == {"status": "ok"}
    served = {entry["name"] for entry in server.get("/actions")}
    assert served == {action().name() for action in ACTIONS}


def test_the_server_says_what_it_does_not_know(server: ActionServer) -> None:
    unknown = Stage.call_of("action_of_nobody", SLOTS, parsed(""), form=None, events=[], domain=DOMAIN)
    with pytest.raises(HTTPError) as caught:
        server.call(unknown)
    with caught.value as answer:
        assert answer.code == 404
        assert json.load(answer)["action_name"] == "action_of_nobody"


@dataclass
class RasaPart:
    """What a Rasa server keeps between two calls, for one form: slots, what it has asked, what was said."""

    server: ActionServer
    slots: dict[str, Any]
    required: tuple[str, ...] = DELIVERY_FORM.slots
    is_open: bool = False
    done: list[str] = field(default_factory=list)

    def run(
        self, action: str, said: Parsed, events: list[dict[str, Any]] | None = None
    ) -> list[dict[str, Any]]:
        form = DELIVERY_FORM.name if self.is_open else None
        call = Stage.call_of(action, self.slots, said, form=form, events=events or [], domain=FORM_DOMAIN)
        answer = self.server.call(call)
        self.done += [message["response"] for message in answer["responses"] if message.get("response")]
        for event in answer["events"]:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.is_open = event["name"] is not None
        return list(answer["responses"])

    def hear(self, said: Parsed) -> list[dict[str, Any]]:
        """One turn of the loop: fill what was asked, let it be judged, ask for the next or submit."""
        asked = self.slots["requested_slot"]
        candidate = {**self.slots, asked: said.text}
        self.slots = candidate
        self.run(DELIVERY_FORM.validate, said, [filled(asked, said.text)])
        return self.go_on(said)

    def go_on(self, said: Parsed) -> list[dict[str, Any]]:
        missing = next((slot for slot in self.required if self.slots.get(slot) is None), None)
        self.slots["requested_slot"] = missing
        if missing is not None:
            self.done.append(f"utter_ask_{DELIVERY_FORM.name}_{missing}")
            return []
        return self.run(DELIVERY_FORM.submit, said)


FORM_DOMAIN: dict[str, Any] = {
    "forms": {DELIVERY_FORM.name: {"required_slots": list(DELIVERY_FORM.slots)}},
    "slots": {slot: {"mappings": [{"type": "from_text"}]} for slot in DELIVERY_FORM.slots},
}


def test_a_whole_form_is_filled_over_the_server(server: ActionServer) -> None:
    rasa = RasaPart(server=server, slots={**SLOTS, "requested_slot": None})
    start = parsed("cambiar la entrega", "delivery_details")
    rasa.run("action_start_delivery", start)
    assert rasa.is_open and rasa.slots["delivery_order"] == "1042"
    rasa.go_on(start)
    assert rasa.slots["requested_slot"] == "delivery_address"
    rasa.hear(parsed("en casa"))
    assert (rasa.slots["delivery_address"], rasa.slots["requested_slot"]) == (None, "delivery_address")
    rasa.hear(parsed("Calle Luna 8, Madrid"))
    assert rasa.slots["requested_slot"] == "delivery_window"
    said = rasa.hear(parsed("por la tarde"))
    effect = {"order_number": "1042", "address": "Calle Luna 8, Madrid", "window": "afternoon"}
    assert said[0]["custom"] == {"effect": "save_delivery", **effect}
    assert rasa.done == [
        "utter_start_delivery",
        "utter_ask_delivery_form_delivery_address",
        "utter_bad_delivery_address",
        "utter_ask_delivery_form_delivery_address",
        "utter_ask_delivery_form_delivery_window",
        "utter_delivery_saved",
    ]
    assert {rasa.slots[slot] for slot in (*DELIVERY_FORM.slots, "delivery_order")} == {None}
