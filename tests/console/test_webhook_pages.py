"""The admin's pages of outgoing webhooks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from console import blueprint
from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    Endpoint,
    NoticeKind,
    NoticeStatus,
    NoticeTry,
    Role,
    Topic,
)
from tests.console.conftest import Browser, Desk

URL = "https://crm.example/hooks"


@pytest.fixture
def admin(office: Desk) -> Browser:
    return office.browser(office.staff("admin@x.example", Role.ADMIN))


def endpoint(office: Desk) -> Endpoint:
    with office.database.read() as uow:
        return uow.webhooks.all()[0]


def test_an_endpoint_is_added_and_its_secret_shown_once(office: Desk, admin: Browser) -> None:
    added = admin.post("/webhooks", url=URL, kinds="message.received", with_body="on")
    found = endpoint(office)
    assert found.secret in added.get_data(as_text=True)
    assert (found.kinds, found.with_body) == ((NoticeKind.MESSAGE_RECEIVED,), True)
    assert NoticeKind.MESSAGE_RECEIVED in office.database.wanted.kinds
    for path in ("/webhooks", f"/webhooks/{found.id}"):
        assert found.secret not in admin.page(path)
    again = admin.post("/webhooks", url=URL, kinds="message.received")
    assert "there already" in again.get_data(as_text=True)


def test_only_admins_see_them(office: Desk) -> None:
    for role in (Role.AGENT, Role.SUPERVISOR, Role.MARKETER):
        mine = office.browser(office.staff(f"{role.value}@x.example", role))
        assert mine.get("/webhooks").status_code == 403


def test_an_address_that_cannot_be_called_is_refused_with_the_reason(office: Desk) -> None:
    parts = replace(office.app.config["parts"], webhook_fault=lambda url: "it is inside")
    app = Flask("desk", static_folder=None)
    app.config["parts"] = parts
    app.register_blueprint(blueprint(parts))
    strict = replace(office, app=app)
    mine = strict.browser(strict.staff("admin@x.example", Role.ADMIN))
    refused = mine.post("/webhooks", url="https://10.0.0.1/", kinds="message.received")
    assert refused.status_code == 422
    assert "It cannot be called: it is inside" in refused.get_data(as_text=True)
    assert mine.post("/webhooks", url=URL).status_code == 422


def test_what_was_told_is_listed_escaped_and_told_again(office: Desk, admin: Browser) -> None:
    admin.post("/webhooks", url=URL, kinds="consent.changed")
    found, (customer_id, _) = endpoint(office), office.customer()
    attack = "<script>alert(1)</script>"
    with office.database.write() as uow:
        uow.consents.add(
            Consent(
                customer_id=customer_id,
                channel=Channel.SMS,
                topic=Topic.ALL,
                status=ConsentStatus.OPTED_OUT,
                method="keyword",
                created_at=office.now,
            )
        )
        claim = uow.webhook_deliveries.take(found, "a test", 60.0)
        assert claim is not None
        tried = NoticeTry(attempt=1, started_at=office.now, milliseconds=7, http_status=500, answer=attack)
        uow.webhook_deliveries.note(claim, tried)
        uow.webhook_deliveries.finish(claim, NoticeStatus.FAILED)
        uow.commit()
    page = admin.page(f"/webhooks/{found.id}")
    assert "HTTP 500" in page
    assert "Given up" in page
    assert attack not in page
    assert admin.post(f"/webhooks/{found.id}/replay", delivery=str(claim.position)).status_code == 303
    assert "Waiting" in admin.page(f"/webhooks/{found.id}")
    since = (office.now - timedelta(days=4000)).strftime("%Y-%m-%dT%H:%M")
    assert admin.post(f"/webhooks/{found.id}/replay", since=since).status_code == 303
    assert admin.post(f"/webhooks/{found.id}/replay", since="x").status_code == 422


def test_it_is_changed_switched_and_given_a_new_secret(office: Desk, admin: Browser) -> None:
    admin.post("/webhooks", url=URL, kinds="consent.changed")
    before = endpoint(office)
    path = f"/webhooks/{before.id}"
    admin.post(f"{path}/change", kinds="survey.answered")
    admin.post(f"{path}/switch", to="off")
    off = endpoint(office)
    assert (off.kinds, off.is_enabled) == ((NoticeKind.SURVEY_ANSWERED,), False)
    assert "Disabled" in admin.page("/webhooks")
    admin.post(f"{path}/switch", to="on")
    rotated = admin.post(f"{path}/rotate").get_data(as_text=True)
    after = endpoint(office)
    assert after.is_enabled
    assert after.secret in rotated
    assert after.previous_secret == before.secret
    assert admin.post(f"{path}/change").status_code == 422
