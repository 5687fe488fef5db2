"""Secrets that the first start makes for itself, kept in a file that only its owner can read."""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO

FILE = "secrets.json"


def hold(folder: Path) -> IO[str] | None:
    """The data folder for this process alone, as long as the file is open. None when another one has it.

    Two embedded processes would each have a queue and a write lock of their own on one database.
    """
    file = (folder / "running.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def load_or_make(folder: Path) -> dict[str, str]:
    """The same secrets at every start: sessions and callback links survive it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    made = {
        "secret_key": secrets.token_hex(32),
        "twilio_account_sid": f"AC{secrets.token_hex(16)}",
        "twilio_auth_token": secrets.token_hex(16),
        "event_write_keys": f"shop:{secrets.token_hex(16)}",
        "api_keys": secrets.token_hex(24),
    }
    # Made with its mode, not changed after: nobody can read it in between.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
    return made
