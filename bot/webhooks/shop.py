"""Webhooks of Shopify and WooCommerce. Only checks and stores: what they mean is worked off elsewhere.

A shop gives us seconds to answer and sends again what fails: so nothing of the payload is read here.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, jsonify, request

from bot.guard import guarded_by
from bot.parts import Parts
from bot.shops import shopify, woocommerce
from context_store.records import ShopDelivery

log = logging.getLogger("hilo.shops")

# An order of a hundred lines is 200 KB, a product of a hundred variants 150 KB.
LARGEST = 2 * 1024 * 1024
LONGEST_ID = 120
LONGEST_TOPIC = 60
TOPICS = {shopify.NAME: frozenset(shopify.TOPICS), woocommerce.NAME: frozenset(woocommerce.TOPICS)}
# What WooCommerce sends first, before it signs anything.
PING = re.compile(rb"^webhook_id=\d{1,18}$")


@dataclass(frozen=True, kw_only=True)
class Surface:
    """How one shop's system signs and names what it sends."""

    shop: str
    setting: str
    signature: str
    topic: str
    delivery_id: str
    # A shop's address, as a domain or a URL.
    source: str


SURFACES = (
    Surface(
        shop=shopify.NAME,
        setting="SHOPIFY_SECRET",
        signature="X-Shopify-Hmac-Sha256",
        topic="X-Shopify-Topic",
        delivery_id="X-Shopify-Webhook-Id",
        source="X-Shopify-Shop-Domain",
    ),
    Surface(
        shop=woocommerce.NAME,
        setting="WOOCOMMERCE_SECRET",
        signature="X-WC-Webhook-Signature",
        topic="X-WC-Webhook-Topic",
        delivery_id="X-WC-Webhook-Delivery-ID",
        source="X-WC-Webhook-Source",
    ),
)


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("shop", __name__)
    surfaces = {surface.shop: surface for surface in SURFACES}
    settings = parts.settings
    secrets = {
        shopify.NAME: settings.shopify_secret,
        woocommerce.NAME: settings.woocommerce_secret,
    }

    @routes.post(f"/shop/<any({', '.join(surfaces)}):shop>")
    @guarded_by("shop")
    def receive(shop: str) -> tuple[Response, int]:
        request.max_content_length = LARGEST
        body, surface = request.get_data(), surfaces[shop]
        if not request.headers.get(surface.signature) and _is_ping(shop, body):
            return jsonify(success=True), 200
        _verify(surface, secrets[shop], body)
        domain = _domain(surface, settings.shop_domains)
        is_new = _store(parts, surface, body, domain)
        return jsonify(success=True, repeated=not is_new), 200

    return routes


def _is_ping(shop: str, body: bytes) -> bool:
    """It stores nothing and tells nothing: who forges it has won nothing."""
    return shop == woocommerce.NAME and PING.match(body) is not None


def _verify(surface: Surface, secrets: Sequence[str], body: bytes) -> None:
    if not secrets:
        abort(401, f"{surface.setting} is not set: nothing can be checked")
    given = _decoded(request.headers.get(surface.signature, ""))
    # Every secret is tried: how long it takes tells nothing of which one is near.
    fits = [
        hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), given) for secret in secrets
    ]
    if not any(fits):
        log.warning(
            "a shop's webhook with a wrong signature", extra={"action": "bad_signature", "shop": surface.shop}
        )
        abort(401, f"the signature in {surface.signature} is not that of the body under {surface.setting}")


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _domain(surface: Surface, allowed: Sequence[str]) -> str | None:
    told = request.headers.get(surface.source, "").strip().casefold()
    domain = told.partition("://")[2].partition("/")[0] or told.partition("/")[0]
    if allowed and domain not in [each.casefold() for each in allowed]:
        abort(403, "this shop is not on the list of SHOP_DOMAINS")
    return domain[:255].replace("\x00", "") or None


def _store(parts: Parts, surface: Surface, body: bytes, domain: str | None) -> bool:
    """Kept before it is answered. False for a repeat."""
    topic = request.headers.get(surface.topic, "").strip()
    if topic not in TOPICS[surface.shop]:
        # Answered politely, or the shop would send it again, and in the end no more at all.
        log.info("a topic that we do not take", extra={"action": "topic_ignored", "shop": surface.shop})
        return True
    delivery_id = request.headers.get(surface.delivery_id, "").strip()
    # Without an id the body itself tells a repeat.
    named = delivery_id if 0 < len(delivery_id) <= LONGEST_ID else hashlib.sha256(body).hexdigest()
    try:
        payload = body.decode("utf-8").replace("\x00", "")
    except UnicodeDecodeError:
        abort(400, "the body is not UTF-8")
    delivery = ShopDelivery(
        shop=surface.shop,
        delivery_id=f"{domain or ''}/{named}"[-LONGEST_ID:],
        topic=topic,
        domain=domain,
        payload=payload,
        received_at=parts.now(),
    )
    with parts.database.write() as uow:
        is_new = uow.shop_deliveries.add(delivery)
        uow.commit()
    return is_new
