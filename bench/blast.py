"""`python -m bench blast`: everybody writes at once while a campaign goes out.

Four parts, one after the other: as many turns as there can be; a steady pace without the campaign; the same
pace with it; and the blast, posted at its own pace whether we are done or not.
"""

import argparse
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.answers import Answers, Marks, answers, has_something_open, marks
from bench.crowd import Pace
from bench.people import Bulk, add_bulk, build, waking_zone
from bench.town import Servers, Target, Town, empty_town, start_processes, start_servers

CEILING_CLIENTS = 16
WARM_UP_SECONDS = 2.0
# Of the ceiling: a pace that can be kept with room for something beside it.
STEADY_SHARE = 0.4
# How long the last replies are waited for.
PATIENCE_SECONDS = 900.0
# At most so long until the first of the campaign is out.
BULK_STARTS_SECONDS = 10.0
GOALS = {
    "acknowledged, p95, s": ("at most", 0.25),
    "not acknowledged": ("at most", 0),
    "without an answer": ("at most", 0),
    "out of order": ("at most", 0),
    "answers a second, of the ceiling": ("at least", 0.5),
    "p95 of answers with the campaign, of that without": ("at most", 1.2),
}


class Blast:
    """One Hilo, the people who write to it, and those whom the campaign is for."""

    def __init__(self, made: Town, options: argparse.Namespace) -> None:
        self._made = made
        self._options = options
        servers = start_servers(made, max_connections="300")
        self._url = self._populate(servers)
        changes = {"sms_per_second": options.rate, "whatsapp_per_second": options.rate}
        settings = made.settings(self._url, **changes)
        processes = start_processes(made, servers, settings, name="blast", redis=0, workers=options.workers)
        self._target: Target = processes.target
        made.wait()
        made.outside.set_latency(options.latency / 1000)

    def run(self) -> dict[str, Any]:
        options = self._options
        self._closed(WARM_UP_SECONDS)
        ceiling = self._closed(options.ceiling_seconds)["rate"]
        pace = max(1, int(ceiling * STEADY_SHARE * options.steady_seconds))
        quiet = self._paced(pace, options.steady_seconds)
        self._start_campaign()
        beside = self._paced(pace, options.steady_seconds)
        blast = self._paced(options.messages, options.seconds)
        parts = {"steady, without": quiet, "steady, with": beside, "blast": blast}
        return {
            "ceiling": ceiling,
            "parts": {name: asdict(part) for name, part in parts.items()},
            "figures": _figures(ceiling, quiet, beside, blast),
        }

    def _populate(self, servers: Servers) -> str:
        """Writers first, then those of the campaign: who writes just now is left alone by the policy."""
        url, now = servers.new_database(), datetime.now(UTC)
        people = self._options.customers + self._options.bulk
        build(url, people, now=now, timezone=waking_zone(now), country="US")
        return url

    def _closed(self, seconds: float) -> dict[str, Any]:
        people = self._options.customers
        result = self._made.outside.run(self._target, CEILING_CLIENTS, seconds, people=people)
        self._settle(PATIENCE_SECONDS)
        return result

    def _start_campaign(self) -> None:
        options = self._options
        if not options.bulk:
            return
        self._made.outside.taken()
        add_bulk(self._url, Bulk(first=options.customers, count=options.bulk, now=datetime.now(UTC)))
        until = time.monotonic() + BULK_STARTS_SECONDS
        while time.monotonic() < until and not self._made.outside.taken():
            time.sleep(0.1)

    def _paced(self, messages: int, seconds: float) -> Answers:
        options, before = self._options, self._marks()
        self._made.outside.taken()
        pace = Pace(door=self._target.door, messages=messages, seconds=seconds, people=options.customers)
        posts = self._made.outside.pace(pace)
        self._settle(PATIENCE_SECONDS)
        return answers(self._url, before, posts, self._made.outside.taken())

    def _marks(self) -> Marks:
        return marks(self._url)

    def _settle(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and has_something_open(self._url):
            time.sleep(0.25)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with empty_town() as made:
        found = Blast(made, options).run()
    print_found(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), "utf-8")
    figures = found["figures"]
    went_wrong = figures["not acknowledged"] or figures["without an answer"] or figures["out of order"]
    return 1 if went_wrong else 0


def _figures(ceiling: float, quiet: Answers, beside: Answers, blast: Answers) -> dict[str, float]:
    parts = (quiet, beside, blast)
    return {
        "acknowledged, p95, s": blast.acknowledged_p95,
        "not acknowledged": sum(part.refused for part in parts),
        "without an answer": sum(part.unanswered for part in parts),
        "out of order": sum(part.out_of_order for part in parts),
        "answers a second, of the ceiling": blast.answers_a_second / ceiling if ceiling else 0.0,
        "p95 of answers with the campaign, of that without": (
            beside.answered_p95 / quiet.answered_p95 if quiet.answered_p95 else 0.0
        ),
    }


def print_found(found: dict[str, Any]) -> None:
    print(f"\nAs many turns as there can be, without the campaign: {found['ceiling']:.0f} a second")
    print(f"{'':18}{'messages':>9}{'answers':>9}{'ack p95':>9}{'answered p50':>14}{'p95 s':>8}", end="")
    print(f"{'answers/s':>11}{'messages/s':>12}{'campaign/s':>12}")
    for name, part in found["parts"].items():
        print(
            f"{name:18}{part['messages']:>9}{part['answers']:>9}{part['acknowledged_p95']:>9.3f}"
            f"{part['answered_p50']:>14.3f}{part['answered_p95']:>8.2f}{part['answers_a_second']:>11.1f}"
            f"{part['messages_a_second']:>12.1f}{part['bulk_a_second']:>12.1f}"
        )
    for name, (way, goal) in GOALS.items():
        print(f"  {name}: {found['figures'][name]:.3g} (goal: {way} {goal})")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench blast", description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000, help="of the blast")
    parser.add_argument("--seconds", type=float, default=10.0, help="in which they are posted")
    parser.add_argument("--customers", type=int, default=2_000, help="who write")
    parser.add_argument("--bulk", type=int, default=20_000, help="messages of the campaign, 0 for none")
    parser.add_argument(
        "--ceiling-seconds", type=float, default=10.0, help="in which the ceiling is measured"
    )
    parser.add_argument("--steady-seconds", type=float, default=20.0, help="of each of the steady parts")
    parser.add_argument("--latency", type=float, default=5.0, help="of the carrier, in milliseconds")
    parser.add_argument(
        "--rate", type=float, default=1_000, help="messages a second that the number may send"
    )
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser.parse_args(arguments)
