"""What a thread looks like: messages, days and marks on one line of time. Pure: records in, entries out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from console.attachments import Attachment, attachments
from console.words import Words, shortened
from context_store.records import (
    AgentId,
    Author,
    Direction,
    EnrollmentId,
    EntryAuthor,
    EntryLine,
    Handoff,
    HandoffStatus,
    HandoffStep,
    Location,
    MediaFile,
    Message,
    MessageId,
    MessageStatus,
    StepKind,
    TeamId,
)
from context_store.records import Entry as Elsewhere

LONGEST_TEXT = 5000
A_WHILE = timedelta(minutes=10)
CARRIER_CODE = re.compile(r"\b\d{5}\b")
# How a message that we sent stands, at a glance.
TICKS = {
    MessageStatus.QUEUED: "clock",
    MessageStatus.SENDING: "clock",
    MessageStatus.HELD: "clock",
    MessageStatus.SENT: "tick",
    MessageStatus.DELIVERED: "ticks",
    MessageStatus.READ: "ticks",
}
NOT_SENT = (
    MessageStatus.UNDELIVERED,
    MessageStatus.FAILED,
    MessageStatus.SKIPPED,
    MessageStatus.EXPIRED,
    MessageStatus.CANCELED,
    MessageStatus.UNKNOWN,
    MessageStatus.PARKED,
    MessageStatus.HELD,
)


@dataclass(frozen=True, kw_only=True)
class Said:
    kind: ClassVar[str] = "said"
    key: str
    message: Message
    # Customers write their own names, so this is shown as a stranger's text.
    author: str
    text: str
    hidden_characters: int
    tick: str
    status: str
    # Why it did not arrive, or not yet.
    trouble: str | None
    attachments: tuple[Attachment, ...]
    place: str | None
    # The same author went on by the same channel: their name is not said again.
    goes_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Day:
    kind: ClassVar[str] = "day"
    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something that happened to the thread itself."""

    kind: ClassVar[str] = "mark"
    key: str
    icon: str
    text: str
    note: str | None = None
    # What was said there, with who said it.
    lines: tuple[tuple[str, str], ...] = ()
    at: datetime


Entry = Said | Day | Mark


@dataclass(frozen=True, kw_only=True)
class People:
    """Whose name stands for which id."""

    customer: str
    agents: Mapping[AgentId, str] = field(default_factory=dict)
    journeys: Mapping[EnrollmentId, str] = field(default_factory=dict)
    teams: Mapping[TeamId, str] = field(default_factory=dict)

    def author_of(self, message: Message, words: Words) -> str:
        if message.author is Author.CUSTOMER:
            return self.customer
        if message.author is Author.AGENT:
            return self.agent(message.agent_id, words)
        journey = self.journeys.get(message.enrollment_id) if message.enrollment_id else None
        if message.author is Author.JOURNEY and journey:
            return words.name("journeys", journey)
        return words.name("authors", message.author)

    def agent(self, agent_id: AgentId | None, words: Words) -> str:
        found = self.agents.get(agent_id) if agent_id else None
        return found or words("authors.agent")

    def actor(self, actor: str, words: Words) -> str:
        """Who changed something: a member of staff by name, else the source as it is called."""
        kind, _, named = actor.partition(":")
        if kind != "agent":
            return actor[:40]
        return next((name for one, name in self.agents.items() if str(one) == named), words("authors.agent"))


def entries(
    messages: Sequence[Message],
    marks: Iterable[Mark],
    people: People,
    words: Words,
    files: Mapping[MessageId, Sequence[MediaFile]],
    *,
    has_all: bool = False,
) -> list[Entry]:
    """The newest last; a day's name before what happened on it, marks where their time puts them."""
    said = [
        (message.created_at, shown(message, people, words, files.get(message.id, ()))) for message in messages
    ]
    # Marks before the first message that is shown belong to the older ones.
    since = min((moment for moment, _ in said), default=None)
    shown_marks = [mark for mark in marks if since is None or has_all or mark.at >= since]
    # Messages keep the database's order: only marks are put in by their time.
    return list(_with_days(_merged(said, sorted(shown_marks, key=lambda mark: mark.at)), words))


def shown(message: Message, people: People, words: Words, files: Sequence[MediaFile]) -> Said:
    is_out = message.direction is Direction.OUT
    return Said(
        key=f"message-{message.position}",
        message=message,
        author=people.author_of(message, words),
        text=message.text[:LONGEST_TEXT],
        hidden_characters=max(0, len(message.text) - LONGEST_TEXT),
        tick=TICKS.get(message.status, "alert") if is_out else "",
        status=words.name("status", message.status),
        trouble=trouble_of(message, words) if is_out else None,
        attachments=tuple(attachments(message, files, words)),
        place=place(message.location) if message.location else None,
    )


def trouble_of(message: Message, words: Words) -> str | None:
    """Why it has not arrived, in words; None while nothing is wrong."""
    if message.status not in NOT_SENT:
        return None
    if message.status is MessageStatus.HELD and message.held_until:
        what = words("status.held_until", time=words.short(message.held_until))
    else:
        what = words.name("status", message.status)
    return f"{what}: {reason_in_words(message.reason, words)}" if message.reason else what


def reason_in_words(reason: str, words: Words) -> str:
    code = CARRIER_CODE.search(reason)
    if code and words.has(f"failures.{code.group()}"):
        return f"{words.name('failures', code.group())} ({code.group()})"
    return words.name("policy", reason) if words.has(f"policy.{reason}") else shortened(reason, 200)


def place(location: Location) -> str:
    named = [part for part in (location.label, location.address) if part]
    return shortened(", ".join([*named, f"{location.latitude:.5f}, {location.longitude:.5f}"]), 300)


# How each step of a request is shown; what is taken and asked for comes from the request itself.
STEP_ICONS = {
    StepKind.TAKEN: "hand",
    StepKind.ASSIGNED: "hand",
    StepKind.RELEASED: "back",
    StepKind.TRANSFERRED: "person",
    StepKind.SNOOZED: "clock",
    StepKind.WOKEN: "clock",
    StepKind.LEASE_EXPIRED: "back",
    StepKind.ESCALATED: "alert",
    StepKind.RETURNED_BY_ITSELF: "clock",
}


def marks_of_steps(steps: Sequence[HandoffStep], people: People, words: Words) -> Iterator[Mark]:
    for number, step in enumerate(steps):
        team = people.teams.get(step.to_team_id) if step.to_team_id else None
        to = team or (people.agent(step.to_agent_id, words) if step.to_agent_id else "")
        text = words(
            f"steps.{step.kind.value}",
            name=shortened(people.agent(step.agent_id, words), 40),
            to=shortened(to, 40),
            until=words.short(step.until) if step.until else "",
        )
        yield Mark(
            key=f"step-{step.handoff_id}-{number}",
            icon=STEP_ICONS[step.kind],
            text=text,
            note=step.note,
            at=step.at,
        )


def marks_of(
    handoffs: Iterable[Handoff], people: People, words: Words, steps: Sequence[HandoffStep] = ()
) -> Iterator[Mark]:
    # Requests from before steps were written down have only their own times.
    with_steps = {step.handoff_id for step in steps}
    for handoff in handoffs:
        yield Mark(
            key=f"asked-{handoff.id}",
            icon="person",
            text=words.name("reasons", handoff.reason),
            note=handoff.details,
            at=handoff.requested_at,
        )
        if handoff.assigned_at and handoff.id not in with_steps:
            agent = people.agent(handoff.agent_id, words)
            yield Mark(
                key=f"taken-{handoff.id}",
                icon="hand",
                text=words("marks.assigned", name=shortened(agent, 40)),
                at=handoff.assigned_at,
            )
        if handoff.closed_at:
            is_resolved = handoff.status is HandoffStatus.RESOLVED
            yield Mark(
                key=f"closed-{handoff.id}",
                icon="done" if is_resolved else "back",
                text=words("marks.resolved" if is_resolved else "marks.returned"),
                note=handoff.note,
                at=handoff.closed_at,
            )


def marks_of_entries(told: Iterable[Elsewhere], people: People, words: Words) -> Iterator[Mark]:
    """What happened on other channels, as other systems told it."""
    for entry in told:
        facts = [words.name("entries", entry.channel)]
        facts += [words.name("moods", entry.mood)] if entry.mood else []
        facts += [shortened(part, 80) for part in (entry.subject, entry.outcome) if part]
        yield Mark(
            key=f"entry-{entry.id}",
            icon="list",
            text=" · ".join(facts),
            note=entry.text[:LONGEST_TEXT] or None,
            lines=tuple((_author_of_line(line, people, words), line.text) for line in entry.lines),
            at=entry.occurred_at,
        )


def _author_of_line(line: EntryLine, people: People, words: Words) -> str:
    if line.author is EntryAuthor.CUSTOMER:
        return shortened(line.name or people.customer, 40)
    return shortened(line.name, 40) if line.name else words.name("authors", line.author)


def _merged(said: Sequence[tuple[datetime, Said]], marks: Sequence[Mark]) -> Iterator[tuple[datetime, Entry]]:
    left = list(marks)
    for moment, entry in said:
        while left and left[0].at < moment:
            mark = left.pop(0)
            yield mark.at, mark
        yield moment, entry
    yield from ((mark.at, mark) for mark in left)


def _with_days(dated: Iterable[tuple[datetime, Entry]], words: Words) -> Iterator[Entry]:
    seen: set[str] = set()
    before: Entry | None = None
    for moment, entry in dated:
        day = words.local_day(moment)
        if day not in seen:
            seen.add(day)
            before = Day(key=f"day-{day}", label=words.day(moment, begins=True))
            yield before
        if isinstance(entry, Said) and isinstance(before, Said):
            entry = replace(entry, goes_on=_goes_on(before, entry))
        yield entry
        before = entry


def _goes_on(before: Said, after: Said) -> bool:
    one, two = before.message, after.message
    is_same = (one.author, one.agent_id, one.channel) == (two.author, two.agent_id, two.channel)
    return is_same and before.trouble is None and two.created_at - one.created_at < A_WHILE
