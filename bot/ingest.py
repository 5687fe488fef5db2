"""Messages of the tracking API are put down once: people, events, what waits for a turn, and the counts.

However many come together, they are one transaction and a handful of statements. What comes of them is the
turn's business.
"""

import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from bot.parts import Parts
from bot.persons import buried, resolve_told, without_erased
from bot.webhooks.newcomers import again_if_just_made
from bot.webhooks.segment import Call, country_of, identifiers_of, occurred_at
from context_store.identity import Person, resolve_alias, resolve_person
from context_store.records import (
    CustomerId,
    Event,
    EventId,
    FaultKind,
    Identifier,
    IdentifierKind,
    Misfit,
    RejectedEvent,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.data_quality import REJECTED, REPEATED, Arrival, measures
from flows.shopping import cart_key_of
from flows.tracking_plan import Fault

log = logging.getLogger("hilo.events")

LARGEST_MESSAGE = 32 * 1024
LARGEST_BATCH = 500 * 1024
MOST_IN_A_BATCH = 1000
# Of what was rejected: so many of a request, and so much of each.
MOST_KEPT_REJECTED = 20
LONGEST_BODY = 2_000
# Kept as they are: nothing of the customer's cart, orders or journeys follows from them.
WITHOUT_A_TURN = frozenset(("page", "screen", "group", "alias"))
# Names that no plan knows are made up by whoever sends: so many of them are counted by themselves.
MOST_UNPLANNED = 200
OTHER = "(other)"
# How often the sample of one kind of misfit is written anew.
SAMPLE_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message that can be taken."""

    call: Call
    identifiers: tuple[Identifier, ...]
    name: str
    faults: Sequence[Fault]


@dataclass
class Ingest:
    """Takes messages for one process; remembers what it has counted and sampled lately."""

    parts: Parts
    _unplanned: set[str] = field(default_factory=set)
    _sampled: dict[tuple[str, str, str, str], datetime] = field(default_factory=dict)

    def take(self, source: str, members: Sequence[Any], sent_at: Any) -> dict[int, str]:
        """Keep what can be kept. What is wrong with the others, in words, by their place."""
        now = self.parts.now()
        sent: list[Sent] = []
        problems: dict[int, str] = {}
        for index, member in enumerate(members):
            checked = self._check(member, sent_at)
            if isinstance(checked, str):
                problems[index] = checked
            else:
                sent.append(checked)
        refused = [rejection(source, members[index], why, now) for index, why in problems.items()]
        customers = again_if_just_made(lambda: self._store(source, sent, refused, now))
        for customer_id in customers:
            self.parts.bell.ring_turns(customer_id, is_bulk=True)
        if problems:
            log.warning("%s messages rejected", len(problems), extra={"action": "events_rejected"})
        return problems

    def _check(self, member: Any, sent_at: Any) -> Sent | str:
        if not isinstance(member, dict):
            return "not an object"
        if len(to_json(member)) > LARGEST_MESSAGE:
            return f"larger than {LARGEST_MESSAGE} bytes"
        try:
            call = Call.model_validate(member if "sentAt" in member else {**member, "sentAt": sent_at})
        except ValidationError as error:
            return in_words(error)
        name = call.kept_as
        # Pages, groups and aliases are no events of a plan.
        faults = () if call.type in WITHOUT_A_TURN else self.parts.plan.faults(name, call.facts)
        return Sent(call=call, identifiers=identifiers_of(call), name=name, faults=faults)

    def _store(
        self, source: str, sent: Sequence[Sent], refused: Sequence[RejectedEvent], now: datetime
    ) -> set[CustomerId]:
        """One transaction. Whose turn it is then."""
        with self.parts.database.write() as uow:
            people = People(uow, source, sent, now, self.parts.settings.secret_key)
            sent, events = self._events(uow, people, source, sent, now)
            new = uow.events.add_all(events)
            standing = uow.known_people.standing(event.customer_id for event in events)
            waiting: dict[CustomerId, list[EventId]] = {}
            for event, one in zip(events, sent, strict=True):
                if event.id in new and one.call.type not in WITHOUT_A_TURN:
                    # Whoever is one person has one thread.
                    survivor_id = standing[event.customer_id].survivor_id
                    waiting.setdefault(survivor_id, []).append(event.id)
            uow.inputs.add_events(waiting, now)
            uow.tracking.reject(refused[:MOST_KEPT_REJECTED])
            uow.tracking.note_misfits(self._misfits(source, sent, now))
            matched = {one for one in people.known_before if one in standing and standing[one].is_reachable}
            counts = self._counts(source, zip(events, sent, strict=True), new, matched)
            if refused:
                counts[source, "", REJECTED] += len(refused)
            # Last, so that nobody waits for these rows longer than the commit takes.
            uow.tracking.count(counts, now, threading.get_ident())
            uow.commit()
        return set(waiting)

    def _events(
        self, uow: UnitOfWork, people: "People", source: str, sent: Sequence[Sent], now: datetime
    ) -> tuple[list[Sent], list[Event]]:
        """What may be kept, and as what: nothing of people who were erased, also while we are at it."""
        named = [(one, customer_id) for one in sent if (customer_id := people.of(one)) is not None]
        erased = uow.erasing.erased_among(customer_id for _, customer_id in named)
        living = [(one, customer_id) for one, customer_id in named if customer_id not in erased]
        events = [_event(source, one, customer_id, now) for one, customer_id in living]
        return [one for one, _ in living], events

    def _counts(
        self,
        source: str,
        kept: Iterator[tuple[Event, Sent]],
        new: set[EventId],
        matched: set[CustomerId],
    ) -> Counter[tuple[str, str, str]]:
        late_after = timedelta(minutes=self.parts.settings.event_late_minutes)
        counts: Counter[tuple[str, str, str]] = Counter()
        for event, one in kept:
            name = self._counted_as(one)
            if event.id not in new:
                counts[source, name, REPEATED] += 1
                continue
            arrival = Arrival(
                event=name,
                properties=event.properties,
                faults=one.faults,
                delay=event.received_at - event.occurred_at,
                is_matched=event.customer_id in matched,
            )
            for measure in measures(self.parts.plan, arrival, late_after):
                counts[source, name, measure] += 1
        return counts

    def _counted_as(self, one: Sent) -> str:
        if not any(fault.kind is FaultKind.UNPLANNED for fault in one.faults):
            return one.name
        if one.name not in self._unplanned and len(self._unplanned) >= MOST_UNPLANNED:
            return OTHER
        self._unplanned.add(one.name)
        return one.name

    def _misfits(self, source: str, sent: Sequence[Sent], now: datetime) -> list[Misfit]:
        """Samples of what does not fit, of each kind now and then."""
        found: dict[tuple[str, str, str, str], Misfit] = {}
        for one in sent:
            name = self._counted_as(one)
            for fault in one.faults:
                key = (source, name, fault.kind.value, fault.name[:120])
                if now - self._sampled.get(key, now - SAMPLE_PAUSE) < SAMPLE_PAUSE or key in found:
                    continue
                found[key] = Misfit(
                    source=source,
                    event=name,
                    fault=fault.kind,
                    property=fault.name[:120],
                    sample=fault.sample,
                    first_at=now,
                    last_at=now,
                )
        self._sampled.update(dict.fromkeys(found, now))
        return list(found.values())


class People:
    """Whom the messages of one transaction name: in a few queries whom we know, else one by one."""

    def __init__(
        self, uow: UnitOfWork, source: str, sent: Sequence[Sent], now: datetime, secret_key: str
    ) -> None:
        self._uow = uow
        self._source = source
        self._now = now
        self._secret_key = secret_key
        self._known: Mapping[Identifier, CustomerId] = uow.known_people.of(
            identifier for one in sent for identifier in one.identifiers
        )
        self._resolved: dict[tuple[Identifier, ...], CustomerId] = {}
        # Who were customers before these messages came.
        self.known_before = set(self._known.values())
        self._graves = buried(uow, secret_key, {each for one in sent for each in one.identifiers})

    def of(self, one: Sent) -> CustomerId | None:
        """None for somebody who was erased."""
        happened_at = occurred_at(one.call, self._now)
        if self._graves.intersection(one.identifiers):
            if one.call.type != "alias":
                person = self._person(one)
                return resolve_told(self._uow, self._secret_key, person, self._now, happened_at)
            living = without_erased(self._uow, self._secret_key, one.identifiers, happened_at)
            if len(living) < len(one.identifiers):
                return None
        if one.call.type == "alias":
            # From here on the names stand for somebody else, perhaps.
            self._resolved.clear()
            return resolve_alias(
                self._uow.customers,
                str(one.call.previous_id),
                str(one.call.user_id),
                self._source,
                self._now,
            )
        found = {self._known.get(identifier) for identifier in one.identifiers}
        if len(found) == 1 and None not in found and not _has_phone(one):
            return found.pop()
        if one.identifiers not in self._resolved:
            self._resolved[one.identifiers] = resolve_person(
                self._uow.customers, self._person(one), self._now
            )
        return self._resolved[one.identifiers]

    def _person(self, one: Sent) -> Person:
        return Person(
            identifiers=one.identifiers,
            source=self._source,
            name=one.call.persons_name,
            country=country_of(one.call),
        )


def _has_phone(one: Sent) -> bool:
    """It may bring addresses to write to."""
    return any(identifier.kind is IdentifierKind.PHONE for identifier in one.identifiers)


def _event(source: str, one: Sent, customer_id: CustomerId, now: datetime) -> Event:
    facts = one.call.facts
    return Event(
        id=EventId(new_id()),
        customer_id=customer_id,
        source=source,
        message_id=one.call.message_id or str(new_id()),
        name=one.name,
        properties=facts,
        cart_key=cart_key_of(one.name, facts) if one.call.type == "track" else None,
        occurred_at=occurred_at(one.call, now),
        received_at=now,
        misfits=tuple(fault.mark[:140] for fault in one.faults[:20]) or None,
    )


def rejection(source: str, member: Any, why: str, now: datetime) -> RejectedEvent:
    told = member if isinstance(member, dict) else {}
    message_id, name = told.get("messageId"), told.get("event") or told.get("type")
    return RejectedEvent(
        source=source,
        message_id=str(message_id)[:120] if message_id else None,
        event=str(name)[:120] if name else None,
        reason=why[:300],
        body=json.dumps(member, ensure_ascii=False)[:LONGEST_BODY],
        received_at=now,
    )


def in_words(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    message = str(fault["msg"]).removeprefix("Value error, ")
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {message}" if place else message
