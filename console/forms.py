"""That a form was ours: a token bound to the session or to a signed cookie, and no other site behind it."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request
from werkzeug.exceptions import Forbidden

UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))
FIELD = "form_token"
# Before anybody has a session, the sign-in form is bound to this cookie.
VISIT_COOKIE = "hilo_visit"


class StaleForm(Forbidden):
    word = "stale_form"


class OtherSite(Forbidden):
    word = "other_site"


def proof(secret_key: str, purpose: str, value: str) -> str:
    """What only we can say about `value`; of no use for any other purpose."""
    return hmac.new(secret_key.encode(), f"console:{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def session_token(secret_key: str, session: str) -> str:
    return proof(secret_key, "form", session)


def new_visit(secret_key: str) -> str:
    visit = secrets.token_urlsafe(24)
    return f"{visit}.{proof(secret_key, 'visit', visit)}"


def visit_token(secret_key: str, cookie: str | None) -> str | None:
    """The sign-in form's token for that cookie; None when the cookie is not from us."""
    visit, _, signature = (cookie or "").partition(".")
    if not _same(signature, proof(secret_key, "visit", visit)):
        return None
    return proof(secret_key, "sign-in", visit)


def has_token(request: Request, expected: str | None) -> bool:
    return expected is not None and _same(request.form.get(FIELD, ""), expected)


def refuse_other_sites(request: Request, public_url: str) -> None:
    """Browsers say where an unsafe request comes from. Raises `OtherSite` when that is not here."""
    if request.method not in UNSAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise OtherSite()
    origin = request.headers.get("Origin")
    # By host, not by scheme: a proxy in front may have taken the TLS off.
    if origin is not None and urlsplit(origin).netloc not in (request.host, urlsplit(public_url).netloc):
        raise OtherSite()


def is_local(target: str) -> bool:
    """May we redirect there? Only to a path of ours: browsers read `//` and `\\` as another host."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return False
    if any(ord(character) <= 32 or ord(character) == 127 for character in target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
