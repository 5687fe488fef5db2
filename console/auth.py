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
    LONGEST_PASSWORD,
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
    tries = Tries()

    def show(fault: str | None = None, status: int = 200) -> Response:
        cookie = request.cookies.get(forms.VISIT_COOKIE)
        token = forms.visit_token(parts.secret_key, cookie)
        if token is None:
            cookie = forms.new_visit(parts.secret_key)
            token = forms.visit_token(parts.secret_key, cookie)
        page = render_template(
            "console/sign_in.html",
            fault=fault,
            email=request.form.get("email", "")[:LONGEST_EMAIL],
            next=_next(),
            form_token=token,
            shop_name=parts.shop["name"],
        )
        response = make_response(page, status)
        _set_cookie(response, parts, forms.VISIT_COOKIE, cookie or "", VISIT_LASTS)
        return response

    def show_sign_in() -> ResponseReturnValue:
        return redirect(_next() or url_for("console.home"), 303) if g.agent else show()

    def sign_in() -> ResponseReturnValue:
        email = request.form.get("email", "")[:LONGEST_EMAIL]
        password = request.form.get("password", "")[: LONGEST_PASSWORD + 1]
        address = request.remote_addr or ""
        expected = forms.visit_token(parts.secret_key, request.cookies.get(forms.VISIT_COOKIE))
        if not forms.has_token(request, expected):
            return show(g.words("sign_in.stale"), 403)
        minutes = tries.begin(email, address)
        if minutes is not None:
            return show(g.words("sign_in.too_many", n=minutes), 429)
        agent = agent_with(parts.database, email, password)
        if agent is None:
            tries.failed(address)
            return show(g.words("sign_in.refused"), 401)
        tries.succeeded(email, address)
        token = open_session(parts, agent, request.cookies.get(SESSION_COOKIE))
        response = make_response(redirect(_next() or url_for("console.home"), 303))
        _set_cookie(response, parts, SESSION_COOKIE, token, int(SESSION_LASTS.total_seconds()))
        response.delete_cookie(forms.VISIT_COOKIE)
        return response

    @require_staff()
    def sign_out() -> ResponseReturnValue:
        end_session(parts, request.cookies[SESSION_COOKIE])
        response = make_response(redirect(url_for("console.show_sign_in"), 303))
        response.delete_cookie(SESSION_COOKIE)
        return response

    for view in (show_sign_in, sign_in):
        view.guard = "open"  # type: ignore[attr-defined]
    blueprint.add_url_rule("/sign-in", view_func=show_sign_in, methods=["GET"])
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=["POST"])
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])


def _to_sign_in() -> ResponseReturnValue:
    if LIVE_HEADER in request.headers:
        raise Unauthorized()
    # A form's own address cannot be opened again: after signing in they begin at the first page.
    here = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    return redirect(url_for("console.show_sign_in", next=here), 303)


def _next() -> str | None:
    target = request.form.get("next") or request.args.get("next") or ""
    return target if forms.is_local(target) and len(target) <= 500 else None


def _set_cookie(response: Response, parts: ConsoleParts, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=parts.is_https, path="/"
    )
