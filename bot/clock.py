"""Due timers become inputs; what was left behind is rung for again. Sends nothing."""

import logging
import threading

from bot.parts import Parts
from context_store.records import CustomerId, InputKind
from handoff import desk, passing

log = logging.getLogger("hilo.clock")


def tick(parts: Parts) -> None:
    """One round. Two clocks at once do no harm: each timer has one taker, a second ring finds nothing."""
    for customer_id in fire_due_timers(parts):
        parts.bell.ring_turns(customer_id, is_bulk=True)
    with parts.database.read() as uow:
        is_any_overdue = uow.inputs.overdue()
        unsent = uow.outgoing.sweep()
        has_overdue_leases = uow.outgoing.has_overdue_leases()
    overdue = sweep_inputs(parts) if is_any_overdue else []
    if has_overdue_leases:
        give_up_leases(parts)
    unsent += release_held(parts)
    overdue += expire_leases(parts)
    assign_waiting(parts)
    for customer_id in overdue:
        parts.bell.ring_turns(customer_id)
    for customer_id in unsent:
        parts.bell.ring_sender(customer_id)


def sweep_inputs(parts: Parts) -> list[CustomerId]:
    with parts.database.write() as uow:
        overdue = uow.inputs.sweep()
        uow.commit()
    return overdue


def release_held(parts: Parts) -> list[CustomerId]:
    """Messages on hold whose time has come: the sender decides on them anew."""
    now = parts.now()
    with parts.database.read() as uow:
        if not uow.outgoing.is_any_held_due(now):
            return []
    with parts.database.write() as uow:
        released = uow.outgoing.release_held(now)
        uow.commit()
    return released


def expire_leases(parts: Parts) -> list[CustomerId]:
    """Threads whose agent has vanished go back to the queue."""
    with parts.database.read() as uow:
        if not uow.conversations.expired(limit=1):
            return []
    with parts.database.write() as uow:
        freed = desk.expire_leases(uow, parts.now())
        uow.commit()
    return freed


def assign_waiting(parts: Parts) -> None:
    """Requests for a person go to whoever is there and free, in teams that want that."""
    now = parts.now()
    with parts.database.read() as uow:
        planned = passing.plan_assignments(uow, now)
    if not planned:
        return
    with parts.database.write() as uow:
        passing.give_out(uow, planned, now)
        uow.commit()


def fire_due_timers(parts: Parts) -> list[CustomerId]:
    """Turn every due timer into an input of its customer, in one commit each batch."""
    now = parts.now()
    with parts.database.read() as uow:
        if not uow.timers.is_any_due(now):
            return []
    rung_for: dict[CustomerId, None] = {}
    with parts.database.write() as uow:
        due = uow.timers.due(now)
        for timer in due:
            whose = str(timer.customer_id)
            payload = {"kind": timer.kind.value, "key": timer.key, "customer_id": whose, **timer.payload}
            rung_for[uow.inputs.add(timer.customer_id, InputKind.TIMER, now=now, payload=payload)] = None
        uow.timers.mark_fired([timer.id for timer in due])
        uow.commit()
    return list(rung_for)


def give_up_leases(parts: Parts) -> None:
    """Sends whose process died become unknown: `reconcile` finds out what became of them."""
    with parts.database.write() as uow:
        count = uow.outgoing.overdue_leases(parts.settings.lane_wait_seconds)
        uow.commit()
    if count:
        log.warning("sends were left in the act: %d", count, extra={"action": "leases_overdue"})


class ClockThread:
    """Ticks until stopped. A round that fails is logged and the next one comes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hilo-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def wait(self) -> None:
        """Block until `stop` is called (for a process that is only a clock)."""
        self._stop.wait()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                tick(self._parts)
            except Exception:
                # The database may be away for a moment; the clock must not die of it.
                log.exception("clock round failed", extra={"action": "clock_failed"})
            self._stop.wait(self._parts.settings.sweep_seconds)
