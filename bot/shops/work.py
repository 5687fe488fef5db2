"""Works off what shops' webhooks have brought, in order, each in one transaction.

What fails is tried three times and then set aside for a person (`hilo parked`); a start that ends the
process counts as a try.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.chores import Chore
from bot.erasure import erase
from bot.parts import Parts
from bot.shops import shopify, woocommerce
from bot.shops.keeping import keep
from bot.shops.told import Fields, Privacy, Shop, Told, Untold
from bot.webhooks.newcomers import again_if_just_made
from context_store.records import CustomerId, ShopDelivery

log = logging.getLogger("hilo.shops")

TRANSLATORS: Mapping[str, Callable[[str, Fields, Shop], Told]] = {
    shopify.NAME: shopify.translate,
    woocommerce.NAME: woocommerce.translate,
}
MOST_TRIES = 3
FIRST_PAUSE = 5.0
LEASE_SECONDS = 60.0
# A round ends well before its lease does, however much is left.
MOST_IN_A_ROUND = 500


class Overtaken(Exception):
    """Another process works at it: ours took longer than its lease."""


def work_off(parts: Parts) -> int:
    """What is due, oldest first. Returns how many deliveries were looked at."""
    for done in range(MOST_IN_A_ROUND):
        with parts.database.write() as uow:
            delivery = uow.shop_deliveries.take(LEASE_SECONDS)
            uow.commit()
        if delivery is None:
            return done
        work(parts, delivery)
    return MOST_IN_A_ROUND


def work(parts: Parts, delivery: ShopDelivery) -> None:
    """One delivery that this process has taken."""
    now = parts.now()
    try:
        if delivery.attempt > MOST_TRIES:
            _park(parts, delivery, now, delivery.error or "three tries ended the process")
            return
        told = translated(parts, delivery)
        if told.privacy is Privacy.ERASE and told.buyer is not None:
            _erase(parts, told, now)
        rung = again_if_just_made(lambda: _keep_once(parts, delivery, told, now))
    except Untold as error:
        _park(parts, delivery, now, str(error))
    except Overtaken:
        log.warning("a shop's delivery was taken twice", extra=_extra(delivery, "delivery_overtaken"))
    except Exception as error:
        # Whatever the database or a translator throws: the delivery stays, and is tried again.
        log.exception("a shop's delivery failed", extra=_extra(delivery, "delivery_failed"))
        _fail(parts, delivery, now, error)
    else:
        if rung is not None:
            parts.bell.ring_turns(rung, is_bulk=True)


def translated(parts: Parts, delivery: ShopDelivery) -> Told:
    """Raises `Untold` for a payload that makes no sense."""
    try:
        payload: Any = json.loads(delivery.payload or "")
    except ValueError as error:
        raise Untold("the body is not JSON") from error
    if not isinstance(payload, dict):
        raise Untold("the body is not an object")
    shop = Shop(
        country=parts.settings.default_country,
        currency=parts.settings.currency,
        received_at=delivery.received_at,
    )
    return TRANSLATORS[delivery.shop](delivery.topic, payload, shop)


def _keep_once(parts: Parts, delivery: ShopDelivery, told: Told, now: datetime) -> CustomerId | None:
    with parts.database.write() as uow:
        kept = keep(uow, parts.settings.secret_key, delivery, told, now)
        if kept.waits_for is not None and delivery.attempt < MOST_TRIES:
            uow.rollback()
            uow.shop_deliveries.put_off(delivery, _pause(delivery), kept.waits_for)
        elif not uow.shop_deliveries.finish(delivery, now, kept.waits_for or kept.note):
            # Leaving without a commit undoes all of it.
            raise Overtaken
        uow.commit()
    if kept.note or kept.waits_for:
        log.info(
            "a shop's delivery: %s", kept.waits_for or kept.note, extra=_extra(delivery, "delivery_note")
        )
    return kept.customer_id


def _erase(parts: Parts, told: Told, now: datetime) -> None:
    """All of the person whom the payload names; the strongest identifier that is known decides."""
    if told.buyer is None:
        return
    with parts.database.read() as uow:
        found = [uow.customers.find_by(identifier) for identifier in told.buyer.identifiers]
    customer_id = next((each for each in found if each is not None), None)
    if customer_id is not None:
        erase(parts.database, parts.settings, customer_id, now)


def _fail(parts: Parts, delivery: ShopDelivery, now: datetime, error: Exception) -> None:
    # The type only: its text may quote what somebody typed.
    reason = type(error).__name__
    if delivery.attempt >= MOST_TRIES:
        _park(parts, delivery, now, reason)
        return
    with parts.database.write() as uow:
        uow.shop_deliveries.put_off(delivery, _pause(delivery), reason)
        uow.commit()


def _park(parts: Parts, delivery: ShopDelivery, now: datetime, reason: str) -> None:
    with parts.database.write() as uow:
        uow.shop_deliveries.park(delivery, now, reason)
        uow.commit()
    log.error(
        "a shop's delivery is set aside: %s; see `hilo parked list`",
        reason,
        extra=_extra(delivery, "delivery_parked"),
    )


def _pause(delivery: ShopDelivery) -> float:
    return FIRST_PAUSE * float(4 ** (delivery.attempt - 1))


def _extra(delivery: ShopDelivery, action: str) -> dict[str, Any]:
    return {"action": action, "delivery": delivery.number, "shop": delivery.shop, "topic": delivery.topic}


def _is_any_due(parts: Parts) -> bool:
    with parts.database.read() as uow:
        return uow.shop_deliveries.is_any_due()


SHOPS = Chore(
    name="shops",
    every_seconds=1.0,
    lease_seconds=LEASE_SECONDS,
    do=lambda parts, known_since: _do(parts),
    is_needed=_is_any_due,
)


def _do(parts: Parts) -> None:
    work_off(parts)
