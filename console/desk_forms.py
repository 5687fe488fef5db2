"""What the desk's forms say: to whom a thread goes, until when it sleeps, how it ends."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g

from console.fields import FieldFault
from context_store.records import AgentId, TeamId
from handoff.desk import Ending
from handoff.passing import Passing

LONGEST_DRAFT = 10_000
# How long a thread may be put off with one press.
SNOOZES = {"hour": timedelta(hours=1), "three_hours": timedelta(hours=3)}
MORNING = time(9)


def passing_from(form: Mapping[str, str]) -> Passing:
    """`to` names a colleague or a team: agent:…, team:…. Raises `FieldFault`."""
    kind, _, value = form.get("to", "").partition(":")
    try:
        wanted = UUID(value)
    except ValueError as error:
        raise FieldFault("nobody_chosen") from error
    note = form.get("note", "")[:LONGEST_DRAFT]
    if kind == "team":
        return Passing(team_id=TeamId(wanted), note=note)
    return Passing(agent_id=AgentId(wanted), note=note)


def ending_from(form: Mapping[str, str]) -> Ending:
    is_resolved = form.get("outcome") == "resolved"
    reason = form.get("reason", "")
    return Ending(
        is_resolved=is_resolved,
        note=form.get("note", "")[:LONGEST_DRAFT],
        outcome=reason if g.words.has(f"outcomes.{reason}") else None,
        # A form without the box at all asks, as it always did.
        with_survey=form.get("survey", "yes") == "yes",
    )


def snoozed_until(form: Mapping[str, str], now: datetime, timezone: str) -> datetime:
    """In an hour, tomorrow at nine, on a Monday, or at a time of the office's clock; now if it means none."""
    wanted, zone = form.get("until", ""), ZoneInfo(timezone)
    if wanted in SNOOZES:
        return now + SNOOZES[wanted]
    today = now.astimezone(zone).date()
    days = {"tomorrow": 1, "monday": 7 - today.weekday()}.get(wanted)
    if days is not None:
        return datetime.combine(today + timedelta(days=days), MORNING, zone).astimezone(UTC)
    try:
        at = datetime.fromisoformat(form.get("at", ""))
    except ValueError:
        return now
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
