"""The document says what the API does: every route is in it, and random requests are answered as it says."""

import base64
import re
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bot.webhooks.events_openapi import CALLS
from tests.bot.api.calling import bearer, met
from tests.world import World

# A body may be well-formed and still say what cannot be done (a template that there is not): 422 is right.
EXCLUDED: list[Any] = [positive_data_acceptance]
EXAMPLES = 5
BASIC = {"Authorization": f"Basic {base64.b64encode(b'test-write-key:').decode()}"}


def test_every_route_is_in_the_document_and_the_other_way(sqlite_world: World) -> None:
    document = sqlite_world.client.get("/v1/openapi.json").get_json()
    written = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    rules = sqlite_world.client.application.url_map.iter_rules()
    served = {
        (method, path)
        for rule in rules
        if rule.rule.startswith("/v1/")
        for path in paths_of(rule.rule)
        # The short paths are for browsers' libraries, which know them.
        if not re.fullmatch("/v1/[a-z]", path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert written == served
    assert document["openapi"].startswith("3.1")


def paths_of(rule: str) -> list[str]:
    """As the document writes them: one for each word of a choice, else a part in braces."""
    choice = re.search(r"<any\(([^)]*)\):\w+>", rule)
    if choice is None:
        return [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)]
    return [rule.replace(choice[0], word.strip()) for word in choice[1].split(",")]


def test_what_it_refers_to_is_there(sqlite_world: World) -> None:
    document = sqlite_world.client.get("/v1/openapi.json")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', document.get_data(as_text=True)))
    assert named
    assert named <= set(document.get_json()["components"]["schemas"])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_random_requests_are_answered_as_the_document_says(sqlite_world: World, mode: GenerationMode) -> None:
    customer = met(sqlite_world)
    application = sqlite_world.client.application
    document = sqlite_world.client.get("/v1/openapi.json").get_json()
    # Every request has the key: what happens without one is another test's.
    del document["security"], document["components"]["securitySchemes"]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    tried = Counter[str]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not any(True for _ in operation.iter_parameters()):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: schemathesis.Case[Any]) -> None:
            if mode is GenerationMode.POSITIVE:
                with_somebody(case, customer)
            tried[case.operation.label] += 1
            is_event = case.operation.path.rpartition("/")[2] in (*CALLS, "batch")
            case.call_and_validate(headers=BASIC if is_event else bearer(), excluded_checks=EXCLUDED)

        call()
    assert sum(tried.values()) >= EXAMPLES


def with_somebody(case: schemathesis.Case[Any], customer: str) -> None:
    """Half of the requests are about somebody who is there."""
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict) and len(str(place.get("customer", "x"))) % 2 == 0:
            place["customer"] = customer
