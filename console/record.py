"""Who did what: the record, newest first, with filters."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from console.acts import ACTS
from console.auth import require_staff
from console.parts import ConsoleParts
from console.permissions import Permission
from context_store.records import AgentId, CustomerId
from context_store.staff_acts import ActsAsked

PAGE = 50


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    @require_staff(Permission.SEE_RECORD)
    def show_record() -> ResponseReturnValue:
        asked = _asked()
        with parts.database.read() as uow:
            found = uow.staff_acts.newest(asked, PAGE + 1)
            staff = uow.agents.all()
            waiting = uow.handoffs.count_queued()
        shown, rest = found[:PAGE], found[PAGE:]
        return render_template(
            "console/record.html",
            acts=shown,
            older=shown[-1][0] if rest else None,
            staff=staff,
            names={agent.id: agent.name for agent in staff},
            kinds=ACTS,
            asked=asked,
            filters=_filters(),
            waiting=waiting,
        )

    blueprint.add_url_rule("/record", "show_record", show_record)


def _asked() -> ActsAsked:
    agent, customer = _id("agent"), _id("customer")
    act = request.args.get("act", "")
    return ActsAsked(
        agent_id=AgentId(agent) if agent else None,
        act=act if act in ACTS else None,
        customer_id=CustomerId(customer) if customer else None,
        before=request.args.get("before", type=int),
    )


def _filters() -> dict[str, Any]:
    """What stays in the address when one turns the page."""
    return {name: value for name in ("agent", "act", "customer") if (value := request.args.get(name))}


def _id(name: str) -> UUID | None:
    """A wrong id in the address filters nothing."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None
