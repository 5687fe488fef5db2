"""A request to send as its fate wants it: refused, slow, answered with an error, or cut off."""

import errno
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from waitress.channel import ClientDisconnected

from bot.simulator.faults import SendFate, Trouble
from bot.simulator.outgoing import RestError

# Closing sends a reset and drops what was not read, as a dying machine does.
LINGER_NOT = struct.pack("ii", 1, 0)


def play(fate: SendFate, accept: Callable[[int], ResponseReturnValue]) -> ResponseReturnValue:
    """`accept` takes the code the message fails with later (0: none) and gives the honest answer."""
    match fate.trouble:
        case Trouble.REFUSED | Trouble.ERROR_BEFORE | Trouble.TOO_MANY:
            _wait(fate)
            raise _refusal(fate)
        case Trouble.RESET_BEFORE:
            _wait(fate)
            return cut_off()
    answer = accept(fate.fails_with)
    _wait(fate)
    match fate.trouble:
        case Trouble.ERROR_AFTER:
            raise RestError(20500, "Internal Server Error", 500)
        case Trouble.RESET_AFTER:
            return cut_off()
    return answer


def _wait(fate: SendFate) -> None:
    # Even a sleep of nothing hands the processor on, which is felt at ten thousand messages.
    if fate.wait:
        time.sleep(fate.wait)


def _refusal(fate: SendFate) -> RestError:
    if fate.trouble is Trouble.REFUSED:
        return RestError(fate.refused_with, "Refused on purpose by the simulator's faults.")
    if fate.trouble is Trouble.TOO_MANY:
        headers = {"Retry-After": str(fate.retry_after)}
        return RestError(20429, "Too Many Requests", 429, headers)
    return RestError(20503, "Service Unavailable", 503)


class CutOff(ClientDisconnected, ConnectionResetError):  # type: ignore[misc]  # waitress has no types
    """Tells each server that the client is gone: waitress by its own class, the others by the socket's."""


def cut_off() -> Response:
    """An answer of which not one byte arrives: the connection breaks instead."""
    return Response(_break(request.environ))


def _break(environ: dict[str, Any]) -> Iterator[bytes]:
    # Raised while the answer is written, not in the view: there it would become a 500.
    _hang_up(environ)
    raise CutOff(errno.ECONNRESET, "cut off on purpose")
    yield b""


def _hang_up(environ: dict[str, Any]) -> None:
    if is_disconnected := environ.get("waitress.client_disconnected"):
        # Waitress gives its applications no socket, but a method of the channel that has one. It closes the
        # channel itself when it hears that the client is gone.
        is_disconnected.__self__.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    elif connection := environ.get("werkzeug.socket") or environ.get("gunicorn.socket"):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        connection.shutdown(socket.SHUT_RDWR)
