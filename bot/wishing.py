"""Carries out what customers wish about our messages, and keeps what they tell of themselves."""

from dataclasses import replace

from bot.doing import Doing
from context_store.records import Channel, Consent
from flows import effects as wanted
from flows.ledger import CHANNELS, Wished, last_wish, lines_of, undone

FAVOURITE = "channel"
LONGEST_WORDING = 2000
LONGEST_TRAIT = 120


def wish(doing: Doing, effect: wanted.Wish) -> None:
    wording, proof = _words(doing)
    wished = Wished(
        customer_id=doing.context.profile_id,
        wish=effect.wish,
        now=doing.context.now,
        per_week=effect.per_week,
        until=effect.until,
        channel=effect.channel,
        wording=wording,
        proof=proof,
    )
    _add(doing, lines_of(wished, doing.uow.consents.current(wished.customer_id)))
    if effect.channel is not None:
        doing.uow.traits.answer(wished.customer_id, FAVOURITE, effect.channel.value, wished.now)


def undo(doing: Doing, effect: wanted.UndoWish) -> None:
    """The newest wish, if nothing else was said since; else nothing."""
    customer_id, now = doing.context.profile_id, doing.context.now
    ledger = doing.uow.consents.ledger(customer_id)
    newest = last_wish(ledger)
    wording, proof = _words(doing)
    _add(doing, undone(ledger, now, proof, wording))
    if newest and newest[-1].method == "choose_channel":
        doing.uow.traits.answer(customer_id, FAVOURITE, None, now)


def request_erasure(doing: Doing, effect: wanted.RequestErasure) -> None:
    wording, proof = _words(doing)
    doing.uow.erasures.request(doing.context.customer.id, doing.context.now, wording, proof)


def ask_trait(doing: Doing, effect: wanted.AskTrait) -> None:
    doing.uow.traits.ask(doing.context.profile_id, effect.name, doing.context.now)


def keep_trait(doing: Doing, effect: wanted.KeepTrait) -> None:
    context, value = doing.context, effect.value[:LONGEST_TRAIT]
    doing.uow.traits.answer(context.profile_id, effect.name, value, context.now)
    if effect.name != "name":
        return
    # Of the person's profiles, the one that goes by the name is the survivor; alone, it is in hand.
    joined = context.customer.is_joined
    customer = doing.uow.customers.get(context.customer.id) if joined else context.customer
    if customer is not None:
        doing.uow.customers.save(replace(customer, name=value))


def favourite_of(doing: Doing) -> Channel | None:
    """The channel that they chose for what we write unasked."""
    chosen = doing.uow.traits.value(doing.context.customer.id, FAVOURITE)
    return Channel(chosen) if chosen in {channel.value for channel in CHANNELS} else None


def _add(doing: Doing, lines: list[Consent]) -> None:
    for line in lines:
        doing.uow.consents.add(line)


def _words(doing: Doing) -> tuple[str | None, str | None]:
    """What they wrote, and the message that proves it."""
    message = doing.context.messages[-1] if doing.context.messages else None
    return (message.text[:LONGEST_WORDING], str(message.id)) if message else (None, None)
