"""Teams: their matters, members, hours, targets and capacity. For supervisors and administrators."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import acts
from console.auth import require_staff
from console.fields import FieldFault, line, number
from console.parts import ConsoleParts
from console.permissions import Permission
from console.words import known_zone
from context_store.records import AgentId, Team, TeamId, new_id
from context_store.unit_of_work import UnitOfWork
from handoff import hours
from handoff.hours import HoursFault

LONGEST_NAME = 60
LANGUAGES = ("es", "en", "pt")
MOST_MINUTES = 60 * 24 * 30
MOST_THREADS = 200
MOST_CLOSED_DAYS = 366
NEW = "new"


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = TeamPages(parts)
    add = blueprint.add_url_rule
    add("/teams", "show_teams", pages.show_all)
    add("/teams/new", "new_team", pages.show_new)
    add("/teams/new", "add_team", pages.add, methods=["POST"])
    add("/teams/<uuid:team_id>", "show_team", pages.show_one)
    add("/teams/<uuid:team_id>", "change_team", pages.change, methods=["POST"])


class TeamPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(Permission.MANAGE_TEAMS)
    def show_all(self) -> ResponseReturnValue:
        now = self._parts.now()
        with self._parts.database.read() as uow:
            teams = uow.teams.all()
            page = render_template(
                "console/teams.html",
                teams=teams,
                colleagues=uow.teams.colleagues(),
                opens={team.id: hours.next_opening(team, now) for team in teams},
                now=now,
                waiting=uow.handoffs.count_queued(),
            )
        return page

    @require_staff(Permission.MANAGE_TEAMS)
    def show_new(self) -> ResponseReturnValue:
        return self._form(self._new(), is_new=True)

    @require_staff(Permission.MANAGE_TEAMS)
    def add(self) -> ResponseReturnValue:
        return self._save(self._new(), is_new=True)

    @require_staff(Permission.MANAGE_TEAMS)
    def show_one(self, team_id: UUID) -> ResponseReturnValue:
        return self._form(self._found(team_id))

    @require_staff(Permission.MANAGE_TEAMS)
    def change(self, team_id: UUID) -> ResponseReturnValue:
        return self._save(self._found(team_id))

    def _save(self, before: Team, *, is_new: bool = False) -> ResponseReturnValue:
        try:
            after = read_team(before, self._parts.timezone)
        except FieldFault as fault:
            text = g.words(f"teams.faults.{fault.code}", about=fault.about)
            return self._form(before, text, is_new=is_new, status=400)
        with self._parts.database.write() as uow:
            if uow.teams.has_name(after.name, after.id):
                uow.rollback()
                return self._form(before, g.words("teams.faults.known_name"), is_new=is_new, status=409)
            uow.teams.save(after)
            uow.teams.set_members(after.id, _chosen_members(uow))
            acts.note(uow, self._parts, "change_team", after.name, fields=_changed(before, after, is_new))
            uow.commit()
        return redirect(url_for("console.show_teams"), 303)

    def _form(
        self, team: Team, fault: str = "", *, is_new: bool = False, status: int = 200
    ) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            colleagues = uow.teams.colleagues()
            waiting = uow.handoffs.count_queued()
        # A refused form shows what was written, not what is stored.
        typed = request.form if request.method == "POST" else None
        page = render_template(
            "console/team.html",
            team=team,
            typed=typed,
            members=_shown_members(team, colleagues, typed),
            colleagues=colleagues,
            fault=fault,
            is_new=is_new,
            reasons=g.words.group("reasons"),
            languages=LANGUAGES,
            waiting=waiting,
        )
        return page, status

    def _new(self) -> Team:
        return Team(id=TeamId(new_id()), name="", timezone=self._parts.timezone)

    def _found(self, team_id: UUID) -> Team:
        with self._parts.database.read() as uow:
            team = uow.teams.get(TeamId(team_id))
        if team is None:
            abort(404)
        return team


def read_team(before: Team, timezone: str) -> Team:
    """The team as the form wants it. Raises `FieldFault` with what was wrong."""
    name = line("name", LONGEST_NAME)
    if not name:
        raise FieldFault("name")
    country = line("country", 2).upper() or None
    region = line("region", 10).upper() or None
    try:
        hours.check_region(country, region)
    except HoursFault as fault:
        raise FieldFault("country", str(fault)) from fault
    zone = line("timezone", 64) or timezone
    if known_zone(zone, "") != zone:
        raise FieldFault("timezone", zone)
    return replace(
        before,
        name=name,
        names={each: said for each in LANGUAGES if (said := line(f"name_{each}", LONGEST_NAME))},
        is_active=request.form.get("is_active") == "yes",
        topics=tuple(each for each in request.form.getlist("topics") if g.words.has(f"reasons.{each}")),
        timezone=zone,
        hours=tuple(_spans(day) for day in range(7)),
        country=country,
        region=region,
        closed_days=_closed_days(),
        first_reply_minutes=number("first_reply_minutes", 1, MOST_MINUTES),
        next_reply_minutes=number("next_reply_minutes", 1, MOST_MINUTES),
        capacity=number("capacity", 1, MOST_THREADS) or before.capacity,
        auto_assign=request.form.get("auto_assign") == "yes",
        auto_return_minutes=number("auto_return_minutes", 1, MOST_MINUTES),
    )


def _spans(day: int) -> tuple[str, ...]:
    try:
        return hours.spans_in(line(f"hours_{day}", 200))
    except HoursFault as fault:
        raise FieldFault("hours", str(fault)) from fault


def _closed_days() -> tuple[date, ...]:
    found = set()
    for written in request.form.get("closed_days", "")[:10_000].replace(",", " ").split():
        try:
            found.add(date.fromisoformat(written))
        except ValueError as error:
            raise FieldFault("closed_days", written[:40]) from error
    if len(found) > MOST_CLOSED_DAYS:
        raise FieldFault("closed_days", str(len(found)))
    return tuple(sorted(found))


def _chosen_members(uow: UnitOfWork) -> list[AgentId]:
    wanted = set(request.form.getlist("members"))
    return [one.agent.id for one in uow.teams.colleagues() if str(one.agent.id) in wanted]


def _shown_members(team: Team, colleagues: list[Any], typed: Any) -> set[str]:
    if typed is not None:
        return set(typed.getlist("members"))
    return {str(one.agent.id) for one in colleagues if team.id in one.team_ids}


def _changed(before: Team, after: Team, is_new: bool) -> list[str]:
    if is_new:
        return [NEW]
    return [name for name, value in vars(after).items() if getattr(before, name) != value]
