"""What is counted while Hilo works, in the format that Prometheus reads. Never a word of a customer.

Each process counts for itself. Where PROMETHEUS_MULTIPROC_DIR names a folder that is emptied at every
start, the processes of a machine count together, and any one of them tells of all.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from context_store.gauges import Readings
from context_store.records import Channel, InputKind, Message

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A turn takes milliseconds, a send as long as the carrier likes.
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One per process, with a registry of its own: two in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._inputs = self._counter("inputs_handled", "Inputs that a turn has handled", "kind")
        self._failed = self._counter("turns_failed", "Turns that raised and will be tried again")
        self._rasa = self._counter("rasa_asked", "Messages that a Rasa server was to understand", "outcome")
        self._sent = self._counter("messages_sent", "Messages that the carrier took", "channel", "purpose")
        self._not_sent = self._counter("messages_not_sent", "Sends that the carrier did not take", "fate")
        self._skipped = self._counter("messages_skipped", "Messages that the policy dropped", "rule")
        self._unknown = self._counter(
            "messages_unknown_settled", "Messages of unknown fate whose fate was decided", "how"
        )
        self._silenced = self._counter("answers_silenced", "Answers that the loop guard kept back")
        self._late = self._counter("messages_found_late", "Messages whose webhook never came", "channel")
        self._requests = self._counter("webhook_requests", "Webhooks answered", "route", "status")
        self._notices = self._counter("notices_tried", "Tries to tell other systems something", "outcome")
        self._turn_seconds = self._histogram("turn_seconds", "One turn, from its lock to its commit", QUICK)
        self._send_seconds = self._histogram("send_seconds", "One call of the carrier", SLOW)
        self._webhook_seconds = self._histogram("webhook_seconds", "One webhook, to its answer", QUICK)

    def turn_taken(self, kinds: Iterable[InputKind], seconds: float) -> None:
        for kind in kinds:
            self._inputs.labels(kind.value).inc()
        self._turn_seconds.observe(seconds)

    def turn_failed(self) -> None:
        self._failed.inc()

    def rasa_asked(self, outcome: str) -> None:
        """`outcome`: answered, failed, skipped."""
        self._rasa.labels(outcome).inc()

    def message_sent(self, message: Message, seconds: float) -> None:
        purpose = message.purpose.value if message.purpose else "none"
        self._sent.labels(message.channel.value, purpose).inc()
        self._send_seconds.observe(seconds)

    def message_not_sent(self, fate: str) -> None:
        self._not_sent.labels(fate).inc()

    def message_skipped(self, rule: str) -> None:
        self._skipped.labels(rule).inc()

    def unknown_settled(self, how: str) -> None:
        """`how`: found, said_again, parked."""
        self._unknown.labels(how).inc()

    def answer_silenced(self) -> None:
        self._silenced.inc()

    def message_found_late(self, channel: Channel) -> None:
        self._late.labels(channel.value).inc()

    def notice_tried(self, outcome: str) -> None:
        """`outcome`: delivered, failed."""
        self._notices.labels(outcome).inc()

    def webhook_answered(self, route: str, status: int, seconds: float) -> None:
        """`route` is the rule as it is written, never a path that somebody called."""
        self._requests.labels(route, str(status)).inc()
        self._webhook_seconds.observe(seconds)

    def exposition(self, readings: Readings | None, now: datetime) -> bytes:
        """Everything, as text. `readings` are None when the database does not answer."""
        gauges = CollectorRegistry()
        gauges.register(_Fixed(_gauges(readings, now)))
        return generate_latest(self._counted()) + generate_latest(gauges)

    def _counted(self) -> CollectorRegistry:
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return self._registry
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)
        return everybody

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="hilo", registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, namespace="hilo", buckets=buckets, registry=self._registry)


class _Fixed:
    """A collector of what was read already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _gauges(readings: Readings | None, now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily("hilo_database_up", "1 when the database answered", 0 if readings is None else 1)
    if readings is None:
        return
    oldest = readings.oldest_waiting_at
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield GaugeMetricFamily("hilo_inputs_waiting", "Inputs that no turn has handled", readings.waiting_inputs)
    yield GaugeMetricFamily("hilo_inputs_oldest_waiting_seconds", "Age of the oldest of them", age)
    messages = GaugeMetricFamily("hilo_messages_open", "Messages that have not ended", labels=["status"])
    for message_status, number in readings.messages.items():
        messages.add_metric([message_status.value], number)
    yield messages
    handoffs = GaugeMetricFamily("hilo_handoffs_open", "Requests for a person", labels=["status"])
    for handoff_status, number in readings.handoffs.items():
        handoffs.add_metric([handoff_status.value], number)
    yield handoffs
