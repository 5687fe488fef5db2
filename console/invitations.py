"""Whoever was invited chooses a name and a password here, once."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from console import acts, forms, staff
from console.auth import is_visit, let_in, open_to_all, visit_form
from console.parts import ConsoleParts
from context_store.records import Invitation

LONGEST_NAME = 120


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = InvitationPages(parts)
    address = "/sign-in/invitation/<token>"
    blueprint.add_url_rule(address, "show_invitation", pages.show)
    blueprint.add_url_rule(address, "accept_invitation", pages.accept, methods=["POST"])


class InvitationPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @open_to_all
    def show(self, token: str) -> ResponseReturnValue:
        invitation = self._invitation(token)
        return self._form(invitation) if invitation else self._gone()

    @open_to_all
    def accept(self, token: str) -> ResponseReturnValue:
        if not is_visit(self._parts):
            raise forms.StaleForm()
        invitation = self._invitation(token)
        if invitation is None:
            return self._gone()
        name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
        password = request.form.get("new", "")
        fault = self._fault(invitation, name, password)
        if fault is not None:
            return self._form(invitation, fault, name=name, status=400)
        now, password_hash = self._parts.real_now(), staff.HASHER.hash(password)
        with self._parts.database.write() as uow:
            agent = staff.accept(uow, invitation, name, password_hash, now)
            if agent is None:
                return self._gone()
            acts.note(uow, self._parts, "accept_invitation", agent.email, by=agent)
            uow.commit()
        return let_in(self._parts, agent, None, act="sign_in")

    def _invitation(self, token: str) -> Invitation | None:
        with self._parts.database.read() as uow:
            return uow.invitations.open_by(staff.hash_of(token), self._parts.real_now())

    def _fault(self, invitation: Invitation, name: str, password: str) -> str | None:
        if not name:
            return str(g.words("invitation.no_name"))
        if not staff.is_good_password(password, invitation.email):
            return str(g.words("account.weak", least=staff.SHORTEST_PASSWORD))
        return None if password == request.form.get("again", "") else str(g.words("account.different"))

    def _form(
        self, invitation: Invitation, fault: str | None = None, name: str | None = None, status: int = 200
    ) -> ResponseReturnValue:
        return visit_form(
            self._parts,
            "console/invitation.html",
            status,
            invitation=invitation,
            fault=fault,
            name=invitation.name if name is None else name,
            least=staff.SHORTEST_PASSWORD,
        )

    def _gone(self) -> ResponseReturnValue:
        text = g.words("invitation.gone")
        return render_template("console/error.html", code=410, text=text), 410
