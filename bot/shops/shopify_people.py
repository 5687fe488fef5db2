"""What Shopify knows of a customer: traits, and what they agreed to. Pure."""

from bot.shops.told import (
    Fields,
    Shop,
    ToldConsent,
    ToldEvent,
    bare,
    country,
    first_moment,
    full_name,
    language,
    moment,
    part,
    state_event,
    word,
)
from context_store.records import Channel, ConsentStatus

# The states in which somebody has decided; the others (pending, not_subscribed …) say nothing.
DECIDED = {"subscribed": ConsentStatus.OPTED_IN, "unsubscribed": ConsentStatus.OPTED_OUT}
CONSENTS = {
    "email_marketing_consent": Channel.EMAIL,
    "sms_marketing_consent": Channel.SMS,
}


def traits_event(payload: Fields, shop: Shop, key: str) -> ToldEvent:
    home = part(payload, "default_address")
    at = first_moment(payload, ("updated_at", "created_at"), shop.received_at)
    traits = {
        "name": full_name(payload, home),
        "email": word(payload.get("email")),
        "language": language(payload.get("locale") or payload.get("customer_locale")),
        "country": country(home.get("country_code")),
        "tags": word(payload.get("tags"), 300),
    }
    return state_event("identify", key, bare(traits), at)


def consents_of(person: Fields) -> tuple[ToldConsent, ...]:
    """Only what they decided themselves, with its own time: without one it proves nothing."""
    found = []
    for name, channel in CONSENTS.items():
        told = part(person, name)
        status, at = DECIDED.get(str(told.get("state"))), moment(told.get("consent_updated_at"))
        if status is None or at is None:
            continue
        level = word(told.get("opt_in_level"), 60) or "unknown"
        source = word(told.get("consent_collected_from"), 60)
        found.append(
            ToldConsent(
                channel=channel,
                status=status,
                at=at,
                wording=f"Shopify: {told.get('state')}, {level}{f', from {source}' if source else ''}",
                proof=f"shopify customer {word(person.get('id'))} {name} {at.isoformat()}"[:200],
            )
        )
    return tuple(found)
