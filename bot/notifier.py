"""Outgoing webhooks: claim what waits, call the endpoint with no transaction open, record what came of it.

Each endpoint has threads of its own, so that a slow one keeps nobody else waiting. One that does not
answer rests for a while, and after days without one success it is disabled.
"""

import logging
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.notice_bodies import body_of, webhook_id
from bot.parts import Parts
from bot.settings import Settings
from bot.webhook_call import LONGEST_SECONDS, Answer, Rules, post
from bot.webhook_signing import headers_for
from context_store.records import (
    DisabledBy,
    Endpoint,
    EndpointId,
    NoticeClaim,
    NoticeStatus,
    NoticeTry,
)
from context_store.unit_of_work import UnitOfWork

log = logging.getLogger("hilo.webhooks")

MINUTE, HOUR = 60.0, 3600.0
# Three days in all, as the convention counsels.
DELAYS = (
    5.0,
    30.0,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    20 * HOUR,
)
# A delay is this much longer at the most, so that what failed together does not come back together.
JITTER = 0.2
DISABLED_AFTER = 72 * HOUR
LEASE_SECONDS = 6 * LONGEST_SECONDS
# Faults of the endpoint's own in a row that are let pass; then it rests, twice as long each time.
FAULTS_LET_PASS = 2
FIRST_REST, LONGEST_REST = 5.0, 5 * MINUTE
TOO_MANY, TIMED_OUT, GONE, SERVER_FAULT = 429, 408, 410, 500

IDLE_SECONDS, BUSY_SECONDS = 1.0, 0.1
THREADS, THREADS_OF_ONE = 16, 4
# Then a thread lets other endpoints have it.
ROUND_SECONDS = 20.0
LEARN_SECONDS = 2.0
STOP_SECONDS = 3.0

Post = Callable[[str, bytes, Mapping[str, str], Rules], Answer]


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How deliveries are made; tests bring their own."""

    post: Post = post
    delays: Sequence[float] = DELAYS
    disabled_after: float = DISABLED_AFTER


MANNERS = Manners()


def rules_of(settings: Settings) -> Rules:
    return Rules(
        may_be_loopback=settings.webhook_loopback or settings.simulator, proxy_url=settings.proxy_url
    )


def due_endpoints(parts: Parts) -> list[Endpoint]:
    """Where something could go now. One cheap look while there is nothing."""
    with parts.database.read() as uow:
        due = uow.webhook_deliveries.due_endpoints()
        return [endpoint for endpoint in uow.webhooks.all() if endpoint.id in due] if due else []


def deliver_waiting(
    parts: Parts,
    endpoint: Endpoint,
    owner: str,
    manners: Manners = MANNERS,
    is_stopped: Callable[[], bool] = lambda: False,
) -> int:
    """One after the other, until nothing is due there, it fails, or the time is over. Returns how many."""
    until, done = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < until and not is_stopped():
        claim = _take(parts, endpoint, owner)
        if claim is None:
            break
        done += 1
        if not deliver(parts, claim, manners):
            break
    return done


def _take(parts: Parts, endpoint: Endpoint, owner: str) -> NoticeClaim | None:
    with parts.database.write() as uow:
        claim = uow.webhook_deliveries.take(endpoint, owner, LEASE_SECONDS)
        uow.commit()
    return claim


def deliver(parts: Parts, claim: NoticeClaim, manners: Manners = MANNERS) -> bool:
    """One try at one delivery. True when the endpoint took it."""
    if claim.attempt > len(manners.delays) + 1:
        # The process died of it each time: no more of that.
        _record(parts, claim, _now(), Answer(milliseconds=0, fault="tried_too_often"), manners)
        return False
    endpoint, began = claim.endpoint, _now()
    with parts.database.read() as uow:
        body = body_of(uow, claim.notice, endpoint)
    headers = {
        "Content-Type": "application/json",
        **headers_for(endpoint, webhook_id(claim.notice), body, began),
    }
    answer = manners.post(endpoint.url, body, headers, rules_of(parts.settings))
    _record(parts, claim, began, answer, manners)
    return answer.is_fine


def _record(parts: Parts, claim: NoticeClaim, began: datetime, answer: Answer, manners: Manners) -> None:
    tried = NoticeTry(
        attempt=claim.attempt,
        started_at=began,
        milliseconds=answer.milliseconds,
        http_status=answer.status,
        fault=answer.fault,
        answer=answer.text or None,
    )
    with parts.database.write() as uow:
        uow.webhook_deliveries.note(claim, tried)
        disabled = None
        if answer.is_fine:
            uow.webhook_deliveries.finish(claim, NoticeStatus.DELIVERED)
            uow.webhooks.note_success(claim.endpoint.id)
        else:
            disabled = _after_fault(uow, claim, answer, manners)
        uow.commit()
    _log(claim, answer, disabled)
    parts.metrics.notice_tried("delivered" if answer.is_fine else "failed")


def _after_fault(uow: UnitOfWork, claim: NoticeClaim, answer: Answer, manners: Manners) -> DisabledBy | None:
    """Put it off or give it up; why its endpoint was disabled, if it was."""
    if claim.attempt > len(manners.delays):
        uow.webhook_deliveries.finish(claim, NoticeStatus.FAILED)
    else:
        delay = manners.delays[claim.attempt - 1] * random.uniform(1, 1 + JITTER)
        uow.webhook_deliveries.put_off(claim, max(delay, answer.retry_after or 0.0))
    endpoint = claim.endpoint
    if answer.status == GONE:
        return DisabledBy.GONE if uow.webhooks.disable(endpoint.id, DisabledBy.GONE) else None
    uow.webhooks.note_fault(endpoint.id, rest_after(endpoint, answer))
    is_over = uow.webhooks.disable_if_failing(endpoint.id, manners.disabled_after)
    return DisabledBy.FAILING if is_over else None


def rest_after(endpoint: Endpoint, answer: Answer) -> float:
    """Seconds in which nothing is tried there. What it refuses of one notice is no reason to rest."""
    is_its_own = (
        answer.status is None or answer.status in (TOO_MANY, TIMED_OUT) or answer.status >= SERVER_FAULT
    )
    if not is_its_own:
        return 0.0
    if answer.retry_after is not None:
        return min(answer.retry_after, LONGEST_REST)
    beyond = endpoint.failures - FAULTS_LET_PASS
    return min(FIRST_REST * 2.0 ** min(beyond, 10), LONGEST_REST) if beyond >= 0 else 0.0


def _log(claim: NoticeClaim, answer: Answer, disabled: DisabledBy | None) -> None:
    # Not its address: that may carry a token.
    told = {
        "endpoint_id": str(claim.endpoint.id),
        "notice": claim.notice.number,
        "http_status": answer.status,
        "milliseconds": answer.milliseconds,
    }
    if answer.is_fine:
        log.info("webhook delivered", extra={"action": "webhook_delivered", **told})
    else:
        why = answer.fault or f"HTTP {answer.status}"
        log.warning("webhook not delivered: %s", why, extra={"action": "webhook_failed", **told})
    if disabled is not None:
        alert = {"action": "webhook_disabled", **told}
        log.error("a webhook endpoint was disabled: %s", disabled.value, extra=alert)


def _now() -> datetime:
    # Real time, whatever the demo's clock says: receivers refuse a signature that is minutes old.
    return datetime.now(UTC)


class NotifierThread:
    """Looks for what waits and gives each endpoint its threads, until stopped."""

    def __init__(self, parts: Parts, manners: Manners = MANNERS) -> None:
        self._parts = parts
        self._manners = manners
        self._process = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hilo-webhook")
        self._running: Counter[EndpointId] = Counter()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hilo-notifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)
        # What is on its way may arrive; what takes longer is told again, when its lease has run out.
        until = time.monotonic() + STOP_SECONDS
        while self._running.total() and time.monotonic() < until:
            time.sleep(0.02)

    def _run(self) -> None:
        pause = IDLE_SECONDS
        while not self._stop.wait(pause):
            try:
                pause = BUSY_SECONDS if self.start_some() else IDLE_SECONDS
            except Exception:
                # The database may be away for a moment; the notices wait in it.
                log.exception("webhooks failed", extra={"action": "webhooks_failed"})
                pause = IDLE_SECONDS

    def start_some(self) -> bool:
        """One more thread for each endpoint that has something due. True when there was any."""
        due = due_endpoints(self._parts)
        for endpoint in due:
            if not self._stop.is_set() and self._has_room(endpoint.id):
                self._pool.submit(self._work, endpoint)
        return bool(due)

    def _has_room(self, endpoint_id: EndpointId) -> bool:
        """Count one more of its threads, if it may have one. The second half is for first threads only."""
        with self._lock:
            mine, all_told = self._running[endpoint_id], self._running.total()
            if mine >= THREADS_OF_ONE or all_told >= THREADS or (mine and all_told >= THREADS // 2):
                return False
            self._running[endpoint_id] += 1
            return True

    def _work(self, endpoint: Endpoint) -> None:
        try:
            deliver_waiting(self._parts, endpoint, f"{self._process}:{threading.get_ident()}", self._manners)
        except Exception:
            log.exception("webhooks failed", extra={"action": "webhooks_failed"})
        finally:
            with self._lock:
                self._running[endpoint.id] -= 1


class WantedThread:
    """Keeps this process's knowledge of what endpoints want fresh, until stopped."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hilo-wanted", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive() and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            try:
                self._parts.database.learn_wanted()
            except Exception:
                # Away, or not migrated yet: what was known stays so until the next look.
                log.warning("the endpoints could not be read", extra={"action": "webhooks_unread"})
            if self._stop.wait(LEARN_SECONDS):
                return
