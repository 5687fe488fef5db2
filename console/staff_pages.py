"""The staff: who they are, what they may, what they can; invitations. For administrators."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import acts, staff
from console.auth import LONGEST_EMAIL, require_staff
from console.fields import FieldFault, chosen, known_id, line, number
from console.parts import ConsoleParts
from console.permissions import Permission
from context_store.records import Agent, AgentId, Presence, Role, TeamId
from context_store.unit_of_work import UnitOfWork

LONGEST_NAME = 120
MOST_THREADS = 200
SPOKEN = ("es", "en", "pt")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a form was refused for, and the link that is shown this once."""

    fault: str = ""
    link: str = ""
    invited: str = ""


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = StaffPages(parts)
    add = blueprint.add_url_rule
    add("/staff", "show_staff", pages.show_all)
    add("/staff/invite", "invite", pages.invite, methods=["POST"])
    add("/staff/invitations/<uuid:invitation_id>/revoke", "revoke_invitation", pages.revoke, methods=["POST"])
    one = "/staff/<uuid:agent_id>"
    add(one, "show_member", pages.show_one)
    add(one, "change_member", pages.change, methods=["POST"])
    add(f"{one}/end-sessions", "end_sessions", pages.end_sessions, methods=["POST"])


class StaffPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(Permission.MANAGE_STAFF)
    def show_all(self) -> ResponseReturnValue:
        return self._list(Shown())

    @require_staff(Permission.MANAGE_STAFF)
    def invite(self) -> ResponseReturnValue:
        """The link is in this answer only: the table keeps its hash."""
        try:
            invited = self._invited()
        except FieldFault as fault:
            return self._list(Shown(fault=g.words(f"staff.faults.{fault.code}")), 400)
        with self._parts.database.write() as uow:
            if uow.agents.has_email(invited.email):
                return self._list(Shown(fault=g.words("staff.faults.known_email")), 409)
            token = staff.invite(uow, invited, g.agent, self._parts.real_now())
            acts.note(uow, self._parts, "invite", invited.email, role=invited.role.value)
            uow.commit()
        path = url_for("console.show_invitation", token=token)
        return self._list(Shown(link=f"{self._parts.public_url}{path}", invited=invited.email))

    @require_staff(Permission.MANAGE_STAFF)
    def revoke(self, invitation_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            invitation = uow.invitations.revoke(invitation_id, self._parts.real_now())
            if invitation is None:
                abort(404)
            acts.note(uow, self._parts, "revoke_invitation", invitation.email)
            uow.commit()
        return redirect(url_for("console.show_staff"), 303)

    @require_staff(Permission.MANAGE_STAFF)
    def show_one(self, agent_id: UUID) -> ResponseReturnValue:
        return self._one(agent_id)

    @require_staff(Permission.MANAGE_STAFF)
    def change(self, agent_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            before = _found(uow, agent_id)
            try:
                after = _changed(before)
                _check_change(uow, before, after)
            except FieldFault as fault:
                uow.rollback()
                return self._one(agent_id, g.words(f"staff.faults.{fault.code}"), 400)
            uow.agents.update(after)
            if not after.is_active or after.role is not before.role:
                # What they may do has changed: what is open on their screens was made for before.
                uow.agents.end_sessions(before.id)
            acts.note(uow, self._parts, "change_staff", before.email, **_difference(before, after))
            uow.commit()
        return redirect(url_for("console.show_staff"), 303)

    @require_staff(Permission.MANAGE_STAFF)
    def end_sessions(self, agent_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            agent = _found(uow, agent_id)
            ended = uow.agents.end_sessions(agent.id)
            acts.note(uow, self._parts, "end_sessions", agent.email, ended=ended)
            uow.commit()
        return redirect(url_for("console.show_member", agent_id=agent_id), 303)

    def _invited(self) -> staff.Invited:
        email = line("email", LONGEST_EMAIL).casefold()
        if "@" not in email.strip("@"):
            raise FieldFault("email")
        team = known_id("team")
        return staff.Invited(
            email=email,
            name=line("name", LONGEST_NAME) or email.partition("@")[0],
            role=chosen("role", Role),
            team_id=TeamId(team) if team else None,
        )

    def _list(self, shown: Shown, status: int = 200) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            page = render_template(
                "console/staff.html",
                members=uow.agents.all(),
                presence={one.agent.id: one.presence for one in uow.teams.colleagues()},
                invitations=uow.invitations.open(self._parts.real_now()),
                teams=uow.teams.all(),
                memberships=uow.teams.memberships(),
                roles=list(Role),
                waiting=uow.handoffs.count_queued(),
                shown=shown,
                offline=Presence.OFFLINE,
            )
        return page, status

    def _one(self, agent_id: UUID, fault: str = "", status: int = 200) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            member = _found(uow, agent_id)
            page = render_template(
                "console/member.html",
                member=member,
                sessions=uow.agents.sessions_of(member.id, self._parts.real_now()),
                waiting=uow.handoffs.count_queued(),
                roles=list(Role),
                spoken=SPOKEN,
                reasons=g.words.group("reasons"),
                fault=fault,
            )
        return page, status


def _found(uow: UnitOfWork, agent_id: UUID) -> Agent:
    agent = uow.agents.get(AgentId(agent_id))
    if agent is None:
        abort(404)
    return agent


def _changed(before: Agent) -> Agent:
    name = line("name", LONGEST_NAME)
    if not name:
        raise FieldFault("name")
    return replace(
        before,
        name=name,
        role=chosen("role", Role),
        is_active=request.form.get("is_active") == "yes",
        topics=tuple(each for each in request.form.getlist("topics") if g.words.has(f"reasons.{each}")),
        languages=tuple(each for each in request.form.getlist("languages") if each in SPOKEN),
        capacity=number("capacity", 0, MOST_THREADS),
    )


def _check_change(uow: UnitOfWork, before: Agent, after: Agent) -> None:
    """Somebody must be left who can let others in."""
    stops = before.role is Role.ADMIN and (after.role is not Role.ADMIN or not after.is_active)
    if stops and before.is_active and uow.agents.count_active(Role.ADMIN) <= 1:
        raise FieldFault("last_admin")


def _difference(before: Agent, after: Agent) -> dict[str, Any]:
    names = ("name", "role", "is_active", "topics", "languages", "capacity")
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return {name: [_plain(old), _plain(new)] for name, old, new in pairs if old != new}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
