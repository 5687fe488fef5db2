"""Who is there: sign-in, sign-out, and the decorator that every staff page wears."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from console import acts, forms
from console.parts import ConsoleParts
from console.permissions import Permission, may, roles_of
from console.staff import (
    SESSION_LASTS,
    Visitor,
    add_session,
    agent_of,
    agent_with,
    hash_of,
)
from console.tries import Tries
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


def require_staff(*who: Role | Permission) -> Callable[[View], View]:
    """Only for signed-in staff who may do this. An unsafe request needs its token."""
    roles = roles_of(*who)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            agent: Agent | None = g.get("agent")
            if agent is None:
                return _to_sign_in()
            if agent.role not in roles:
                raise WrongRole()
            if request.method in forms.UNSAFE and not forms.has_token(request, g.form_token):
                raise forms.StaleForm()
            return view(*arguments, **named)

        guarded.guard = "session"  # type: ignore[attr-defined]
        guarded.roles = roles  # type: ignore[attr-defined]
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
        self._tries = Tries(parts)

    @open_to_all
    def show_sign_in(self) -> ResponseReturnValue:
        return redirect(next_page() or url_for("console.home"), 303) if g.agent else self._form()

    @open_to_all
    def sign_in(self) -> ResponseReturnValue:
        email = request.form.get("email", "")[:LONGEST_EMAIL]
        address = request.remote_addr or ""
        if not is_visit(self._parts):
            return self._form(g.words("sign_in.stale"), 403)
        minutes = self._tries.begin(email, address)
        if minutes is not None:
            return self._form(g.words("sign_in.too_many", n=minutes), 429)
        agent = agent_with(self._parts.database, email, request.form.get("password", ""))
        if agent is None:
            self._tries.failed(address)
            self._note_refusal(email)
            return self._form(g.words("sign_in.refused"), 401)
        self._tries.succeeded(email, address)
        return let_in(self._parts, agent, next_page(), act="sign_in")

    @require_staff()
    def sign_out(self) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            uow.agents.end_session(hash_of(request.cookies[SESSION_COOKIE]))
            acts.note(uow, self._parts, "sign_out")
            uow.commit()
        response = make_response(redirect(url_for("console.show_sign_in"), 303))
        response.delete_cookie(SESSION_COOKIE)
        return response

    def _form(self, fault: str | None = None, status: int = 200) -> Response:
        return visit_form(
            self._parts,
            "console/sign_in.html",
            status,
            fault=fault,
            email=request.form.get("email", "")[:LONGEST_EMAIL],
            next=next_page(),
            oidc=self._parts.oidc,
        )

    def _note_refusal(self, email: str) -> None:
        with self._parts.database.write() as uow:
            acts.note(uow, self._parts, "sign_in_refused", email.strip().casefold())
            uow.commit()


def let_in(parts: ConsoleParts, agent: Agent, target: str | None, *, act: str) -> AnyResponse:
    """Sign them in and send them on."""
    # A new token for every sign-in: one that somebody planted before is worth nothing after.
    visitor = Visitor(address=request.remote_addr or "", browser=request.user_agent.string)
    with parts.database.write() as uow:
        token = add_session(uow, parts, agent, request.cookies.get(SESSION_COOKIE), visitor)
        acts.note(uow, parts, act, by=agent)
        uow.commit()
    response = make_response(redirect(target or url_for("console.home"), 303))
    set_cookie(parts, response, SESSION_COOKIE, token, int(SESSION_LASTS.total_seconds()))
    response.delete_cookie(forms.VISIT_COOKIE)
    return response


def set_cookie(parts: ConsoleParts, response: AnyResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", secure=parts.is_https)


def visit_form(parts: ConsoleParts, template: str, status: int, **shown: Any) -> Response:
    """A form for somebody who has no session yet, bound to a signed cookie."""
    visit = request.cookies.get(forms.VISIT_COOKIE, "")
    if forms.visit_token(parts.secret_key, visit) is None:
        visit = forms.new_visit(parts.secret_key)
    page = render_template(
        template,
        form_token=forms.visit_token(parts.secret_key, visit),
        shop_name=parts.shop["name"],
        **shown,
    )
    response = make_response(page, status)
    set_cookie(parts, response, forms.VISIT_COOKIE, visit, VISIT_LASTS)
    return response


def is_visit(parts: ConsoleParts) -> bool:
    """Was the form that came ours, for this browser?"""
    visit = request.cookies.get(forms.VISIT_COOKIE)
    return forms.has_token(request, forms.visit_token(parts.secret_key, visit))


def is_allowed(permission: Permission) -> bool:
    agent: Agent | None = g.get("agent")
    return agent is not None and may(agent.role, permission)


def _to_sign_in() -> ResponseReturnValue:
    if LIVE_HEADER in request.headers:
        raise Unauthorized()
    # A form's own address cannot be opened again: after signing in they begin at the first page.
    here = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    return redirect(url_for("console.show_sign_in", next=here), 303)


def next_page() -> str | None:
    target = request.form.get("next") or request.args.get("next") or ""
    return target if forms.is_local(target) and len(target) <= 500 else None
