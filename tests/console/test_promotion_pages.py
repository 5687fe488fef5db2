"""The pages of promotions: written by one, approved by another, previewed as every channel says them."""

import io
import re
from dataclasses import replace

import pytest
import yaml
from flask import Flask

from console import blueprint
from console.promotion_form import as_form, as_seen, read
from console.words import FOLDER
from context_store.records import PromotionRecord, PromotionStatus, Role
from tests.console.conftest import HOST, Browser, Desk
from tests.doubles import NOON

FIELDS = {
    "code": "verano10",
    "kind": "percent",
    "value": "10",
    "minimum": "30,50",
    "audience": "everybody",
    "code_source": "shared",
    "text_es": "10 % menos",
    "text_en": "10% off",
    "text_pt": "10 % a menos",
}


def written(office: Desk, mine: Browser, **fields: str) -> PromotionRecord:
    answer = mine.post("/promotions/new", **{**FIELDS, **fields})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return stored(office)


def stored(office: Desk) -> PromotionRecord:
    with office.database.read() as uow:
        return uow.promotions.all()[0]


def seen(record: PromotionRecord) -> dict[str, str]:
    return {"seen": record.edited_at.isoformat()}


def test_who_wrote_it_does_not_approve_it(office: Desk) -> None:
    ana, bea = (office.browser(office.staff(f"{name}@x.example", Role.MARKETER)) for name in ("ana", "bea"))
    record = written(office, ana)
    assert (record.code, record.status) == ("VERANO10", PromotionStatus.DRAFT)
    page = f"/promotions/{record.id}"
    assert "Somebody else has to approve it" in ana.page(page)
    assert ana.post(f"{page}/approve", **seen(record)).status_code == 403
    assert bea.post(f"{page}/approve", **seen(record)).status_code == 303
    assert stored(office).status is PromotionStatus.APPROVED
    assert ana.post(f"{page}/stop").status_code == 303
    assert stored(office).status is PromotionStatus.STOPPED


def test_an_admin_answers_for_their_own(office: Desk) -> None:
    admin = office.browser(office.staff("admin@x.example", Role.ADMIN))
    record = written(office, admin)
    assert admin.post(f"/promotions/{record.id}/approve", **seen(record)).status_code == 303


def test_what_was_changed_meanwhile_is_not_approved(office: Desk) -> None:
    admin = office.browser(office.staff("admin@x.example", Role.ADMIN))
    record = written(office, admin)
    office.clock.forward(minutes=1)
    edited = admin.post(f"/promotions/{record.id}/edit", **{**FIELDS, "value": "90"}, **seen(record))
    assert edited.status_code == 303
    late = admin.post(f"/promotions/{record.id}/approve", **seen(record))
    assert late.status_code == 409
    assert "changed it meanwhile" in late.get_data(as_text=True)
    assert admin.post(f"/promotions/{record.id}/approve", seen="yesterday").status_code == 400


def test_agents_have_no_business_there(office: Desk) -> None:
    mine = office.browser(office.staff("agent@x.example", Role.AGENT))
    assert mine.get("/promotions").status_code == 403
    assert "/promotions" not in mine.page("/desk")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"code": "no"}, "code"),
        ({"code": "A" * 30, "code_source": "generated"}, "code"),
        ({"text_pt": " "}, "texts"),
        ({"terms_es": "solo uno"}, "terms"),
        ({"value": "101"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "x"}, "value"),
        ({"kind": "amount", "value": ""}, "value"),
        ({"starts": "2026-12-02", "ends": "2026-12-01"}, "days"),
        ({"ends": "tomorrow"}, "days"),
        ({"most_uses": "0"}, "most_uses"),
        ({"most_uses": "²"}, "most_uses"),
        ({"audience": "segment: "}, "audience"),
        ({"audience": "nobody"}, "audience"),
    ],
)
def test_what_cannot_be_is_told_and_kept_in_the_form(
    office: Desk, fields: dict[str, str], fault: str
) -> None:
    assert read({**FIELDS, **fields}, None, NOON) == (None, [fault])
    mine = office.browser(office.staff("m@x.example", Role.MARKETER))
    refused = mine.post("/promotions/new", **{**FIELDS, **fields})
    assert refused.status_code == 422
    assert 'value="10% off"' in refused.get_data(as_text=True)


def test_the_form_shows_what_was_written(office: Desk) -> None:
    mine = office.browser(office.staff("m@x.example", Role.MARKETER))
    record = written(office, mine, ends="2026-12-31", most_uses="5", audience="segment:vip")
    again, faults = read(as_form(record), record, record.edited_at)
    assert (again, faults) == (record, [])
    assert "segment: vip" in mine.page(f"/promotions/{record.id}/edit")


def test_every_language_and_channel_is_previewed_with_its_price(office: Desk) -> None:
    mine = office.browser(office.staff("m@x.example", Role.MARKETER))
    record = written(office, mine, text_es="10 % menos ☂", code_source="generated")
    page = mine.page(f"/promotions/{record.id}")
    assert page.count("10% off") == 2
    assert "The code VERANO10-ABCDEFGHJK is yours alone" in page
    segments = [int(number) for number in re.findall(r"(\d+) SMS segment", page)]
    assert len(segments) == 3
    assert "make it cost more" in page


def test_a_list_of_codes_fills_the_pool(office: Desk) -> None:
    mine = office.browser(office.staff("m@x.example", Role.MARKETER))
    record = written(office, mine, code_source="pool")
    path = f"/promotions/{record.id}/codes"
    filled = mine.post(path, codes="code\nAB-1\nab-1\n<b>x</b>").get_data(as_text=True)
    assert "1 new code." in filled
    assert "&lt;B&gt;X&lt;/B&gt;" in filled
    file = (io.BytesIO("﻿CD-22;x\nEF-333".encode()), "codes.csv")
    data = {"form_token": mine.form_token, "file": file}
    uploaded = mine.client.post(path, data=data, base_url=f"https://{HOST}")
    assert "1 new code." in uploaded.get_data(as_text=True)
    binary = {"form_token": mine.form_token, "file": (io.BytesIO(b"\xff\xfe\x00"), "codes.csv")}
    assert mine.client.post(path, data=binary, base_url=f"https://{HOST}").status_code == 422


def test_hostile_text_is_shown_as_text(office: Desk) -> None:
    mine = office.browser(office.staff("m@x.example", Role.MARKETER))
    attack = "<script>alert(1)</script>"
    record = written(office, mine, text_es=attack, text_en=attack, text_pt=attack, category=attack)
    for path in ("/promotions", f"/promotions/{record.id}", f"/promotions/{record.id}/edit"):
        assert attack not in mine.page(path)


def test_the_three_languages_have_the_same_texts() -> None:
    texts = [
        yaml.safe_load((FOLDER / f"offers.{language}.yml").read_text("utf-8"))
        for language in ("en", "es", "pt")
    ]
    shapes = [{group: set(words) for group, words in each.items()} for each in texts]
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_code_stays_what_it_is_when_the_rest_is_edited(office: Desk) -> None:
    record = written(office, office.browser(office.staff("m@x.example", Role.MARKETER)))
    again, _ = read({**FIELDS, "code": "OTHER"}, record, NOON)
    assert again == replace(record, edited_at=NOON)


def test_an_agent_reads_what_is_on_offer_to_the_customer(office: Desk) -> None:
    record, _ = read(FIELDS, None, NOON)
    assert record is not None
    parts = replace(office.app.config["parts"], promotions_of=lambda uow, customer: [as_seen(record)])
    app = Flask("desk", static_folder=None)
    app.config["parts"] = parts
    app.register_blueprint(blueprint(parts))
    shop = replace(office, app=app)
    customer_id, _ = shop.customer()
    mine = shop.browser(shop.staff("agent@x.example", Role.AGENT))
    assert "VERANO10: 10% off" in mine.page(f"/customers/{customer_id}")
