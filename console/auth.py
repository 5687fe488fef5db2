"""Who is there: sign-in, sign-out, and the decorator that every staff page wears."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, Unauthorized

from console import forms
from console.parts import ConsoleParts
from console.staff import (
    SESSION_LASTS,
    Tries,
    agent_of,
    agent_with,
    end_session,
    open_session,
)
from context_store.records import Agent, Role

SESSION_COOKIE = "hilo_session"
VISIT_LASTS = 2 * 60 * 60
LONGEST_EMAIL = 320
# A page asks for its live parts with this header; it must not be sent to the sign-in page for them.
LIVE_HEADER = "Hilo-Live"

View = Callable[..., Any]


class WrongRole(Forbidden):
    word = "wrong_role"


def recognise(parts: ConsoleParts) -> None:
    """Put the signed-in agent and their forms' token into `flask.g`, or None. Asked anew each time."""
    token = request.cookies.get(SESSION_COOKIE, "")
    g.agent = agent_of(parts, token) if token else None
    g.form_token = forms.session_token(parts.secret_key, token) if g.agent else None


def require_staff(*roles: Role) -> Callable[[View], View]:
    """Only for signed-in staff of these roles, all if none is named; an unsafe request needs its token."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            agent: Agent | None = g.get("agent")
            if agent is None:
                return _to_sign_in()
            if roles and agent.role not in roles:
                raise WrongRole()
            if request.method in forms.UNSAFE and not forms.has_token(request, g.form_token):
                raise forms.StaleForm()
            return view(*arguments, **named)

        guarded.guard = "session"  # type: ignore[attr-defined]
        return guarded

    return decorate


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = SignInPages(parts)
    blueprint.add_url_rule("/sign-in", "show_sign_in", pages.show_sign_in, methods=["GET"])
    blueprint.add_url_rule("/sign-in", "sign_in", pages.sign_in, methods=["POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", pages.sign_out, methods=["POST"])


def open_to_all(view: View) -> View:
    view.guard = "open"  # type: ignore[attr-defined]
    return view


class SignInPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._tries = Tries()

    @open_to_all
    def show_sign_in(self) -> ResponseReturnValue:
        return redirect(_next() or url_for("console.home"), 303) if g.agent else self._form()

    @open_to_all
    def sign_in(self) -> ResponseReturnValue:
        email = request.form.get("email", "")[:LONGEST_EMAIL]
        address = request.remote_addr or ""
        visit = request.cookies.get(forms.VISIT_COOKIE)
        if not forms.has_token(request, forms.visit_token(self._parts.secret_key, visit)):
            return self._form(g.words("sign_in.stale"), 403)
        minutes = self._tries.begin(email, address)
        if minutes is not None:
            return self._form(g.words("sign_in.too_many", n=minutes), 429)
        agent = agent_with(self._parts.database, email, request.form.get("password", ""))
        if agent is None:
            self._tries.failed(address)
            return self._form(g.words("sign_in.refused"), 401)
        self._tries.succeeded(email, address)
        return self._let_in(agent)

    @require_staff()
    def sign_out(self) -> ResponseReturnValue:
        end_session(self._parts, request.cookies[SESSION_COOKIE])
        response = make_response(redirect(url_for("console.show_sign_in"), 303))
        response.delete_cookie(SESSION_COOKIE)
        return response

    def _form(self, fault: str | None = None, status: int = 200) -> Response:
        visit = request.cookies.get(forms.VISIT_COOKIE, "")
        if forms.visit_token(self._parts.secret_key, visit) is None:
            visit = forms.new_visit(self._parts.secret_key)
        page = render_template(
            "console/sign_in.html",
            fault=fault,
            email=request.form.get("email", "")[:LONGEST_EMAIL],
            next=_next(),
            form_token=forms.visit_token(self._parts.secret_key, visit),
            shop_name=self._parts.shop["name"],
        )
        response = make_response(page, status)
        self._set_cookie(response, forms.VISIT_COOKIE, visit, VISIT_LASTS)
        return response

    def _let_in(self, agent: Agent) -> Response:
        # A new token for every sign-in: one that somebody planted before is worth nothing after.
        token = open_session(self._parts, agent, request.cookies.get(SESSION_COOKIE))
        response = make_response(redirect(_next() or url_for("console.home"), 303))
        self._set_cookie(response, SESSION_COOKIE, token, int(SESSION_LASTS.total_seconds()))
        response.delete_cookie(forms.VISIT_COOKIE)
        return response

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        is_https = self._parts.is_https
        response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", secure=is_https)


def _to_sign_in() -> ResponseReturnValue:
    if LIVE_HEADER in request.headers:
        raise Unauthorized()
    # A form's own address cannot be opened again: after signing in they begin at the first page.
    here = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    return redirect(url_for("console.show_sign_in", next=here), 303)


def _next() -> str | None:
    target = request.form.get("next") or request.args.get("next") or ""
    return target if forms.is_local(target) and len(target) <= 500 else None
