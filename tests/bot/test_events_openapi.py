"""What the API's document says of the tracking API is what the code does."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.webhooks.events_openapi import CALLS, PATHS, SCHEMAS, SECURITY_SCHEMES
from tests.bot.test_events import added, post
from tests.bot.test_tracking_api import CALLS as FINE
from tests.bot.test_tracking_api import WRONG
from tests.world import World


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name])


def test_every_path_is_there_and_says_what_it_takes(sqlite_world: World) -> None:
    rules = {rule.rule for rule in sqlite_world.client.application.url_map.iter_rules()}
    assert any("identify" in rule for rule in rules)
    assert set(PATHS) == {f"/v1/{call}" for call in (*CALLS, "batch")}
    assert set(SECURITY_SCHEMES) == {"writeKey"}
    for name in SCHEMAS:
        Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("call", "short", "body", "name", "properties"), FINE, ids=[one[0] for one in FINE])
def test_what_is_taken_is_valid(
    sqlite_world: World, call: str, short: str, body: dict[str, Any], name: str, properties: Any
) -> None:
    whole = {"userId": "u1", **body}
    assert validator(f"{call.capitalize()}Call").is_valid(whole)
    answer = post(sqlite_world, call, whole)
    validator("EventsTaken").validate(answer.get_json())


@pytest.mark.parametrize(("call", "body", "says"), [one for one in WRONG if "timestamp" not in one[1]])
def test_what_is_refused_is_not_valid(
    sqlite_world: World, call: str, body: dict[str, Any], says: str
) -> None:
    assert not validator(f"{call.capitalize()}Call").is_valid(body)
    validator("EventsRefused").validate(post(sqlite_world, call, body).get_json())


def test_a_batchs_answer_is_what_the_document_says(sqlite_world: World) -> None:
    body = {"batch": [added("m1"), 3]}
    validator("EventsBatch").validate(body)
    validator("EventsBatchTaken").validate(post(sqlite_world, "batch", body).get_json())
