"""`/v1` for other systems: customers and their context, messages, handoffs, entries, context tokens.

Each file holds one topic: what it does, and its operations as data. docs/api.md is for those who call it.
"""

from collections.abc import Callable

from flask import Blueprint, Response, json

from bot.api import context_tokens, customers, entries, handoffs, messages, promotions, timeline
from bot.api.openapi import DOCUMENT_PATH, document
from bot.api.operations import Operation, serve
from bot.api.problems import Problem, respond
from bot.api.rates import RequestRates
from bot.guard import guarded_by
from bot.parts import Parts
from bot.webhooks import events_openapi

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *timeline.OPERATIONS,
    *entries.OPERATIONS,
    *messages.OPERATIONS,
    *handoffs.OPERATIONS,
    *context_tokens.OPERATIONS,
    *promotions.OPERATIONS,
)


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("api", __name__)
    rates = RequestRates(parts.settings.redis_url, parts.settings.api_per_minute)
    told = json.dumps(document(OPERATIONS, events_openapi))
    for operation in OPERATIONS:
        routes.add_url_rule(
            operation.rule,
            operation.name,
            _view(parts, rates, operation),
            methods=[operation.method],
            provide_automatic_options=False,
        )

    @routes.get(DOCUMENT_PATH, provide_automatic_options=False)
    @guarded_by("open")
    def openapi() -> Response:
        return Response(told, content_type="application/json")

    routes.register_error_handler(Problem, respond)
    return routes


def _view(parts: Parts, rates: RequestRates, operation: Operation) -> Callable[..., Response]:
    @guarded_by("api_key")
    def view(**path: str) -> Response:
        return serve(parts, rates, operation, path)

    return view
