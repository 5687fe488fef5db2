"""One's own account: the password, and where one is signed in."""

from uuid import UUID

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import acts, staff
from console.auth import SESSION_COOKIE, require_staff
from console.parts import ConsoleParts
from console.permissions import Permission
from console.tries import Tries


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = AccountPages(parts)
    add = blueprint.add_url_rule
    add("/account", "show_account", pages.show)
    add("/account/password", "change_password", pages.change_password, methods=["POST"])
    add("/account/sign-out-everywhere", "sign_out_everywhere", pages.end_all, methods=["POST"])
    add("/account/sessions/<uuid:session_id>/end", "end_session", pages.end_one, methods=["POST"])


class AccountPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._tries = Tries(parts)

    @require_staff(Permission.OWN_ACCOUNT)
    def show(self) -> ResponseReturnValue:
        return self._page()

    @require_staff(Permission.OWN_ACCOUNT)
    def change_password(self) -> ResponseReturnValue:
        """The old one is asked for: an unlocked screen must not be enough. Other sessions end."""
        agent, address = g.agent, request.remote_addr or ""
        minutes = self._tries.begin(agent.email, address)
        if minutes is not None:
            return self._page(g.words("sign_in.too_many", n=minutes), 429)
        if staff.agent_with(self._parts.database, agent.email, request.form.get("old", "")) is None:
            return self._page(g.words("account.wrong_old"), 403)
        password = request.form.get("new", "")
        if not staff.is_good_password(password, agent.email):
            return self._page(g.words("account.weak", least=staff.SHORTEST_PASSWORD), 400)
        if password != request.form.get("again", ""):
            return self._page(g.words("account.different"), 400)
        password_hash = staff.HASHER.hash(password)
        with self._parts.database.write() as uow:
            uow.agents.set_password(agent.id, password_hash, but=self._token_hash())
            acts.note(uow, self._parts, "change_password")
            uow.commit()
        self._tries.succeeded(agent.email, address)
        return redirect(url_for("console.show_account", done="password"), 303)

    @require_staff(Permission.OWN_ACCOUNT)
    def end_all(self) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            uow.agents.end_sessions(g.agent.id)
            acts.note(uow, self._parts, "sign_out_everywhere")
            uow.commit()
        response = make_response(redirect(url_for("console.show_sign_in"), 303))
        response.delete_cookie(SESSION_COOKIE)
        return response

    @require_staff(Permission.OWN_ACCOUNT)
    def end_one(self, session_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            if not uow.agents.end_one(g.agent.id, session_id):
                abort(404)
            acts.note(uow, self._parts, "end_sessions", g.agent.email)
            uow.commit()
        return redirect(url_for("console.show_account"), 303)

    def _page(self, fault: str = "", status: int = 200) -> ResponseReturnValue:
        now = self._parts.real_now()
        with self._parts.database.read() as uow:
            sessions = uow.agents.sessions_of(g.agent.id, now)
            current = uow.agents.session_by(self._token_hash())
            waiting = uow.handoffs.count_queued()
        page = render_template(
            "console/account.html",
            sessions=sessions,
            current=current,
            waiting=waiting,
            fault=fault,
            least=staff.SHORTEST_PASSWORD,
        )
        return page, status

    def _token_hash(self) -> str:
        return staff.hash_of(request.cookies[SESSION_COOKIE])
