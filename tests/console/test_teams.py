"""Teams: what the form takes, refuses and keeps."""

from datetime import date

import pytest

from context_store.records import Agent, Role, Team
from tests.console.conftest import Browser, Desk

FORM = {
    "name": "Ventas",
    "is_active": "yes",
    "timezone": "Europe/Madrid",
    "capacity": "4",
    **{f"hours_{day}": "9-14, 16:00-20:00" for day in range(5)},
    "hours_5": "",
    "hours_6": "",
}


@pytest.fixture
def lead(office: Desk) -> Browser:
    return office.browser(office.staff("lead@x.example", Role.SUPERVISOR, name="Sara"))


def the_team(desk: Desk) -> Team:
    with desk.database.read() as uow:
        (team,) = uow.teams.all()
    return team


def test_a_team_is_made_and_changed(office: Desk, lead: Browser, agent: Agent) -> None:
    more = {
        "members": str(agent.id),
        "topics": "invoice",
        "name_pt": "Vendas",
        "country": "es",
        "region": "md",
        "closed_days": "2026-12-24\n2026-12-31",
        "first_reply_minutes": "15",
        "auto_assign": "yes",
    }
    assert lead.post("/teams/new", **FORM, **more).status_code == 303
    team = the_team(office)
    assert (team.hours[0], team.hours[6]) == (("09:00-14:00", "16:00-20:00"), ())
    assert (team.country, team.region, team.capacity) == ("ES", "MD", 4)
    assert team.closed_days == (date(2026, 12, 24), date(2026, 12, 31))
    assert (team.first_reply_minutes, team.next_reply_minutes, team.auto_assign) == (15, None, True)
    assert (team.public_name("pt"), team.public_name("es")) == ("Vendas", "Ventas")
    with office.database.read() as uow:
        assert uow.teams.memberships() == {agent.id: frozenset({team.id})}
    assert "open" in lead.page("/teams")
    assert 'value="09:00-14:00, 16:00-20:00"' in lead.page(f"/teams/{team.id}")
    assert lead.post(f"/teams/{team.id}", **FORM).status_code == 303
    with office.database.read() as uow:
        assert uow.teams.memberships() == {}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", " ", "Write a name."),
        ("hours_0", "14-9", "These hours make no sense: 14-9"),
        ("country", "XQ", "public holidays of XQ"),
        ("timezone", "Mars/Base", "no time zone Mars/Base"),
        ("closed_days", "24/12", "This is no day: 24/12"),
        ("first_reply_minutes", "0", "The target must be"),
        ("capacity", "1000", "between 1 and 200"),
    ],
)
def test_what_it_cannot_take_it_explains_and_keeps_on_the_form(
    office: Desk, lead: Browser, field: str, value: str, text: str
) -> None:
    answer = lead.post("/teams/new", **{**FORM, "next_reply_minutes": "33", field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert text in page
    assert 'name="next_reply_minutes" inputmode="numeric" value="33"' in page
    with office.database.read() as uow:
        assert uow.teams.all() == []


def test_two_teams_have_two_names(office: Desk, lead: Browser) -> None:
    lead.post("/teams/new", **FORM)
    assert lead.post("/teams/new", **{**FORM, "name": "VENTAS"}).status_code == 409
