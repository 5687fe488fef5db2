"""How often somebody may try a password: counted in SQL, so for all processes and over restarts."""

import hashlib
import math
from datetime import datetime, timedelta

from console.parts import ConsoleParts

MOST_TRIES = 10
WITHIN = timedelta(minutes=15)


class Tries:
    """Sign-ins of the last quarter of an hour, per account and address, and failures per address.

    Not per account alone: anybody could then lock anybody out.
    """

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def begin(self, email: str, address: str) -> int | None:
        """Count a try on the account. Returns the minutes to wait when there were too many."""
        by_account, by_address = _account(email, address), _address(address)
        wait = self._wait(by_account, MOST_TRIES) or self._wait(by_address, MOST_TRIES)
        if wait is not None:
            return wait
        # Counted before the password is looked at, and looked at again: tries at the same moment count too.
        self._count(by_account)
        return self._wait(by_account, MOST_TRIES + 1)

    def failed(self, address: str) -> None:
        self._count(_address(address))

    def succeeded(self, email: str, address: str) -> None:
        with self._parts.database.write() as uow:
            uow.sign_in_tries.forget(_account(email, address))
            uow.commit()

    def _count(self, key: str) -> None:
        with self._parts.database.write() as uow:
            uow.sign_in_tries.add([key], self._parts.real_now(), WITHIN)
            uow.commit()

    def _wait(self, key: str, most: int) -> int | None:
        now = self._parts.real_now()
        with self._parts.database.read() as uow:
            count, first = uow.sign_in_tries.count(key, now - WITHIN)
        return minutes_left(first, now) if count >= most and first else None


def minutes_left(first: datetime, now: datetime) -> int:
    return max(1, math.ceil((first + WITHIN - now) / timedelta(minutes=1)))


def _account(email: str, address: str) -> str:
    return _key("account", email.strip().casefold(), address)


def _address(address: str) -> str:
    return _key("address", address)


def _key(*parts: str) -> str:
    """A hash: the table names nobody."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
