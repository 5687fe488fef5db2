"""ONE input (or a few that belong together), ONE transaction. The heart.

Understanding has come before; sending comes after. In between only SQL happens: read the context, decide,
write the new state and what is to be said, close the input, commit.
"""

import logging
import time
from dataclasses import replace
from datetime import datetime
from enum import Enum

from bot import (
    appointments,
    deeds,
    desk_timers,
    elsewhere,
    loop_guard,
    outreach,
    segments,
    shop_facts,
    surveying,
    tokens,
    wishes,
)
from bot import commands_in_turn as commands
from bot.context import Context
from bot.facts import Facts
from bot.one_at_a_time import OneAtATime
from bot.parts import Parts
from bot.understanding import Understood, to_json, understand_next, understand_within_turn
from context_store import merges
from context_store.inputs import Started
from context_store.records import AddressId, Controller, Customer, CustomerId, Input, InputKind, TimerKind
from context_store.turn_reads import Locked
from context_store.unit_of_work import UnitOfWork
from flows import options
from flows.contact import is_undo
from flows.effects import Outcome
from flows.formats import main_units
from flows.policy import has_opted_out
from flows.situation import Situation
from flows.survey import is_late_answer
from handoff import due
from handoff.rules import Standing, is_about_cart, load_rules, needs_person
from nlu.context_codes import find_code
from nlu.intents import INTENTS
from nlu.parsed import FALLBACK, Parsed

log = logging.getLogger("hilo.turn")

# A customer with an endless row of inputs lets others go first; the sweep or the next ring comes back.
MOST_TURNS_IN_A_ROW = 50
MOST_CRASHES = 3
MOST_FAILURES = 5
FIRST_RETRY_SECONDS = 2.0
# Another process has the conversation: its turn takes milliseconds.
BUSY_TRIES = 5
BUSY_PAUSE = 0.03
# How often a turn may find that what it was about to book is gone.
MOST_OVERTAKEN = 3


class End(Enum):
    TOOK_ONE = "took one"
    TOOK_LAST = "took one, and nothing waited behind it"
    NOTHING_WAITS = "nothing waits"
    BUSY = "another process is at it"
    PASSED_ON = "it is for the thread that they share with another profile"
    FAILED = "it will be tried again"


class Turns:
    """Takes turns for customers; threads may call it for the same customer at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._one_at_a_time = OneAtATime()

    def take(self, customer_id: CustomerId) -> None:
        """Handle what waits for this customer, in order, then ring for the sender."""
        self._one_at_a_time.run(customer_id, lambda: take_turns(self._parts, customer_id))


def take_turns(parts: Parts, customer_id: CustomerId) -> None:
    busy = 0
    for turn in range(MOST_TURNS_IN_A_ROW):
        end = _take_one(parts, customer_id, is_first=turn == 0)
        if end is End.BUSY:
            busy += 1
            if busy > BUSY_TRIES:
                break
            time.sleep(BUSY_PAUSE)
        elif end is not End.TOOK_ONE:
            break
    parts.bell.ring_sender(customer_id)


def _take_one(parts: Parts, customer_id: CustomerId, *, is_first: bool) -> End:
    with parts.watchdog.watch():
        understood = understand_next(parts, customer_id)
    if understood is None:
        return pass_on(parts, customer_id) if is_first else End.NOTHING_WAITS
    try:
        with parts.watchdog.watch(is_suspect=understood.inputs[0].crash_count > 0):
            end = take_turn(parts, customer_id, understood)
    except Exception as error:
        # Whatever a flow, a rule or the database throws: the input stays, first in line, and is tried again.
        parts.metrics.turn_failed()
        log.exception("turn failed", extra={"action": "turn_failed", "input": understood.numbers[0]})
        _note_failure(parts, understood, error)
        return End.FAILED
    return pass_on(parts, customer_id) if end is End.PASSED_ON else end


def pass_on(parts: Parts, customer_id: CustomerId) -> End:
    """Nothing waits under this name: it may wait at whom they are one person with."""
    with parts.database.read() as uow:
        survivor_id = uow.families.survivor(customer_id)
    if survivor_id != customer_id:
        parts.bell.ring_turns(survivor_id)
    return End.NOTHING_WAITS


def take_turn(parts: Parts, customer_id: CustomerId, understood: Understood) -> End:
    """Handle these inputs, if they still wait and nobody else has the conversation."""
    now = parts.now()
    began = time.perf_counter()
    if _is_poison(understood.inputs[0]):
        # Before anything is read: what cannot be read may be the poison.
        return _park(parts, understood.inputs[0], now)
    is_sqlite = parts.database.is_sqlite
    # On SQLite before the turn, whose transaction keeps all others out; else beside it, where its lock
    # keeps others from counting the same start twice.
    started = _stamp(parts, understood) if is_sqlite else None
    with parts.database.write() as uow:
        locked = uow.turn_reads.lock(customer_id, _address_of(understood))
        if locked is None:
            return End.BUSY
        if locked.customer.is_merged:
            # They were joined to somebody while this came in: it is for the thread that both share.
            uow.inputs.move_to_survivor(customer_id)
            uow.commit()
            return End.PASSED_ON
        started = started if is_sqlite else _stamp(parts, understood)
        if started is None:
            # Another process was quicker, between our reading and our lock.
            return End.TOOK_ONE
        if not understood.is_understood:
            understood = understand_within_turn(parts, understood, locked.customer)
        context = _context_of(understood, uow.customers.as_one(locked.customer), locked, started, now)
        if tokens.join_owner(parts, uow, context):
            is_moved = uow.families.survivor(customer_id) != customer_id
            uow.commit()
            return End.PASSED_ON if is_moved else End.TOOK_ONE
        outcome = decide_and_claim(parts, uow, context)
        deeds.carry_out(parts, uow, context, outcome)
        has_news = segments.follow(parts, uow, context)
        if not uow.inputs.close(understood.numbers, now):
            return End.TOOK_ONE
        others = uow.families.of(locked.customer.id)[1:] if locked.customer.is_joined else ()
        uow.commit()
    for other in others:
        # What goes to an address of another profile of theirs waits under that name.
        parts.bell.ring_sender(other)
    parts.metrics.turn_taken([entry.kind for entry in context.inputs], time.perf_counter() - began)
    log.info("turn taken", extra={"action": "turn_taken", "input": understood.numbers[0]})
    return End.TOOK_ONE if understood.has_more or has_news else End.TOOK_LAST


def _stamp(parts: Parts, understood: Understood) -> Started | None:
    return parts.database.stamp_start(understood.numbers[0], to_json(understood))


def _address_of(understood: Understood) -> AddressId | None:
    """Where the newest of the messages came from."""
    last = understood.inputs[-1].message_id
    return understood.messages[last].address_id if last else None


def _park(parts: Parts, entry: Input, now: datetime) -> End:
    with parts.database.write() as uow:
        deeds.park(parts, uow, entry, now)
        uow.commit()
    log.error(
        "an input was set aside: it failed or killed its process too often",
        extra={"action": "input_parked", "input": entry.number},
    )
    return End.TOOK_ONE


def decide_and_claim(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """Decide, and take what only one can have. Whom another was quicker than is answered by the new facts."""
    for _ in range(MOST_OVERTAKEN):
        outcome = decide(parts, uow, context)
        if appointments.claim(uow, context, outcome):
            return outcome
    raise RuntimeError("others were quicker each time")


def decide(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """What this kind of input calls for."""
    head = context.inputs[0]
    if head.kind is InputKind.MESSAGE:
        return decide_message(parts, uow, context)
    if head.kind is InputKind.EVENT:
        return shop_facts.learn(parts, uow, context)
    if "command" in head.payload:
        return _obey(parts, uow, context)
    return _fall_due(parts, uow, context)


def _obey(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """What staff, other systems or we ourselves asked for."""
    match context.inputs[0].payload["command"]:
        case merges.RETELL_CARTS:
            shop_facts.retell_carts(uow, context.customer.id, parts.settings.currency)
            return Outcome(state=context.conversation.state, effects=())
        case commands.STEP_DONE:
            return outreach.go_on(parts, uow, context)
        case elsewhere.TAKE_ENTRY:
            return elsewhere.take_entry(parts, uow, context, situation_of(parts, uow, context))
    return commands.obey(parts, context, situation_of(parts, uow, context))


def _fall_due(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    payload = context.inputs[0].payload
    kind = payload.get("kind")
    if kind == TimerKind.FORM_TIMEOUT:
        if any(timer.key == payload["key"] for timer in uow.timers.waiting(context.customer.id)):
            # They answered between its firing and now, and the form has a new timer.
            return Outcome(state=context.conversation.state, effects=())
        return parts.runner.expire_form(situation_of(parts, uow, context))
    if kind in (TimerKind.SURVEY, TimerKind.SURVEY_REMINDER):
        return surveying.on_timer(context)
    if kind in desk_timers.KINDS:
        return desk_timers.fall_due(parts, uow, context, situation_of(parts, uow, context))
    if kind == TimerKind.JOURNEY_STEP:
        return outreach.go_on(parts, uow, context)
    if appointments.is_reminder(payload):
        return appointments.remind(uow, context)
    raise LookupError(f"nothing is known of a timer of kind {kind!r}")


def decide_message(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """The priorities, from the strongest: a keyword, silence they asked for, a person's turn, the flows."""
    if context.conversation.controller is not Controller.BOT:
        due.customer_wrote(uow, context.customer.id, context.now)
    steps = outreach.after_message(parts, uow, context)
    consents = uow.consents.current(context.customer.id) if context.has_consents else []
    opted_out = context.address is not None and has_opted_out(consents, context.address.channel)
    keyword = wishes.keyword_of(context, opted_out=opted_out)
    if keyword is not None:
        outcome = wishes.answer(keyword, context, parts)
    elif opted_out:
        outcome = Outcome(state=context.conversation.state, effects=())
    elif (code := find_code(context.text)) is not None:
        # Whoever speaks on our side, the proof of who they are counts.
        outcome = tokens.come_over(parts, uow, context, code, situation_of)
        outcome = _and_person(parts, uow, context, outcome)
    elif context.conversation.controller is not Controller.BOT:
        outcome = Outcome(state=context.conversation.state, effects=())
    else:
        situation = situation_of(parts, uow, context)
        # In mid-form the flows judge: a bad rating is an answer there, not a new complaint.
        is_answer = situation.state.form is not None or is_late_answer(situation)
        reason = None if is_answer else reason_for_person(situation)
        if reason is not None:
            outcome = parts.runner.hand_off(situation, reason)
        else:
            outcome = parts.runner.run(situation)
        outcome = wishes.with_language_kept(context, situation.language, outcome)
    outcome = _guarded(parts, context, outcome, is_keyword=keyword is not None)
    return replace(outcome, effects=(*steps, *outcome.effects))


def _and_person(parts: Parts, uow: UnitOfWork, context: Context, outcome: Outcome) -> Outcome:
    """What else they said beside a code may need a person."""
    if context.conversation.controller is not Controller.BOT or context.parsed.intent == FALLBACK:
        return outcome
    situation = replace(situation_of(parts, uow, context), state=outcome.state)
    reason = reason_for_person(situation)
    if reason is None:
        return outcome
    handed = parts.runner.hand_off(situation, reason)
    return replace(handed, effects=(*outcome.effects, *handed.effects))


def reason_for_person(situation: Situation) -> str | None:
    """Why a person must answer. What picks an option says what it means, whatever its words."""
    choice = options.pick(situation.parsed.text, situation.state.last_options, situation.choice)
    if choice is not None or is_undo(situation.parsed.text):
        return None
    cart = situation.facts["cart"] if is_about_cart(situation.parsed) else None
    standing = Standing(
        misses=situation.state.fallbacks_in_a_row,
        cart_total=main_units(cart["total"], cart["currency"]) if cart else None,
    )
    return needs_person(situation.parsed, load_rules(INTENTS), standing)


def _guarded(parts: Parts, context: Context, outcome: Outcome, *, is_keyword: bool) -> Outcome:
    before, settings = context.conversation.state, parts.settings
    counted = loop_guard.limited(
        outcome, before, context.now, most=settings.loop_answers, seconds=settings.loop_seconds
    )
    if counted is not None:
        return counted
    parts.metrics.answer_silenced()
    log.warning(
        "an answer too many: is it a bot that writes?",
        extra={"action": "answer_silenced", "customer_id": str(context.customer.id)},
    )
    return loop_guard.silenced(outcome, before, is_keyword=is_keyword)


def situation_of(parts: Parts, uow: UnitOfWork, context: Context) -> Situation:
    return Situation(
        state=context.conversation.state,
        facts=Facts(uow, context.customer, parts, context),
        parsed=context.parsed,
        language=wishes.language_of(context, parts.settings.default_language),
        channel=deeds.channel_of(context),
        now=context.now,
        choice=context.messages[-1].choice if context.messages else None,
    )


def _is_poison(entry: Input) -> bool:
    return entry.crash_count >= MOST_CRASHES or entry.failed_count >= MOST_FAILURES


def _context_of(
    understood: Understood, customer: Customer, locked: Locked, started: Started, now: datetime
) -> Context:
    inputs = list(understood.inputs)
    return Context(
        customer=customer,
        conversation=locked.conversation,
        inputs=inputs,
        messages=[understood.messages[entry.message_id] for entry in inputs if entry.message_id],
        address=locked.address,
        parsed=understood.parsed or Parsed(text="", intent=FALLBACK, confidence=0.0, language=None),
        now=now,
        # What is asked for on the way is asked of one profile.
        has_consents=started.has_consents or customer.is_joined,
        has_runs=started.has_runs or customer.is_joined,
    )


def _note_failure(parts: Parts, understood: Understood, error: Exception) -> None:
    head = understood.numbers[0]
    with parts.database.write() as uow:
        tries = uow.inputs.fail(head, f"{type(error).__name__}: {error}", FIRST_RETRY_SECONDS)
        uow.commit()
    log.warning("input waits for another try", extra={"action": "input_retry", "input": head, "tries": tries})
