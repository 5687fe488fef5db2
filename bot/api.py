"""`/v1` for other systems: the same context of a customer that the bot sees."""

import hmac

from flask import Blueprint, Response, abort, jsonify, request

from bot.facts import Facts
from bot.guard import guarded_by
from bot.parts import Parts
from context_store.records import CustomerId, Identifier, IdentifierKind
from context_store.unit_of_work import UnitOfWork


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("api", __name__)

    @routes.get("/v1/customers/<path:name>/context")
    @guarded_by("api_key")
    def read_context(name: str) -> Response:
        _require_key(parts.settings.api_keys)
        with parts.database.read() as uow:
            customer_id = _find(uow, name)
            customer = uow.customers.person(customer_id) if customer_id else None
            conversation = uow.conversations.get(customer_id) if customer_id else None
            if customer is None or conversation is None:
                abort(404, "nobody is known by that identifier")
            facts = Facts(uow, customer, parts)
            return jsonify(
                id=str(customer.id),
                customer=facts["customer"],
                cart=facts["cart"],
                orders=facts["orders"],
                appointments=facts["appointments"],
                conversation={
                    "controller": conversation.controller.value,
                    "slots": conversation.state.slots,
                    "form": conversation.state.form.name if conversation.state.form else None,
                },
            )

    return routes


def _require_key(keys: tuple[str, ...]) -> None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    is_known = any(hmac.compare_digest(key.encode(), given.encode()) for key in keys)
    if kind.lower() != "bearer" or not is_known:
        abort(401, "send an API key: Authorization: Bearer <key>")


def _find(uow: UnitOfWork, name: str) -> CustomerId | None:
    """`user_id:42`, `phone:+34…`, `email:…`, `anonymous_id:…`."""
    kind, _, value = name.partition(":")
    # PostgreSQL cannot even look for a NUL.
    if kind not in IdentifierKind.__members__.values() or not value or "\x00" in value:
        abort(400, "name the customer as kind:value, for example user_id:42 or phone:+34600000001")
    return uow.customers.find_by(Identifier(kind=IdentifierKind(kind), value=value))
