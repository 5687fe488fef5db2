"""What was begun on another channel goes on here: a form with its slots, the cart, and the tone.

Nothing that came from elsewhere is believed unseen: each slot is judged by its form as an answer would be,
and a form is never submitted by it alone, the last question stays for the customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from context_store.records import Channel, RunningForm
from flows import forms
from flows.effects import Say
from flows.registry import FORMS, INTENTS
from flows.slots import ENTITY_FOR_SLOT
from flows.sprint import Sprint
from nlu.parsed import Entity, Parsed

# What other systems call it -> our form.
FLOWS = {
    "delivery": "delivery_form",
    "booking": "booking_form",
    "return": "return_form",
    "cart": "cart_form",
}
# A yes that was given elsewhere is none to us.
NEVER_TAKEN = frozenset(("booking_ok", "unbooking_ok"))
UNHAPPY_CONTACT = "unhappy_contact"
LONGEST_SAID = 300

TOPICS = {
    "delivery_form": {"es": "la entrega", "en": "your delivery", "pt": "a entrega"},
    "booking_form": {"es": "tu cita", "en": "your appointment", "pt": "o seu agendamento"},
    "return_form": {"es": "tu devolución", "en": "your return", "pt": "a sua devolução"},
    "cart_form": {"es": "tu carrito", "en": "your cart", "pt": "o seu carrinho"},
}
PLACES = {
    Channel.WEB: {"es": "en la web", "en": "on the web", "pt": "no site"},
    Channel.APP: {"es": "en la app", "en": "in the app", "pt": "no app"},
    Channel.CALL: {"es": "por teléfono", "en": "on the phone", "pt": "por telefone"},
    Channel.EMAIL: {"es": "por correo", "en": "by e-mail", "pt": "por e-mail"},
    Channel.STORE: {"es": "en la tienda", "en": "in the shop", "pt": "na loja"},
}
CONTACTS = {
    Channel.WEB: {
        "es": "nuestra charla en la web",
        "en": "our chat on the web",
        "pt": "nossa conversa no site",
    },
    Channel.APP: {
        "es": "nuestra charla en la app",
        "en": "our chat in the app",
        "pt": "nossa conversa no app",
    },
    Channel.CALL: {"es": "nuestra llamada", "en": "our call", "pt": "nossa ligação"},
    Channel.EMAIL: {
        "es": "nuestra respuesta por correo",
        "en": "our answer by e-mail",
        "pt": "nossa resposta por e-mail",
    },
    Channel.STORE: {"es": "tu visita a la tienda", "en": "your visit to the shop", "pt": "sua visita à loja"},
}
DAYS_AGO = (
    {"es": "de hoy", "en": "today", "pt": "de hoje"},
    {"es": "de ayer", "en": "yesterday", "pt": "de ontem"},
    {"es": "de hace unos días", "en": "a few days ago", "pt": "de alguns dias atrás"},
)
# Why a code is worth nothing -> what is said.
PROBLEMS = {
    "unknown": "utter_code_unknown",
    "used": "utter_code_used",
    "expired": "utter_code_expired",
    "not_yours": "utter_code_not_yours",
    "too_many": "utter_code_too_many",
}


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A form that was begun on another channel, by a name of `FLOWS`, with what was said there."""

    flow: str
    channel: Channel
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody came over with a code; `problem` says why it is worth nothing."""

    channel: Channel
    begun: Begun | None = None
    problem: str | None = None


def seed(sprint: Sprint, begun: Begun) -> bool:
    """Open the form as if they had asked for it here and named all that. False where it cannot be begun."""
    form = FORMS[FLOWS[begun.flow]]
    said = {name: value for name, value in _said(begun).items() if name not in NEVER_TAKEN}
    given = [slot for slot in form.slots if forms.chosen(said, slot) is not None]
    before = sprint.bookmark()
    # What is complete would be submitted by its opening: the last answer is asked for again then.
    for kept in range(len(given), -1, -1):
        left_out = set(given[kept:])
        _open(
            sprint, form.intent, {name: value for name, value in said.items() if _slot(name) not in left_out}
        )
        if sprint.state.form is not None and sprint.state.form.name == form.name:
            sprint.state = replace(
                sprint.state, form=replace(sprint.state.form, begun_on=begun.channel.value)
            )
            return True
        sprint.return_to(before)
    return False


def take_over(sprint: Sprint, begun: Begun) -> None:
    """The same without a word: it waits to be gone on with when they write next."""
    before = sprint.bookmark()
    was_open = sprint.state.form
    if not seed(sprint, begun) or sprint.state.form is None:
        return
    seeded = sprint.state.form
    aside = tuple(form for form in sprint.state.interrupted if was_open is None or form.name != was_open.name)
    waiting = (*aside, replace(seeded, failed_answers=0))[-forms.MOST_INTERRUPTED :]
    state = replace(sprint.state, form=was_open, interrupted=waiting, last_options=before.state.last_options)
    if was_open is not None and was_open.name == seeded.name:
        state = replace(state, form=replace(seeded, begun_on=None), interrupted=aside)
    sprint.return_to(before)
    sprint.state = state


def goes_on_here(sprint: Sprint, intent: str | None) -> bool:
    """Was something begun elsewhere, and do their words leave room for it?"""
    interrupted = sprint.state.interrupted
    is_waiting = (
        bool(interrupted) and interrupted[-1].begun_on is not None and not interrupted[-1].was_offered
    )
    return is_waiting and intent in (None, "greet", "resume", "affirm")


def go_on(sprint: Sprint, intent: str | None) -> None:
    """Say what it is about and ask on. Words that nobody understands may be the answer already."""
    form = sprint.take_up()
    say_topic(sprint, form)
    form = replace(form, begun_on=None)
    sprint.state = replace(sprint.state, form=form)
    slot = forms.missing(sprint, form)
    if intent is None and slot is not None:
        said = forms.candidate(sprint.situation.parsed, slot)
        if forms.try_fill(sprint, form, slot, said):
            form = forms.with_answer(form, slot)
    forms.go_on(sprint, form)


def say_topic(sprint: Sprint, form: RunningForm) -> None:
    if form.begun_on is None or form.name not in TOPICS:
        return
    place = PLACES[Channel(form.begun_on)][sprint.language]
    sprint.say("utter_we_go_on", topic=TOPICS[form.name][sprint.language], place=place)


def arrive(sprint: Sprint, arrival: Arrival) -> None:
    """The answer to a code: their cart, and the question that was open there."""
    if arrival.problem is not None:
        sprint.say(PROBLEMS[arrival.problem])
        return
    sprint.say("utter_came_over", place=PLACES[arrival.channel][sprint.language])
    cart = sprint.situation.facts["cart"]
    if cart and cart["items"]:
        sprint.play("action_see_cart")
    if arrival.begun is None:
        if not (cart and cart["items"]):
            sprint.say("utter_menu")
        return
    begins = len(sprint.effects)
    if seed(sprint, arrival.begun) and sprint.state.form is not None:
        questions, sprint.effects = sprint.effects[begins:], sprint.effects[:begins]
        form = sprint.state.form
        say_topic(sprint, form)
        # What the form's beginning says of itself has been said elsewhere; its question has not.
        sprint.effects += [one for one in questions if not isinstance(one, Say) or one.asks]
        sprint.state = replace(sprint.state, form=replace(form, begun_on=None))


def acknowledge(sprint: Sprint) -> None:
    """Once, before anything else is said: what went badly on another channel."""
    kept = sprint.slot(UNHAPPY_CONTACT)
    if not isinstance(kept, dict) or sprint.state.form is not None:
        return
    sprint.set_slot(UNHAPPY_CONTACT, None)
    now = sprint.situation.now
    if now >= datetime.fromisoformat(kept["until"]):
        return
    zone = ZoneInfo(sprint.situation.facts["shop"].get("timezone") or "UTC")
    happened = datetime.fromisoformat(kept["at"]).astimezone(zone).date()
    days = max(0, (now.astimezone(zone).date() - happened).days)
    contact = CONTACTS[Channel(kept["channel"])][sprint.language]
    when = DAYS_AGO[min(days, len(DAYS_AGO) - 1)][sprint.language]
    sprint.say("utter_sorry_about", contact=f"{contact} {when}")


def _open(sprint: Sprint, intent: str, said: Mapping[str, str]) -> None:
    entities = tuple(Entity(name=name, value=value, start=0, end=0) for name, value in said.items())
    parsed = Parsed(text="", intent=intent, confidence=1.0, language=None, entities=entities)
    heard = sprint.situation
    sprint.situation = replace(heard, parsed=parsed)
    sprint.has_answered = False
    sprint.play(INTENTS[intent])
    sprint.situation = heard


def _said(begun: Begun) -> dict[str, str]:
    """Under our slots' names and under those of the entities that stand for them."""
    said = {
        name: str(value)[:LONGEST_SAID]
        for name, value in begun.slots.items()
        if value is not None and not isinstance(value, bool)
    }
    named = {ENTITY_FOR_SLOT[name]: value for name, value in said.items() if name in ENTITY_FOR_SLOT}
    return {**named, **said}


def _slot(name: str) -> str:
    """The slot that an entity stands for."""
    return next((slot for slot, entity in ENTITY_FOR_SLOT.items() if entity == name), name)
