"""A Redis of a test's own, started when the test says so and not before."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.redis import SECONDS_TO_START, found_server, wait_until_it_answers


def socket_in(folder: Path) -> Path:
    return folder / "redis.sock"


@contextmanager
def redis_at(folder: Path) -> Iterator[None]:
    """Runs on a socket in that folder, which must have a short name, until the block ends."""
    server = found_server()
    process = subprocess.Popen(
        [server, "--port", "0", "--unixsocket", socket_in(folder), "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(process, socket_in(folder))
        yield
    finally:
        process.terminate()
        process.wait(SECONDS_TO_START)
