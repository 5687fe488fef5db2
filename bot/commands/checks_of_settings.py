"""What `hilo doctor` can tell from the settings, this machine and the outside: the mix, the URL, the disk."""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from bot.channels.twilio_check import CheckFault, fetch_account
from bot.commands.findings import Finding, fine, warning, wrong
from bot.settings import Settings

LOOPBACK = ("localhost", "::1", "0.0.0.0")
GIGABYTE = 1024**3
LITTLE_SPACE, TOO_LITTLE_SPACE = 1.0, 0.1
SECONDS = 5.0
OK = 200


def check_mix(settings: Settings) -> Finding:
    name = "mix"
    is_sqlite = settings.database_url.startswith("sqlite:")
    if is_sqlite and settings.redis_url is None:
        return fine(name, "SQLite and no Redis: one process, `hilo run`, on one host")
    if is_sqlite:
        return warning(
            name,
            "SQLite takes one serving process, so Redis has nobody to ring for",
            "use PostgreSQL for several processes, or leave REDIS_URL out",
        )
    if settings.redis_url is None:
        return warning(
            name,
            "PostgreSQL and no Redis: one process only, `hilo run`",
            "set REDIS_URL before you start web, worker and clock as processes of their own",
        )
    return fine(name, "PostgreSQL and Redis: any number of processes")


def check_public_url(settings: Settings) -> Finding:
    name, url = "public url", settings.public_url
    if not settings.is_at_twilio:
        return fine(name, f"a stand-in for Twilio calls {url}")
    parts = urlsplit(url)
    if (parts.hostname or "") in LOOPBACK or (parts.hostname or "").startswith("127."):
        return wrong(name, f"Twilio cannot call {url}", "set PUBLIC_URL to the https address that leads here")
    if parts.scheme != "https":
        return warning(name, f"{url} is not https: messages travel in clear", "put a certificate before it")
    return fine(name, f"Twilio calls {url}")


def check_carrier(settings: Settings) -> Finding:
    name = "carrier"
    if not settings.is_at_twilio:
        return fine(name, f"a stand-in at {settings.twilio_api_url}, whose account is not asked for")
    try:
        account = fetch_account(settings)
    except CheckFault as fault:
        return wrong(name, fault.reason, fault.advice)
    if account.status != "active":
        return wrong(name, f"the Twilio account is {account.status}", "see the Twilio console, billing first")
    if account.is_trial:
        return warning(
            name, "a trial account: it writes to verified numbers only", "upgrade it in the Twilio console"
        )
    return fine(name, "Twilio knows the account and the token")


def check_webhook(settings: Settings) -> Finding:
    """Whether our own address answers. Seen from here: Twilio's way to it may be another."""
    name, url = "webhook", f"{settings.public_url}/health"
    if not settings.is_at_twilio:
        return fine(name, "the stand-in is on this network: not asked for")
    try:
        with urllib3.PoolManager(retries=False) as pool:
            answer = pool.request("GET", url, timeout=SECONDS, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return warning(
            name,
            f"{url} does not answer from here ({type(error).__name__})",
            "is a web process running, and does the proxy before it lead there?",
        )
    if answer.status != OK or b'"ok"' not in answer.data:
        return wrong(
            name,
            f"{url} is answered by something else ({answer.status})",
            "let the proxy hand every path on as it is, and compare PUBLIC_URL with what Twilio calls",
        )
    return fine(name, f"{url} answers, from here at least: only a message proves that Twilio reaches it")


def check_disk(settings: Settings) -> Finding:
    name, folder = "disk", settings.var_folder
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free / GIGABYTE
    except OSError as error:
        return wrong(
            name,
            f"nothing can be written to {folder} ({error.strerror})",
            f"it must belong to the user that Hilo runs as ({_user()}), and have room",
        )
    if free < LITTLE_SPACE:
        tell = wrong if free < TOO_LITTLE_SPACE else warning
        return tell(name, f"{free:.2f} GB free at {_shown(folder)}", "make room, or shorten KEEP_MEDIA_DAYS")
    return fine(name, f"{_shown(folder)} can be written, {free:.0f} GB free")


def check_sentry(settings: Settings) -> Finding:
    if settings.sentry_dsn is None:
        return warning("sentry", "errors are in the log only", "set SENTRY_DSN to be told of them")
    return fine("sentry", "errors are told to Sentry, without words of customers")


def _shown(folder: Path) -> str:
    return f"VAR_FOLDER ({folder})"


def _user() -> str:
    return os.environ.get("USER") or str(os.getuid())
