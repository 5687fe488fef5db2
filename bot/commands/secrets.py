"""Secrets that the first start makes for itself, kept in a file that only its owner can read."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.settings import SettingsFault

FILE = "secrets.json"


def hold(path: Path) -> IO[str] | None:
    """The lock file for this process alone, as long as it is open. None when another one has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def load_or_make(folder: Path) -> dict[str, str]:
    """The same secrets at every start: sessions and callback links survive it.

    Raises `SettingsFault` when they are there and cannot be read: new ones would end every session.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Two first starts at once must agree.
        with _alone_in(folder):
            return _load(path) if path.exists() else _make(path)
    except OSError as error:
        raise SettingsFault(
            f"VAR_FOLDER: {path} can be neither read nor made ({error.strerror}). "
            "Hint: the folder must belong to the user that Hilo runs as"
        ) from error


def _load(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise SettingsFault(
            f"VAR_FOLDER: {path} is damaged, so the secrets of this shop cannot be read. Hint: put back a "
            "copy of it. Without one, move it away: the next start makes new secrets, staff sign in again, "
            "and what sends events needs its new key"
        )
    return kept


def _make(path: Path) -> dict[str, str]:
    made = {
        "secret_key": secrets.token_hex(32),
        "twilio_account_sid": f"AC{secrets.token_hex(16)}",
        "twilio_auth_token": secrets.token_hex(16),
        "event_write_keys": f"shop:{secrets.token_hex(16)}",
        "api_keys": secrets.token_hex(24),
    }
    beside = path.with_suffix(".new")
    # Made with its mode, not changed after: nobody can read it in between.
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    # All of it or nothing: a start that is cut off leaves no half of a file.
    beside.replace(path)
    return made


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
