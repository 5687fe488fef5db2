"""The staff pages as one blueprint: what is true for each of them, and the front door."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from console import (
    account,
    auth,
    board,
    customers,
    data,
    desk,
    forms,
    identity,
    invitations,
    media,
    oidc,
    promotion_pages,
    record,
    segments,
    staff_pages,
    teams,
    webhook_pages,
)
from console.parts import ConsoleParts
from console.permissions import Permission
from console.shown import reason_in_words
from console.words import LANGUAGES, Words, shortened

FOLDER = Path(__file__).parent
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
LANGUAGE_COOKIE = "hilo_language"
YEAR = 365 * 24 * 60 * 60


def blueprint(parts: ConsoleParts) -> Blueprint:
    routes = Blueprint(
        "console",
        __name__,
        static_folder="static",
        static_url_path="/console/static",
        template_folder="templates",
    )

    @routes.before_request
    def welcome() -> None:
        g.words = Words(language=_language(), timezone=parts.timezone, now=parts.now())
        if not _is_static():
            forms.refuse_other_sites(request, parts.public_url)
            auth.recognise(parts)

    @routes.after_request
    def protect(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, request.args["lang"], YEAR, samesite="Lax", secure=parts.is_https
            )
        return _protected(response)

    @routes.errorhandler(HTTPException)
    def show_error(error: HTTPException) -> ResponseReturnValue:
        return _error_page(error)

    @routes.get("/")
    @auth.require_staff()
    def home() -> ResponseReturnValue:
        first = "show_desk" if auth.is_allowed(Permission.HELP) else "show_customers"
        return redirect(url_for(f"console.{first}"), 303)

    routes.context_processor(lambda: _for_every_page(parts))
    auth.add_pages(routes, parts)
    desk.add_pages(routes, parts)
    customers.add_pages(routes, parts)
    identity.add_pages(routes, parts)
    media.add_pages(routes, parts)
    for pages in (account, invitations, oidc, staff_pages, teams, record, board):
        pages.add_pages(routes, parts)
    segments.add_pages(routes, parts)
    webhook_pages.add_pages(routes, parts)
    promotion_pages.add_pages(routes, parts)
    data.add_pages(routes, parts)
    return routes


def _for_every_page(parts: ConsoleParts) -> dict[str, Any]:
    return {
        "agent": g.get("agent"),
        "form_token": g.get("form_token"),
        "words": g.words,
        "asset": _asset,
        "short": shortened,
        "icon": _icon,
        "reason_in_words": reason_in_words,
        "other_languages": [(word, _same_page_in(word)) for word in LANGUAGES],
        "simulator_url": parts.simulator_url,
        "keepers": data.KEEPERS,
        "may": _may,
    }


def _may(permission: str) -> bool:
    """For templates: may whoever reads this do that?"""
    return auth.is_allowed(Permission(permission))


def _language() -> str:
    for word in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if word in LANGUAGES:
            return word
    return request.accept_languages.best_match(LANGUAGES) or "en"


def _same_page_in(language: str) -> str:
    return f"?{urlencode({**request.args, 'lang': language})}"


def _is_static() -> bool:
    return request.endpoint == "console.static"


def _protected(response: Response) -> Response:
    headers = response.headers
    # A customer's file comes with stricter ones of its own.
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    # Not no-referrer: with that browsers hide the origin of our own forms too.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not _is_static():
        headers.setdefault("Cache-Control", "no-store")
    elif "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    word = getattr(error, "word", str(error.code))
    words: Words = g.words
    agent = g.get("agent")
    role = words.name("roles", agent.role) if agent else ""
    key = f"errors.{word}" if words.has(f"errors.{word}") else "errors.other"
    text = words(key, role=role)
    return make_response(render_template("console/error.html", code=error.code, text=text), error.code)


def _asset(name: str) -> str:
    """The address of a static file, which changes with its content: it may be kept for good."""
    return url_for("console.static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]


def _icon(name: str) -> Markup:
    address = f"{_asset('icons.svg')}#{name}"
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(address)
