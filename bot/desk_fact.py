"""What a flow may know of the desk: its teams, whose matter is what, and when somebody can come."""

from datetime import datetime
from typing import Any

from context_store.records import Colleague, CustomerId, Team
from context_store.unit_of_work import UnitOfWork
from handoff import routing

LANGUAGES = ("es", "en", "pt")


def desk_fact(uow: UnitOfWork, customer_id: CustomerId, now: datetime) -> dict[str, Any]:
    teams = uow.teams.active()
    staff = uow.teams.colleagues() if teams else []
    rest = routing.team_for("", teams)
    return {
        "is_waiting": uow.handoffs.open_of(customer_id) is not None,
        "teams": {str(team.id): _told(team, staff, now) for team in teams},
        # Whose matter a reason is; `rest` takes the others.
        "topics": {topic: str(team.id) for team in reversed(teams) for topic in team.topics},
        "rest": str(rest.id) if rest else None,
        # Between which they choose when they only ask for a person.
        "choices": [str(team.id) for team in routing.teams_to_ask("asked", teams)],
    }


def _told(team: Team, staff: list[Colleague], now: datetime) -> dict[str, Any]:
    prospect = routing.prospect(team, staff, now)
    return {
        "names": {language: team.public_name(language) for language in LANGUAGES},
        "staffing": prospect.staffing.value,
        "opens_at": prospect.opens_at.isoformat() if prospect.opens_at else None,
        "timezone": team.timezone,
        "reply_minutes": prospect.reply_minutes,
    }
