"""Every request that reached the carrier and what it answered, as they went over the wire."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

PREFIX = "/simulator"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    method: str
    path: str  # as at Twilio, without the carrier's own prefix
    query: str
    content_type: str
    sent: bytes
    status: int
    answered: bytes


class Recorder:
    """WSGI around the carrier's application; keeps what belongs to Twilio's API."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self.exchanges: list[Exchange] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(sent)
        status = ""

        def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line
            return start_response(line, headers, *rest)

        answered = b"".join(self._application(environ, start))
        self.exchanges.append(
            Exchange(
                method=environ["REQUEST_METHOD"].lower(),
                path=environ["PATH_INFO"].removeprefix(PREFIX),
                query=environ.get("QUERY_STRING", ""),
                content_type=environ.get("CONTENT_TYPE", "").partition(";")[0],
                sent=sent,
                status=int(status.split()[0]),
                answered=answered,
            )
        )
        yield answered
