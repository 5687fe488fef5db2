"""Many people who write at a pace of their own, whether they are answered or not (open loop).

A message's time counts from when it was due: what waits because we are slow is our slowness.
"""

import socket
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.loop import Loop, connect, length_of, received, status_of
from bench.outside import Door, Writing, number_of, origin_of

# A carrier does not open connections without end.
MOST_CONNECTIONS = 256
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    door: Door
    messages: int
    seconds: float
    people: int


@dataclass
class Post:
    provider_id: str
    person: int
    request: bytes
    due_at: float
    sent_at: float = 0.0
    acknowledged_at: float = 0.0
    # 0: never answered.
    status: int = 0
    tries: int = 0


@dataclass(eq=False)
class Line:
    connection: socket.socket
    buffer: bytes = b""
    post: Post | None = None
    is_used: bool = False


class Crowd:
    def __init__(self, loop: Loop, writing: Writing, pace: Pace) -> None:
        self._loop = loop
        self._pace = pace
        self._idle: list[Line] = []
        self._lines: list[Line] = []
        self._waiting: deque[Post] = deque()
        self._open = pace.messages
        self._posts = []
        for index in range(pace.messages):
            person = index % pace.people
            provider_id, request = writing.request(pace.door, origin_of(person))
            due_at = index * pace.seconds / pace.messages
            self._posts.append(Post(provider_id=provider_id, person=person, request=request, due_at=due_at))

    def run(self) -> list[dict[str, Any]]:
        """What became of each message, in the order in which they were due."""
        started = time.monotonic()
        for post in self._posts:
            post.due_at += started
            self._loop.call_at(post.due_at, partial(self._post, post))
        until = started + self._pace.seconds + PATIENCE_SECONDS
        while self._open and time.monotonic() < until:
            self._loop.turn()
        for line in list(self._lines):
            self._drop(line)
        return [
            {
                "provider_id": post.provider_id,
                "number": number_of(post.person),
                "due_at": post.due_at,
                "sent_at": post.sent_at,
                "acknowledged_at": post.acknowledged_at,
                "status": post.status,
            }
            for post in self._posts
        ]

    def _post(self, post: Post) -> None:
        if self._idle:
            self._send(self._idle.pop(), post)
        elif len(self._lines) < MOST_CONNECTIONS:
            line = Line(connect(self._pace.door.port))
            self._lines.append(line)
            self._loop.watch(line.connection, partial(self._read, line))
            self._send(line, post)
        else:
            self._waiting.append(post)

    def _send(self, line: Line, post: Post) -> None:
        line.post = post
        post.tries += 1
        post.sent_at = time.monotonic()
        try:
            line.connection.sendall(post.request)
        except OSError:
            self._lose(line)

    def _read(self, line: Line) -> None:
        found = received(line.connection)
        if not found:
            self._lose(line)
            return
        line.buffer += found
        size = length_of(line.buffer)
        if size is None or len(line.buffer) < size or line.post is None:
            return
        post, line.post = line.post, None
        post.status, post.acknowledged_at = status_of(line.buffer), time.monotonic()
        line.buffer, line.is_used = line.buffer[size:], True
        self._open -= 1
        if self._waiting:
            self._send(line, self._waiting.popleft())
        else:
            self._idle.append(line)

    def _lose(self, line: Line) -> None:
        """The server has closed it: an idle one, or just as we were to use it."""
        post, was_used = line.post, line.is_used
        self._drop(line)
        if line in self._idle:
            self._idle.remove(line)
        if post is None:
            return
        if was_used and post.tries == 1:
            self._post(post)
        else:
            post.acknowledged_at = time.monotonic()
            self._open -= 1

    def _drop(self, line: Line) -> None:
        self._lines.remove(line)
        self._loop.forget(line.connection)
        line.connection.close()
