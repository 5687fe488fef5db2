"""May this message go out now? Pure: no clock, no database, no network.

Asked by `bot/sender.py` before each send, and by the pages that preview a journey.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from context_store.records import (
    Address,
    AddressStatus,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    Decision,
    Enrollment,
    EnrollmentStatus,
    Message,
    MessageStatus,
    Purpose,
    RuleAnswer,
    Topic,
    Verdict,
)
from flows.planner import is_window_open
from flows.quiet_hours import Hours, next_allowed, zones_of

FILE = Path(__file__).parent / "policy.yml"
WEEK = timedelta(days=7)
# What nobody asked for: these count, and wait, and need leave.
UNASKED = (Purpose.MARKETING, Purpose.SURVEY)
# What goes out at an hour of our choosing, wished for or not.
PLANNED = (*UNASKED, Purpose.TRANSACTIONAL)
TOPICS = {
    Purpose.MARKETING: Topic.MARKETING,
    Purpose.SURVEY: Topic.SURVEY,
    Purpose.TRANSACTIONAL: Topic.TRANSACTIONAL,
}
# No phone rings at night for these.
QUIET_AT_NIGHT = PLANNED
# A wish about everything that we write unasked: a limit may carry a pause with it, and a pause a limit.
OF_ALL = (ConsentStatus.PAUSED, ConsentStatus.LIMITED)
LOOK_AGAIN = timedelta(minutes=15)
SOON = timedelta(seconds=5)
# An answer that could not go out for so long would only puzzle.
ANSWER_IS_WORTH = timedelta(hours=4)
# A run that is completed was not left: what it still has to say holds.
LEFT = (EnrollmentStatus.EXITED, EnrollmentStatus.EXCLUDED, EnrollmentStatus.FAILED)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The rules' data."""

    weekly_cap: int
    gap: timedelta
    live: timedelta
    hours: Mapping[str, Hours]
    default_timezone: str
    # Millionths of the currency's main unit a day; None: no cap, and nothing is counted.
    spend_cap: int | None = None
    # So long after a contact that went badly nothing is advertised.
    mood: timedelta = timedelta(days=3)

    def hours_in(self, country: str | None) -> Hours:
        return self.hours.get(country or "", self.hours["default"])


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """What the rules may know of the customer. `consents` are the ledger lines that count now."""

    address: Address
    consents: Sequence[Consent]
    timezone: str | None = None
    country: str | None = None
    controller: Controller = Controller.BOT
    # Their newest message on any channel.
    last_inbound_at: datetime | None = None
    # When each unasked message of the last seven days went out, over all channels.
    unasked_at: Sequence[datetime] = ()
    # The journey run that the message belongs to.
    run: Enrollment | None = None
    # Something of theirs waits to be handled and may change everything.
    has_waiting_inputs: bool = False
    # What the day's messages to everybody have cost, as the cap counts it.
    spent: int = 0
    # What became of the message that this one says again on another channel.
    first_try: MessageStatus | None = None
    # When a contact on another channel went badly, if the newest one did.
    unhappy_at: datetime | None = None


Rule = Callable[[Recipient, Message, Limits, datetime], RuleAnswer]


def load_limits(default_timezone: str, spend_cap: int | None = None, path: Path = FILE) -> Limits:
    """Raises when the file is not what it should be."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Limits(
        weekly_cap=int(data["weekly_cap"]),
        gap=timedelta(hours=data["gap_hours"]),
        live=timedelta(minutes=data["live_minutes"]),
        hours={country: _hours(windows) for country, windows in data["quiet_hours"].items()},
        default_timezone=default_timezone,
        spend_cap=spend_cap,
        mood=timedelta(days=data["mood_days"]),
    )


def decide(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> Decision:
    """Ask every rule, keep every answer; the strictest answer is the outcome."""
    answers = tuple(rule(recipient, message, limits, now) for rule in RULES)
    undecided = Decision(
        verdict=Verdict.SEND,
        answers=answers,
        decided_at=now,
        customer_id=message.customer_id,
        message_id=message.id,
    )
    return Decision(**{**vars(undecided), "verdict": undecided.strictest.verdict})


def has_opted_out(consents: Sequence[Consent], channel: Channel) -> bool:
    """Did they say STOP on this channel, and not START since?"""
    line = consent_for(consents, channel, Topic.ALL)
    return line is not None and line.status is ConsentStatus.OPTED_OUT


def consent_for(consents: Sequence[Consent], channel: Channel, topic: Topic) -> Consent | None:
    return next((line for line in consents if line.channel == channel and line.topic == topic), None)


def opted_out(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    # On WhatsApp nobody else confirms a STOP, so our own confirmation must still go out.
    if message.purpose is Purpose.KEYWORD_ANSWER or not has_opted_out(recipient.consents, message.channel):
        return _send("opted_out")
    return _skip("opted_out", "opted out of this channel")


def reachable(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    if recipient.address.status is AddressStatus.REACHABLE:
        return _send("reachable")
    return _skip("reachable", f"unreachable: {recipient.address.reason or 'unknown reason'}")


def still_wanted(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """Has it outlived its purpose, or has its journey been left since it was decided?"""
    if message.expires_at is not None and message.expires_at <= now:
        return _skip("still_wanted", "it has outlived its purpose")
    if message.author is Author.BOT and now - message.created_at > ANSWER_IS_WORTH:
        return _skip("still_wanted", "too late for an answer")
    if recipient.run is not None and recipient.run.status in LEFT:
        return _skip("still_wanted", f"the journey was left: {recipient.run.reason or 'ended'}")
    if message.purpose in PLANNED and recipient.has_waiting_inputs:
        return _hold("still_wanted", "something of theirs is being handled", now + SOON)
    return _send("still_wanted")


def window(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """Outside WhatsApp's 24 hours only an approved template goes out."""
    if message.channel is not Channel.WHATSAPP or message.template is not None:
        return _send("window")
    if is_window_open(recipient.address, now):
        return _send("window")
    return _skip("window", "WhatsApp's 24-hour window has closed")


def consent(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """Writing to us is not consent to marketing; a survey or a notice needs only that they did not refuse."""
    topic = TOPICS.get(message.purpose) if message.purpose else None
    if topic is None:
        return _send("consent")
    pause = consent_for(recipient.consents, message.channel, Topic.ALL)
    if pause is not None and pause.status in OF_ALL and pause.until and pause.until > now:
        return _hold("consent", "they asked for a pause", pause.until)
    line = consent_for(recipient.consents, message.channel, topic)
    if line is not None and line.status is ConsentStatus.PAUSED and line.until and line.until > now:
        return _hold("consent", "they asked for a pause", line.until)
    if line is not None and line.status is ConsentStatus.OPTED_OUT:
        return _skip("consent", f"opted out of {topic.value} on this channel")
    if topic is Topic.MARKETING and (line is None or line.status is ConsentStatus.PAUSED):
        return _skip("consent", "no consent to marketing on this channel")
    return _send("consent")


def with_a_person(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    if message.purpose in UNASKED and recipient.controller is not Controller.BOT:
        return _hold("with_a_person", "a person has the conversation", now + LOOK_AGAIN)
    return _send("with_a_person")


def in_conversation(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    heard = recipient.last_inbound_at
    if message.purpose is Purpose.MARKETING and heard is not None and now - heard < limits.live:
        return _hold("in_conversation", "they are writing with us right now", heard + limits.live)
    return _send("in_conversation")


def in_the_mood(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """Who hung up angry yesterday is not sold anything today."""
    unhappy = recipient.unhappy_at
    if message.purpose is Purpose.MARKETING and unhappy is not None and now < unhappy + limits.mood:
        return _hold("in_the_mood", "a contact on another channel went badly", unhappy + limits.mood)
    return _send("in_the_mood")


def decent_hour(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    if message.purpose not in PLANNED:
        return _send("decent_hour")
    zones = zones_of(recipient.timezone, recipient.country, limits.default_timezone)
    allowed = next_allowed(limits.hours_in(recipient.country), now, zones)
    if allowed is None:
        return _skip("decent_hour", "no hour of the week is allowed there")
    if allowed == now:
        return _send("decent_hour")
    return _hold("decent_hour", "quiet hours where they are", allowed)


def not_too_often(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """The weekly cap over all channels, and the gap since the last one."""
    wished = _wished_cap(recipient, message)
    if message.purpose not in UNASKED or (message.purpose is Purpose.SURVEY and wished is None):
        return _send("not_too_often")
    recent = sorted(moment for moment in recipient.unasked_at if now - moment < WEEK)
    cap = limits.weekly_cap if wished is None else min(wished, limits.weekly_cap)
    if len(recent) >= cap:
        until = recent[len(recent) - cap] + WEEK if cap else now + WEEK
        return _hold("not_too_often", f"{len(recent)} messages in seven days, {cap} are the most", until)
    if message.purpose is Purpose.MARKETING and recent and now - recent[-1] < limits.gap:
        return _hold("not_too_often", "the last one was not long ago", recent[-1] + limits.gap)
    return _send("not_too_often")


def not_doubled(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """A second try elsewhere is over when the first one has arrived after all."""
    if recipient.first_try in (MessageStatus.DELIVERED, MessageStatus.READ):
        return _skip("not_doubled", "the first try has arrived after all")
    return _send("not_doubled")


def within_budget(recipient: Recipient, message: Message, limits: Limits, now: datetime) -> RuleAnswer:
    """The day's money. A person's words and the answer to STOP go out whatever they cost."""
    if limits.spend_cap is None or recipient.spent < limits.spend_cap:
        return _send("within_budget")
    # HELP may be asked for without end; whoever has said STOP is told so.
    is_stop = message.purpose is Purpose.KEYWORD_ANSWER and has_opted_out(recipient.consents, message.channel)
    if message.author is Author.AGENT or is_stop:
        return _send("within_budget")
    return _hold("within_budget", "the day's money is spent", next_day(now, limits.default_timezone))


RULES: tuple[Rule, ...] = (
    opted_out,
    reachable,
    not_doubled,
    within_budget,
    still_wanted,
    window,
    consent,
    with_a_person,
    in_conversation,
    in_the_mood,
    decent_hour,
    not_too_often,
)


def day_of(now: datetime, timezone: str) -> date:
    """The shop's day, by which money is counted."""
    return now.astimezone(ZoneInfo(timezone)).date()


def next_day(now: datetime, timezone: str) -> datetime:
    zone = ZoneInfo(timezone)
    tomorrow = day_of(now, timezone) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _wished_cap(recipient: Recipient, message: Message) -> int | None:
    """The most a week that the customer wants; None when they never said."""
    about_all = consent_for(recipient.consents, message.channel, Topic.ALL)
    about_this = consent_for(recipient.consents, message.channel, Topic.MARKETING)
    limits = [about_all.per_week] if about_all is not None and about_all.status in OF_ALL else []
    if about_this is not None and about_this.status is ConsentStatus.LIMITED:
        limits.append(about_this.per_week)
    return min((limit for limit in limits if limit is not None), default=None)


def _hours(windows: Mapping[str, Any]) -> Hours:
    return Hours(
        windows={
            int(day): (time.fromisoformat(start), time.fromisoformat(end))
            for days, (start, end) in windows.items()
            for day in days.split(",")
        }
    )


def _send(rule: str) -> RuleAnswer:
    return RuleAnswer(rule=rule, verdict=Verdict.SEND)


def _hold(rule: str, reason: str, until: datetime) -> RuleAnswer:
    return RuleAnswer(rule=rule, verdict=Verdict.HOLD, reason=reason, until=until)


def _skip(rule: str, reason: str) -> RuleAnswer:
    return RuleAnswer(rule=rule, verdict=Verdict.SKIP, reason=reason)
