"""The pages of segments: a condition is put together by forms alone, counted, explained, saved."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from console import segment_forms
from console.segment_drafts import Draft
from context_store.records import Role
from context_store.records.conditions import ConditionFault, as_json, read_condition
from tests.console.conftest import Browser, Desk

ES = {"kind": "customer", "field": "country", "test": {"op": "is", "values": ["ES"]}}
LAST = {"kind": "orders", "last": {"op": "longer_ago", "amount": 60, "unit": "days"}}
OfRole = Callable[[Role], Browser]


def kept(response: TestResponse) -> dict[str, str]:
    """What the page keeps of the draft in its own form."""
    text = response.get_data(as_text=True)
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    fields = {name: html.unescape(value) for name, value in found if name != "form_token"}
    names = re.findall(r'<input name="segment_name" value="([^"]*)"', text)
    return {**fields, "segment_name": html.unescape(names[0])} if names else fields


def step(browser: Browser, before: TestResponse, do: str, **fields: str) -> TestResponse:
    return browser.post("/segments/draft", **{**kept(before), "do": do, **fields})


@pytest.fixture
def marketer(browser_of: OfRole) -> Browser:
    return browser_of(Role.MARKETER)


def test_only_marketers_and_admins_have_segments(browser_of: OfRole) -> None:
    for role, status in ((Role.MARKETER, 200), (Role.ADMIN, 200), (Role.AGENT, 403), (Role.SUPERVISOR, 403)):
        browser = browser_of(role)
        assert browser.get("/segments").status_code == status, role
        assert ('href="/segments"' in browser.get("/segments").get_data(as_text=True)) is (status == 200)


def test_a_segment_is_made_by_forms_alone(office: Desk, marketer: Browser) -> None:
    office.customer("Lucía", country="ES")
    office.customer("Bob", phone="+447700900123", country="GB")
    page = step(marketer, marketer.get("/segments/new?lang=en"), "add:", **{"kind:": "customer"})
    assert "open_kind" in kept(page)
    fields = {"field": "country", "test.op": "is", "test.values": "ES\r\nPT"}
    page = step(marketer, page, "put", **fields)
    text = page.get_data(as_text=True)
    assert "The country is “ES” or “PT”" in text
    assert "1 customers right now" in text
    assert "Lucía" in text
    assert "Bob" not in text
    page = step(marketer, page, "save", segment_name="Iberia", segment_description="Spain and Portugal")
    assert page.location == "/segments/iberia?saved=1"
    listed = marketer.page("/segments")
    assert "Iberia" in listed
    assert "Spain and Portugal" in listed
    with office.database.read() as uow:
        saved = uow.segments.get("iberia")
    assert saved is not None
    assert saved.condition == read_condition(
        {"kind": "all", "of": [{**ES, "test": {"op": "is", "values": ["ES", "PT"]}}]}
    )


def test_conditions_are_grouped_turned_round_changed_and_removed(marketer: Browser) -> None:
    page = marketer.get("/segments/new?lang=en")
    page = step(marketer, page, "any:")
    page = step(marketer, page, "add:0", **{"kind:0": "orders"}, segment_name="Lapsed")
    page = step(marketer, page, "put", **{"last.op": "longer_ago", "last.amount": "60", "last.unit": "days"})
    page = step(marketer, page, "negate:0.0")
    assert json.loads(kept(page)["draft"])["of"][0]["of"][0]["kind"] == "not"
    page = step(marketer, page, "change:0.0.n")
    assert 'value="60"' in page.get_data(as_text=True)
    page = step(marketer, page, "put", **{"last.op": "longer_ago", "last.amount": "90"})
    assert "more than 90 days ago" in page.get_data(as_text=True)
    page = step(marketer, page, "turn:0")
    assert json.loads(kept(page)["draft"])["of"][0]["kind"] == "all"
    page = step(marketer, page, "remove:0.0.n")
    assert json.loads(kept(page)["draft"])["of"][0]["of"] == []
    assert kept(page)["segment_name"] == "Lapsed"


def test_a_name_in_a_condition_is_not_the_segments_name(marketer: Browser) -> None:
    page = step(marketer, marketer.get("/segments/new"), "add:", segment_name="Mine", **{"kind:": "event"})
    page = step(marketer, page, "put", name="Product Viewed")
    assert kept(page)["segment_name"] == "Mine"
    assert json.loads(kept(page)["draft"])["of"][0]["name"] == "Product Viewed"


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("customer", {"field": "country"}, "“Comparison” is missing"),
        (
            "customer",
            {"field": "name", "test.op": "within", "test.amount": "3"},
            "cannot be compared like this",
        ),
        ("cart", {"value.at_least": "ten", "value.currency": "EUR"}, "has to be a number"),
        ("cart", {"value.at_least": "10", "value.currency": "€"}, "three capital letters"),
        ("event", {"name": "Segment Entered"}, "Another segment"),
        ("orders", {"last.op": "between", "last.since": "31/12/2026"}, "is no day"),
        ("orders", {"times.at_least": "3", "times.at_most": "1"}, "comes after its end"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_lost(
    marketer: Browser, kind: str, fields: dict[str, str], said: str
) -> None:
    page = step(marketer, marketer.get("/segments/new?lang=en"), "add:", **{"kind:": kind})
    answer = step(marketer, page, "put", **fields)
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert said in text
    # The form is still open with what was written into it.
    assert kept(answer)["open_kind"] == kind
    for value in fields.values():
        assert value in text


def test_a_draft_from_elsewhere_is_refused_in_words(marketer: Browser) -> None:
    for draft in (
        "{",
        '{"kind":"nope"}',
        "[" * 5000,
        '{"kind":"not","of":' * 50 + '{"kind":"all"}' + "}" * 50,
    ):
        answer = marketer.post("/segments/draft", draft=draft, do="preview", lang="en")
        assert answer.status_code == 400
        assert 'class="fault"' in answer.get_data(as_text=True)


def test_a_segment_that_others_need_stays(office: Desk, marketer: Browser) -> None:
    page = marketer.get("/segments/new?lang=en")
    step(marketer, page, "save", segment_name="Base")
    page = step(marketer, page, "add:", **{"kind:": "segment"})
    page = step(marketer, page, "put", key="base")
    step(marketer, page, "save", segment_name="On top")
    refused = marketer.post("/segments/base/delete")
    assert "On top depend on it" in marketer.page(refused.location)
    marketer.post("/segments/on-top/delete")
    marketer.post("/segments/base/delete")
    with office.database.read() as uow:
        assert uow.segments.all() == []


def test_a_circle_is_refused(marketer: Browser) -> None:
    page = marketer.get("/segments/new?lang=en")
    step(marketer, page, "save", segment_name="Base")
    page = step(marketer, page, "add:", **{"kind:": "segment"})
    step(marketer, step(marketer, page, "put", key="base"), "save", segment_name="Top")
    page = marketer.get("/segments/base?lang=en")
    page = step(marketer, page, "add:", **{"kind:": "segment"})
    answer = step(marketer, step(marketer, page, "put", key="top"), "save")
    assert answer.status_code == 400
    assert "would depend on itself" in answer.get_data(as_text=True)


def test_two_who_change_it_do_not_overwrite_each_other(marketer: Browser) -> None:
    step(marketer, marketer.get("/segments/new?lang=en"), "save", segment_name="Base")
    first, second = marketer.get("/segments/base"), marketer.get("/segments/base")
    first = step(marketer, first, "any:")
    assert step(marketer, first, "save").status_code == 303
    late = step(marketer, second, "save", segment_name="Other")
    assert late.status_code == 400
    assert "Somebody has changed it" in late.get_data(as_text=True)


def test_a_name_is_escaped_and_bounded(marketer: Browser) -> None:
    step(marketer, marketer.get("/segments/new"), "save", segment_name="<script>x</script>" + "y" * 500)
    listed = marketer.page("/segments")
    assert "<script>x" not in listed
    assert "&lt;script&gt;x" in listed


SAMPLES: list[dict[str, Any]] = [
    ES,
    LAST,
    {"kind": "trait", "source": "shop", "name": "plan", "test": {"op": "number", "at_least": "2.5"}},
    {
        "kind": "event",
        "name": "Order Completed",
        "times": {"at_least": 2},
        "period": {
            "op": "between",
            "since": "2026-03-29T00:00:00+01:00",
            "until": "2026-04-01T00:00:00+02:00",
        },
        "where": [{"property": "products.category", "test": {"op": "is", "values": ["Velas", "Luz"]}}],
        "total": {"property": "revenue", "test": {"op": "number", "at_least": "100"}},
        "last": {"op": "within", "amount": 3, "unit": "hours"},
    },
    {
        "kind": "cart",
        "value": {"at_least": 2050, "currency": "EUR"},
        "category": {"op": "contains", "values": ["vela"]},
        "status": ["open"],
    },
    {"kind": "orders", "times": {"at_most": 0}, "total": {"at_most": 0, "currency": "JPY"}},
    {"kind": "consent", "channel": "whatsapp", "topic": "marketing", "state": "allowed"},
    {"kind": "channel", "channel": "sms", "state": "last_used"},
    {"kind": "wrote", "channel": "sms", "last": {"op": "longer_ago", "amount": 1, "unit": "days"}},
    {"kind": "messaged"},
    {"kind": "survey", "is_bad": True, "score": {"at_most": 2}},
    {
        "kind": "journey",
        "journey": "winback",
        "state": "exited",
        "reason": {"op": "is", "values": ["bought"]},
    },
    {"kind": "handoff", "state": "open"},
    {"kind": "lifecycle", "states": ["vip", "at_risk"]},
    {"kind": "segment", "key": "base"},
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["kind"]))
def test_each_kind_comes_out_of_its_form_as_it_went_in(sample: dict[str, Any]) -> None:
    condition = read_condition(sample)
    filled = segment_forms.fill(as_json(condition), "Europe/Madrid")
    assert read_condition(segment_forms.build(sample["kind"], filled, "Europe/Madrid")) == condition


def test_every_kind_has_a_form() -> None:
    assert set(segment_forms.FORMS) == {str(sample["kind"]) for sample in SAMPLES}


def test_a_draft_knows_its_places() -> None:
    draft = Draft({"kind": "all", "of": [ES]})
    with pytest.raises(ConditionFault):
        draft.at("4")
    with pytest.raises(ConditionFault):
        draft.add("0", ES)
    assert draft.negate("").root == {
        "kind": "all",
        "of": [{"kind": "not", "of": {"kind": "all", "of": [ES]}}],
    }
