"""A little Rasa server on loopback: it says what the test tells it to, and counts who asks."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class RasaDouble:
    url: str = ""
    status: int = 200
    # Bytes go out as they are, all else as JSON.
    answer: Any = field(default_factory=dict)
    pause: float = 0.0
    # Pause after each byte of the answer.
    drip: float = 0.0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def rasa_double() -> Iterator[RasaDouble]:
    double = RasaDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"]))
            double.asked.append((self.path, json.loads(said)))
            time.sleep(double.pause)
            try:
                self._answer()
            except OSError:
                # Who asked has lost patience.
                self.close_connection = True

        def _answer(self) -> None:
            is_raw = isinstance(double.answer, bytes)
            content = double.answer if is_raw else json.dumps(double.answer).encode()
            self.send_response(double.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for place in range(0, len(content), 1 if double.drip else max(1, len(content))):
                self.wfile.write(content[place : place + 1] if double.drip else content)
                self.wfile.flush()
                time.sleep(double.drip)

        def log_message(self, *said: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
