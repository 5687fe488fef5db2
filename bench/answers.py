"""Which reply answered which message, and when: from the tables, the posts and what the carrier took.

A turn may answer several messages of one person at once. Its reply's key begins with the number of the
first of their inputs.
"""

import re
import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

OPEN = """
    SELECT EXISTS (SELECT FROM inputs WHERE status = 'waiting')
        OR EXISTS (SELECT FROM messages WHERE direction = 'out' AND NOT is_bulk
                   AND status IN ('queued', 'sending', 'unknown'))
"""
INPUTS = """
    SELECT messages.provider_id, inputs.number, inputs.customer_id
    FROM inputs JOIN messages ON messages.id = inputs.message_id WHERE inputs.number > %s
"""
REPLIES = """
    SELECT id, customer_id, dedupe_key FROM messages
    WHERE position > %s AND direction = 'out' AND author = 'bot'
"""

Taken = tuple[float, str, str]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Where the tables ended before a part began."""

    input: int
    position: int


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What became of one part's messages. Seconds count from when a message was due."""

    messages: int
    answers: int
    refused: int
    unanswered: int
    # Replies that the carrier got before an older one of the same customer.
    out_of_order: int
    acknowledged_p95: float
    answered_p50: float
    answered_p95: float
    answers_a_second: float
    messages_a_second: float
    bulk_a_second: float


@dataclass(frozen=True, kw_only=True)
class Written:
    """One input of a customer's message."""

    provider_id: str
    number: int
    customer_id: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    message_id: str
    customer_id: str
    # The first input that it answers, and its place among that turn's replies (and their parts).
    head: int
    place: tuple[int, ...]


def marks(url: str) -> Marks:
    with _connection(url) as connection:
        row = connection.execute(
            "SELECT (SELECT coalesce(max(number), 0) FROM inputs), "
            "(SELECT coalesce(max(position), 0) FROM messages)"
        ).fetchone()
    assert row is not None
    return Marks(input=row[0], position=row[1])


def has_something_open(url: str) -> bool:
    """Is anything still to be handled or sent, the campaign apart?"""
    with _connection(url) as connection:
        row = connection.execute(OPEN).fetchone()
    return row is not None and bool(row[0])


def answers(url: str, before: Marks, posts: Sequence[dict[str, Any]], taken: Sequence[Taken]) -> Answers:
    with _connection(url) as connection:
        written = [
            Written(provider_id=row[0], number=row[1], customer_id=str(row[2]))
            for row in connection.execute(INPUTS, (before.input,))
        ]
        replies = [_reply(*row) for row in connection.execute(REPLIES, (before.position,))]
    return judge(posts, written, replies, taken)


def judge(
    posts: Sequence[dict[str, Any]],
    written: Sequence[Written],
    replies: Sequence[Reply],
    taken: Sequence[Taken],
) -> Answers:
    taken_at = {message_id: moment for moment, _, message_id in taken}
    answered_at = _answered_at(written, replies, taken_at)
    accepted = [post for post in posts if 200 <= post["status"] < 300]
    times = sorted(
        answered_at[post["provider_id"]] - post["due_at"]
        for post in accepted
        if post["provider_id"] in answered_at
    )
    acknowledged = sorted(post["acknowledged_at"] - post["due_at"] for post in accepted)
    ends = [taken_at[reply.message_id] for reply in replies if reply.message_id in taken_at]
    lasted = max(ends) - posts[0]["due_at"] if ends else 0.0
    until = max(ends, default=0.0)
    ours = {reply.message_id for reply in replies}
    bulk = sum(moment <= until and message_id not in ours for moment, _, message_id in taken)
    return Answers(
        messages=len(posts),
        answers=len(ends),
        refused=len(posts) - len(accepted),
        unanswered=len(accepted) - len(times),
        out_of_order=_out_of_order(replies, taken_at),
        acknowledged_p95=_share(acknowledged, 0.95),
        answered_p50=statistics.median(times) if times else 0.0,
        answered_p95=_share(times, 0.95),
        answers_a_second=len(ends) / lasted if lasted else 0.0,
        messages_a_second=len(times) / lasted if lasted else 0.0,
        bulk_a_second=bulk / lasted if lasted else 0.0,
    )


def _answered_at(
    written: Sequence[Written], replies: Sequence[Reply], taken_at: dict[str, float]
) -> dict[str, float]:
    """When the last reply of the turn that handled it was accepted, for each message that was answered."""
    turns: dict[str, dict[int, float]] = defaultdict(dict)
    for reply in replies:
        if reply.message_id in taken_at:
            moment = taken_at[reply.message_id]
            turns[reply.customer_id][reply.head] = max(moment, turns[reply.customer_id].get(reply.head, 0.0))
    found = {}
    for one in written:
        heads = sorted(turns[one.customer_id])
        place = bisect_right(heads, one.number)
        if place:
            found[one.provider_id] = turns[one.customer_id][heads[place - 1]]
    return found


def _out_of_order(replies: Sequence[Reply], taken_at: dict[str, float]) -> int:
    newest: dict[str, tuple[int, ...]] = {}
    count = 0
    arrived = [reply for reply in replies if reply.message_id in taken_at]
    for reply in sorted(arrived, key=lambda each: taken_at[each.message_id]):
        count += reply.place < newest.get(reply.customer_id, ())
        newest[reply.customer_id] = max(reply.place, newest.get(reply.customer_id, ()))
    return count


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] if ordered else 0.0


def _reply(message_id: Any, customer_id: Any, dedupe_key: str) -> Reply:
    place = tuple(int(part) for part in re.findall(r"\d+", dedupe_key))
    return Reply(message_id=str(message_id), customer_id=str(customer_id), head=place[0], place=place)


def _connection(url: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
