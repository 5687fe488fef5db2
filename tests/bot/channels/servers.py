"""Little servers on loopback that count who comes, for what must never be called and what answers badly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(kw_only=True)
class Counted:
    """One server: what it was asked, by whom, and what it answers to each path."""

    url: str = ""
    # Connections, also those over which nothing was said.
    connections: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)


@contextmanager
def counting_server(tls: ssl.SSLContext | None = None) -> Iterator[Counted]:
    counted = Counted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            counted.connections += 1
            super().setup()

        def do_GET(self) -> None:
            counted.asked.append((self.path, dict(self.headers.items())))
            self.close_connection = True
            counted.answers.get(self.path, give(b"", status=404))(self)

        def log_message(self, *said: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    counted.url = f"http://127.0.0.1:{server.server_port}"
    yield counted
    server.shutdown()
    server.server_close()


def give(
    content: bytes, *, status: int = 200, length: int | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """The content with its length, or with one that is not true."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)

    return answer


def lead_to(location: str) -> Answer:
    return give(b"", status=307, headers={"Location": location})


def pour(chunk: bytes, times: int, *, pause: float = 0.0, counter: list[int] | None = None) -> Answer:
    """Without saying how much it will be; each `pause` seconds a little."""
    stop = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(times):
                request.wfile.write(chunk)
                if counter is not None:
                    counter.append(len(chunk))
                stop.wait(pause)
        except OSError:
            # They have hung up, which is what most tests want.
            return

    return answer


def drip_headers(pause: float) -> Answer:
    """A header that never ends."""
    stop = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(200):
                request.wfile.write(b"a")
                stop.wait(pause)
        except OSError:
            return

    return answer


@contextmanager
def little_proxy() -> Iterator[tuple[str, list[str]]]:
    """An HTTP proxy with a password, for tunnels only: where it is, and what it was told."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                asked = client.recv(65536).decode()
                heard.append(asked)
                host, _, port = asked.split()[1].rpartition(":")
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with socket.create_connection((host, int(port))) as target:
                    one_way = threading.Thread(target=_pump, args=(client, target), daemon=True)
                    one_way.start()
                    _pump(target, client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://user:p%40ss@127.0.0.1:{listening.getsockname()[1]}", heard


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has hung up: so does the other.
        return
