"""The named steps at which a process can be killed, and how they are put around the real functions.

A name is "<scene>.<step>:<before or after>": the scene is the act under way (a webhook, a turn …), since
one commit is like another. Functions are found by their dotted path; one that has moved stops the run.
"""

import importlib
import threading
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

Passed = Callable[[str], None]

# The acts. A step counts for the innermost one.
SCENES = {
    "bot.webhooks.twilio.store": "webhook",
    "bot.webhooks.twilio.report_status": "callback",
    "bot.turn.take_turns": "turn",
    "bot.sender.claim_plain_reply": "claim",
    "bot.sender.claim_or_keep_back": "claim",
    "bot.sender.deliver": "send",
    "bot.clock.fire_due_timers": "timers",
    "bot.clock.sweep_inputs": "sweep",
    "bot.clock.give_up_leases": "leases",
    "bot.reconcile.look_for": "look",
}
STEPS = {
    "context_store.unit_of_work.UnitOfWork.commit": "commit",
    "context_store.database.Database.stamp_start": "stamp",
    "context_store.messages.Messages.add": "message",
    "context_store.messages.Messages.say": "answer",
    "context_store.inputs.Inputs.add": "input",
    "context_store.inputs.Inputs.close": "close",
    "context_store.inputs.Inputs.sweep": "sweep",
    "context_store.turn_reads.TurnReads.lock": "lock",
    "context_store.conversations.Conversations.save": "state",
    "context_store.timers.Timers.due": "due",
    "context_store.timers.Timers.mark_fired": "fired",
    "context_store.outgoing.OutgoingMessages.claim": "claim",
    "context_store.outgoing.OutgoingMessages.mark_accepted": "accepted",
    "context_store.outgoing.OutgoingMessages.report": "report",
    "context_store.outgoing.OutgoingMessages.overdue_leases": "leases",
    "context_store.unknown.UnknownMessages.found": "found",
    "bot.arrivals.resolve": "customer",
    "bot.turn.understand_next": "understand",
    "bot.turn.decide": "decide",
    "bot.deeds.carry_out": "deeds",
    "bot.channels.twilio.TwilioChannel.send": "network",
    "bot.channels.twilio.TwilioChannel.list_sent": "list",
    "bot.tasks.QueueBell.ring_turns": "ring",
    "bot.tasks.QueueBell.ring_sender": "ring",
}
# Where F1 kills. A point that is never passed is told with the result.
POINTS = (
    "webhook.customer:after",
    "webhook.message:after",
    "webhook.input:after",
    "webhook.commit:before",
    "webhook.commit:after",
    "callback.report:after",
    "callback.commit:before",
    "callback.commit:after",
    "turn.understand:after",
    "turn.stamp:before",
    "turn.stamp:after",
    "turn.lock:after",
    "turn.decide:after",
    "turn.deeds:before",
    "turn.answer:after",
    "turn.state:after",
    "turn.close:before",
    "turn.close:after",
    "turn.commit:before",
    "turn.commit:after",
    "turn.ring:before",
    "turn.ring:after",
    "claim.claim:before",
    "claim.claim:after",
    "send.network:before",
    "send.network:after",
    "send.accepted:before",
    "send.accepted:after",
    "send.commit:before",
    "send.commit:after",
    "timers.due:after",
    "timers.input:after",
    "timers.fired:before",
    "timers.fired:after",
    "timers.commit:before",
    "timers.commit:after",
    "sweep.sweep:after",
    "sweep.commit:before",
    "leases.leases:after",
    "leases.commit:after",
    "look.list:before",
    "look.list:after",
    "look.found:before",
    "look.found:after",
    "look.commit:before",
    "look.commit:after",
)

_acts = threading.local()


def put_around(passed: Passed) -> None:
    """Call `passed` with the point's name whenever one is passed, from now on, in this process."""
    for path, scene in SCENES.items():
        _replace(path, partial(_scene, scene=scene))
    for path, step in STEPS.items():
        _replace(path, partial(_step, step=step, passed=passed))


def _scene(function: Callable[..., Any], scene: str) -> Callable[..., Any]:
    @wraps(function)
    def act(*values: Any, **named: Any) -> Any:
        before, _acts.scene = getattr(_acts, "scene", None), scene
        try:
            return function(*values, **named)
        finally:
            _acts.scene = before

    return act


def _step(function: Callable[..., Any], step: str, passed: Passed) -> Callable[..., Any]:
    @wraps(function)
    def taken(*values: Any, **named: Any) -> Any:
        scene = getattr(_acts, "scene", None)
        if scene is None:
            return function(*values, **named)
        passed(f"{scene}.{step}:before")
        result = function(*values, **named)
        passed(f"{scene}.{step}:after")
        return result

    return taken


def _replace(path: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    owner, name = _owner(path)
    # vars, not getattr: an inherited or imported-by-mistake name must not be found.
    found = vars(owner).get(name)
    if not callable(found):
        raise LookupError(f"tests/faults/points.py: {path} is no function any more. Where did it move?")
    setattr(owner, name, make(found))


def _owner(path: str) -> tuple[Any, str]:
    """The module or class that holds the last name of the path."""
    *way, name = path.split(".")
    for depth in range(len(way), 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(way[:depth]))
        except ModuleNotFoundError:
            continue
        for part in way[depth:]:
            found: Mapping[str, Any] = vars(owner)
            if part not in found:
                raise LookupError(f"tests/faults/points.py: there is no {path}")
            owner = found[part]
        return owner, name
    raise LookupError(f"tests/faults/points.py: there is no {path}")
