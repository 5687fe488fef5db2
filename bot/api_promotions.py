"""`/v1/promotions` for other systems: what the bot tells, so that every channel says the same."""

import hmac
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from bot.guard import guarded_by
from bot.parts import Parts
from bot.promotions import as_seen, on_for, promotions_for_anybody
from context_store.records import Customer, Identifier, IdentifierKind, PromotionRecord
from context_store.unit_of_work import UnitOfWork
from flows.promotions import Promotion

LONGEST_NAME = 320


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("api_promotions", __name__)

    @routes.get("/v1/promotions")
    @guarded_by("api_key")
    def list_promotions() -> Response:
        """All that is on; with `customer=kind:value` what is on for them, and their codes."""
        _require_key(parts.settings.api_keys)
        name = request.args.get("customer")
        with parts.database.read() as uow:
            if name is None:
                found = [as_seen_by_all(each) for each in promotions_for_anybody(uow, parts, parts.now())]
            else:
                seen = on_for(uow, parts, _find(uow, name))
                found = [as_told(each) for each in seen]
        return jsonify(promotions=found)

    @routes.post("/v1/promotions/<code>/codes")
    @guarded_by("api_key")
    def give_code(code: str) -> Response:
        """The customer's own code of that promotion: given now, or the one that they have."""
        _require_key(parts.settings.api_keys)
        told = request.get_json(silent=True)
        name = told.get("customer") if isinstance(told, dict) else None
        if not isinstance(name, str):
            abort(400, 'send {"customer": "user_id:42"} as JSON')
        with parts.database.write() as uow:
            given = _given(uow, parts, _find(uow, name), code.upper())
            uow.commit()
        return jsonify(as_told(given))

    return routes


def as_told(promotion: Promotion) -> dict[str, Any]:
    """As JSON. Where the code is theirs alone it is shown once it was given."""
    told = promotion.model_dump(mode="json", exclude={"blocked", "is_given", "unique_of"})
    is_unique = promotion.unique_of is not None
    code = promotion.code if promotion.is_given else None
    return {**told, "promotion": promotion.unique_of or promotion.code, "is_unique": is_unique, "code": code}


def as_seen_by_all(record: PromotionRecord) -> dict[str, Any]:
    seen = as_seen(record, record.code, is_given=False)
    return {**as_told(seen), "audience": record.audience}


def _given(uow: UnitOfWork, parts: Parts, customer: Customer, code: str) -> Promotion:
    found = next((each for each in on_for(uow, parts, customer) if code in (each.unique_of, each.code)), None)
    if found is None:
        abort(404, "there is no promotion of that code for this customer today")
    record = uow.promotions.by_code(found.unique_of) if found.unique_of else None
    if record is not None and not uow.promotions.give(record, customer.id, found.code, parts.now()):
        abort(409, "somebody else was quicker: ask again")
    return found.model_copy(update={"is_given": True})


def _find(uow: UnitOfWork, name: str) -> Customer:
    kind, _, value = name.partition(":")
    # PostgreSQL cannot even look for a NUL.
    is_named = kind in IdentifierKind.__members__.values() and value and "\x00" not in value
    if not is_named or len(name) > LONGEST_NAME:
        abort(400, "name the customer as kind:value, for example user_id:42 or phone:+34600000001")
    customer_id = uow.customers.find_by(Identifier(kind=IdentifierKind(kind), value=value))
    customer = uow.customers.get(customer_id) if customer_id else None
    if customer is None:
        abort(404, "nobody is known by that identifier")
    return customer


def _require_key(keys: tuple[str, ...]) -> None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    is_known = any(hmac.compare_digest(key.encode(), given.encode()) for key in keys)
    if kind.lower() != "bearer" or not is_known:
        abort(401, "send an API key: Authorization: Bearer <key>")
