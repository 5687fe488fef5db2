"""The supervisor's board: who waits and how long, what is at risk, who is on; and to give threads away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import acts
from console.auth import require_staff
from console.desk import live
from console.desk_forms import passing_from
from console.fields import FieldFault
from console.parts import ConsoleParts
from console.permissions import Permission
from context_store.records import (
    AgentId,
    Colleague,
    Handoff,
    HandoffId,
    HandoffStatus,
    Presence,
    Team,
    TeamId,
)
from context_store.unit_of_work import UnitOfWork
from handoff import hours, passing, routing
from handoff.desk import DeskFault


@dataclass(frozen=True, kw_only=True)
class Line:
    """One open thread of the board."""

    handoff: Handoff
    name: str | None
    is_at_risk: bool
    is_overdue: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A team at this moment."""

    team: Team
    is_open: bool
    opens_at: datetime | None
    waiting: int
    online: int
    load: int
    capacity: int


@dataclass(frozen=True, kw_only=True)
class Board:
    lines: list[Line]
    teams: list[Standing]
    colleagues: list[Colleague]
    capacities: Mapping[AgentId, int]
    agent_names: Mapping[AgentId, str]
    team_names: Mapping[TeamId, str]
    waiting: int
    assigned: int
    snoozed: int
    at_risk: int
    longest_since: datetime | None
    online: int


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = BoardPages(parts)
    add = blueprint.add_url_rule
    add("/board", "show_board", pages.show)
    add("/board/live", "board_live", pages.live)
    add("/board/<uuid:handoff_id>/reassign", "reassign", pages.reassign, methods=["POST"])


class BoardPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(Permission.SUPERVISE)
    def show(self) -> ResponseReturnValue:
        return self._page()

    @require_staff(Permission.SUPERVISE)
    def live(self) -> ResponseReturnValue:
        board = self._read()
        return live(self._parts, "console/_board_live.html", board=board, waiting=board.waiting)

    @require_staff(Permission.REASSIGN)
    def reassign(self, handoff_id: UUID) -> ResponseReturnValue:
        now = self._parts.now()
        try:
            wanted = passing_from(request.form)
            with self._parts.database.write() as uow:
                handoff = passing.reassign(uow, HandoffId(handoff_id), g.agent, wanted, now)
                acts.note(
                    uow, self._parts, "reassign", handoff.id, customer_id=handoff.customer_id, to=_to(wanted)
                )
                uow.commit()
        except (DeskFault, FieldFault) as fault:
            return self._page(g.words(f"faults.{fault.code}"), 409)
        return redirect(url_for("console.show_board"), 303)

    def _page(self, fault: str = "", status: int = 200) -> ResponseReturnValue:
        board = self._read()
        page = render_template("console/board.html", board=board, waiting=board.waiting, fault=fault)
        return page, status

    def _read(self) -> Board:
        with self._parts.database.read() as uow:
            return read_board(uow, self._parts.now())


def read_board(uow: UnitOfWork, now: datetime) -> Board:
    """A handful of queries, however many threads and people there are."""
    found, colleagues, teams = uow.handoffs.open(), uow.teams.colleagues(), uow.teams.active()
    lines = [
        Line(
            handoff=handoff,
            name=name,
            is_at_risk=routing.is_at_risk(handoff, now),
            is_overdue=routing.is_overdue(handoff, now),
        )
        for handoff, name in found
    ]
    waiting = [line for line in lines if line.handoff.status is HandoffStatus.QUEUED]
    counts = uow.handoffs.count_by_status()
    return Board(
        lines=sorted(lines, key=lambda line: (not line.is_overdue, not line.is_at_risk)),
        teams=[standing_of(team, waiting, colleagues, teams, now) for team in teams],
        colleagues=sorted(colleagues, key=_order),
        capacities={one.agent.id: routing.capacity_of(one, teams) for one in colleagues},
        agent_names=uow.agents.names(),
        team_names={team.id: team.name for team in teams},
        waiting=counts.get(HandoffStatus.QUEUED, 0),
        assigned=counts.get(HandoffStatus.ASSIGNED, 0),
        snoozed=counts.get(HandoffStatus.SNOOZED, 0),
        at_risk=sum(line.is_at_risk for line in lines),
        longest_since=waiting[0].handoff.requested_at if waiting else None,
        online=sum(one.presence is Presence.ONLINE for one in colleagues),
    )


def standing_of(
    team: Team,
    waiting: Sequence[Line],
    colleagues: Sequence[Colleague],
    teams: Sequence[Team],
    now: datetime,
) -> Standing:
    online = [one for one in colleagues if routing.is_member(one, team) and one.presence is Presence.ONLINE]
    return Standing(
        team=team,
        is_open=hours.is_open(team, now),
        opens_at=hours.next_opening(team, now),
        waiting=sum(line.handoff.team_id == team.id for line in waiting),
        online=len(online),
        load=sum(one.load for one in online),
        capacity=sum(routing.capacity_of(one, teams) for one in online),
    )


def _order(one: Colleague) -> tuple[int, str]:
    return list(Presence).index(one.presence), one.agent.name.casefold()


def _to(wanted: passing.Passing) -> str:
    return str(wanted.agent_id or wanted.team_id)
