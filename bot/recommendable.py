"""What could be recommended to a customer, from the shop's facts: few rows, each by an index."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from context_store.records import ConsentStatus, CustomerId, Event, Product, Topic
from context_store.unit_of_work import UnitOfWork
from flows import products, shopping

_PRODUCT: TypeAdapter[Product] = TypeAdapter(Product)
# So long after a bad rating nothing is offered unasked.
UNHAPPY = timedelta(days=7)
REFUSED = (ConsentStatus.OPTED_OUT, ConsentStatus.PAUSED)
OFFERS = (Topic.ALL, Topic.MARKETING)
MOST_BESIDE = 16
MOST_SEEN = 8
MOST_LIKED = 12


def is_open_to_offers(uow: UnitOfWork, customer_id: CustomerId, now: datetime) -> bool:
    """Not who waits for a person, has rated us badly or wants no offers, wherever they said so."""
    refused = (one.topic in OFFERS and one.status in REFUSED for one in uow.consents.current(customer_id))
    return not (
        any(refused)
        or uow.handoffs.open_of(customer_id) is not None
        or uow.surveys.has_bad_since(customer_id, now - UNHAPPY)
    )


def recommendable(uow: UnitOfWork, customer_id: CustomerId, beside: Sequence[str]) -> dict[str, Any]:
    """What went with these products in orders, what is like them, what they saw, what they say they like."""
    named = list(dict.fromkeys(beside))[:MOST_BESIDE]
    seen = _seen(uow.events.newest_named(customer_id, shopping.VIEWED, MOST_SEEN))
    known = {each.product_id: each for each in uow.products.by_ids({*named, *seen})}
    categories = {known[each].category for each in (named or seen) if each in known}
    interests = uow.traits.value(customer_id, "interests")
    liked = uow.products.find(products.beginnings(interests), MOST_LIKED) if interests else []
    return {
        "together": [
            {**_dumped(one), "with": with_id} for with_id, one in uow.recommended.bought_with(named or seen)
        ],
        "alike": [_dumped(one) for one in uow.recommended.of_categories({one for one in categories if one})],
        "seen": [_dumped(known[each]) for each in seen if each in known],
        "liked": [_dumped(one) for one in liked],
        "interests": interests,
    }


def _seen(events: Sequence[Event]) -> list[str]:
    """The ids of what they looked at, newest first."""
    told = (shopping.products_told(event, "EUR") for event in events)
    return list(dict.fromkeys(product.product_id for listed in told for product in listed))


def _dumped(product: Product) -> dict[str, Any]:
    return dict(_PRODUCT.dump_python(product, mode="json"))
