"""Each rule of the contact policy: when it lets go, when it holds and until when, when it says no."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from context_store.records import (
    Address,
    AddressId,
    AddressStatus,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    CustomerId,
    Direction,
    Enrollment,
    EnrollmentId,
    EnrollmentStatus,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    TemplateUse,
    Topic,
    Verdict,
)
from flows.policy import Recipient, decide, load_limits

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # Monday, 12:00 in Madrid
CUSTOMER = CustomerId(uuid4())
LIMITS = load_limits("Europe/Madrid")


def consent(status: ConsentStatus, topic: Topic = Topic.MARKETING, **more: object) -> Consent:
    line = Consent(
        customer_id=CUSTOMER,
        channel=Channel.WHATSAPP,
        topic=topic,
        status=status,
        method="form",
        created_at=NOW,
    )
    return replace(line, **more)  # type: ignore[arg-type]


def recipient(**changes: object) -> Recipient:
    address = Address(
        id=AddressId(uuid4()),
        customer_id=CUSTOMER,
        channel=Channel.WHATSAPP,
        value="+34600000001",
        last_inbound_at=NOW - timedelta(hours=3),
    )
    who = Recipient(
        address=address,
        consents=[consent(ConsentStatus.OPTED_IN)],
        country="ES",
        timezone="Europe/Madrid",
        last_inbound_at=NOW - timedelta(hours=3),
    )
    return replace(who, **changes)  # type: ignore[arg-type]


def message(purpose: Purpose = Purpose.MARKETING, **changes: Any) -> Message:
    one = Message(
        id=MessageId(uuid4()),
        customer_id=CUSTOMER,
        address_id=None,
        channel=Channel.WHATSAPP,
        direction=Direction.OUT,
        author=Author.JOURNEY,
        purpose=purpose,
        status=MessageStatus.QUEUED,
        created_at=NOW,
    )
    return replace(one, **changes)


def run(status: EnrollmentStatus) -> Enrollment:
    return Enrollment(
        id=EnrollmentId(uuid4()),
        customer_id=CUSTOMER,
        journey="abandoned_cart",
        version=1,
        entry_key="c1",
        status=status,
        reason="event: Order Completed",
        entered_at=NOW,
        updated_at=NOW,
    )


def test_a_welcome_message_at_a_decent_hour_goes_out() -> None:
    decision = decide(recipient(), message(), LIMITS, NOW)
    assert decision.verdict is Verdict.SEND
    assert len(decision.answers) == 12, "every rule is asked, and its answer kept"


NO: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("opted_out", {"consents": [consent(ConsentStatus.OPTED_OUT, Topic.ALL)]}, {}),
    ("consent", {"consents": []}, {}),
    ("consent", {"consents": [consent(ConsentStatus.OPTED_OUT)]}, {}),
    # Coming back from STOP is not asking for offers.
    ("consent", {"consents": [consent(ConsentStatus.OPTED_IN, Topic.ALL)]}, {}),
    ("still_wanted", {}, {"expires_at": NOW}),
    ("still_wanted", {}, {"author": Author.BOT, "created_at": NOW - timedelta(hours=5)}),
    ("not_doubled", {"first_try": MessageStatus.DELIVERED}, {}),
    ("not_doubled", {"first_try": MessageStatus.READ}, {}),
    ("still_wanted", {"run": run(EnrollmentStatus.EXITED)}, {}),
]


@pytest.mark.parametrize(("rule", "who", "what"), NO)
def test_it_says_no(rule: str, who: dict[str, Any], what: dict[str, Any]) -> None:
    decision = decide(recipient(**who), message(**what), LIMITS, NOW)
    assert decision.verdict is Verdict.SKIP
    assert decision.strictest.rule == rule
    assert decision.strictest.reason


def test_the_days_money_holds_everything_but_a_persons_words_and_the_answer_to_stop() -> None:
    limits = replace(LIMITS, spend_cap=1_000_000)
    rich, poor = recipient(spent=999_999), recipient(spent=1_000_000)
    for one in (message(), message(Purpose.REPLY, author=Author.BOT)):
        assert decide(rich, one, limits, NOW).verdict is Verdict.SEND
        held = decide(poor, one, limits, NOW)
        assert (held.verdict, held.until) == (Verdict.HOLD, datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    assert decide(poor, message(Purpose.REPLY, author=Author.AGENT), limits, NOW).verdict is Verdict.SEND
    # Whoever asks for help is told the like; who has said STOP is told so whatever it costs.
    keyword = message(Purpose.KEYWORD_ANSWER, author=Author.BOT)
    assert decide(poor, keyword, limits, NOW).verdict is Verdict.HOLD
    stopped = replace(poor, consents=[consent(ConsentStatus.OPTED_OUT, Topic.ALL)])
    assert decide(stopped, keyword, limits, NOW).verdict is Verdict.SEND


HOLDS = [
    ("with_a_person", {"controller": Controller.AGENT}, NOW, NOW + timedelta(minutes=15)),
    ("in_conversation", {"last_inbound_at": NOW - timedelta(minutes=4)}, NOW, NOW + timedelta(minutes=6)),
    ("in_the_mood", {"unhappy_at": NOW - timedelta(days=1)}, NOW, NOW + timedelta(days=2)),
    ("not_too_often", {"unasked_at": [NOW - timedelta(hours=4)]}, NOW, NOW + timedelta(hours=20)),
    (
        "not_too_often",
        {"unasked_at": [NOW - timedelta(days=days) for days in (6, 5, 4, 2)]},
        NOW,
        NOW + timedelta(days=1),
    ),
    # 22:00 in Madrid: tomorrow at nine there.
    (
        "decent_hour",
        {},
        datetime(2026, 11, 23, 21, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    ),
    # Sunday, in a country that has no rule of its own: Monday at nine.
    (
        "decent_hour",
        {"country": "FR"},
        datetime(2026, 11, 22, 11, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    ),
    (
        "consent",
        {"consents": [consent(ConsentStatus.PAUSED, until=NOW + timedelta(days=14))]},
        NOW,
        NOW + timedelta(days=14),
    ),
    ("still_wanted", {"has_waiting_inputs": True}, NOW, NOW + timedelta(seconds=5)),
]


@pytest.mark.parametrize(("rule", "who", "now", "until"), HOLDS)
def test_it_holds_until(rule: str, who: dict[str, object], now: datetime, until: datetime) -> None:
    address = replace(recipient().address, last_inbound_at=now)
    quiet_since = {"address": address, "last_inbound_at": now - timedelta(hours=3)}
    decision = decide(recipient(**{**quiet_since, **who}), message(), LIMITS, now)
    assert decision.verdict is Verdict.HOLD
    assert decision.strictest.rule == rule
    assert decision.until == until


def test_their_own_limit_counts_when_it_is_lower() -> None:
    limited = [consent(ConsentStatus.LIMITED, per_week=1)]
    who = recipient(consents=limited, unasked_at=[NOW - timedelta(days=3)])
    assert decide(who, message(), LIMITS, NOW).until == NOW + timedelta(days=4)


def test_where_the_zone_is_not_known_it_must_be_decent_in_every_zone_of_the_country() -> None:
    # 15:00 UTC: ten in New York, seven in Los Angeles, and earlier still in Hawaii.
    now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    decision = decide(recipient(timezone=None, country="US", last_inbound_at=None), message(), LIMITS, now)
    assert decision.verdict is Verdict.HOLD
    assert decision.until is not None and decision.until >= datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def test_a_reply_is_held_by_nothing_but_stop_and_reach() -> None:
    who = recipient(consents=[], controller=Controller.AGENT, last_inbound_at=NOW)
    at_night = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert decide(who, message(Purpose.REPLY), LIMITS, at_night).verdict is Verdict.SEND
    gone = replace(who.address, status=AddressStatus.UNREACHABLE, reason="no number")
    assert decide(replace(who, address=gone), message(Purpose.REPLY), LIMITS, NOW).verdict is Verdict.SKIP


def test_outside_the_window_only_a_template_goes_out() -> None:
    address = replace(recipient().address, last_inbound_at=NOW - timedelta(hours=25))
    who = recipient(address=address)
    assert decide(who, message(), LIMITS, NOW).strictest.rule == "window"
    template = TemplateUse(response="utter_cart_reminder", language="es", values=())
    assert decide(who, message(template=template), LIMITS, NOW).verdict is Verdict.SEND


def test_a_reminder_of_an_appointment_needs_no_opt_in_but_waits_for_the_morning() -> None:
    notice = message(Purpose.TRANSACTIONAL, expires_at=NOW + timedelta(hours=22))
    at_night = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    plain = recipient(consents=[], controller=Controller.AGENT, unasked_at=[NOW] * 4)
    assert decide(plain, notice, LIMITS, NOW).verdict is Verdict.SEND
    template = TemplateUse(response="utter_appointment_reminder", language="es", values=())
    held = decide(plain, replace(notice, template=template), LIMITS, at_night)
    assert (held.verdict, held.until) == (Verdict.HOLD, datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    too_late = replace(notice, expires_at=at_night)
    assert decide(plain, too_late, LIMITS, at_night).strictest.rule == "still_wanted"
    refused = recipient(consents=[consent(ConsentStatus.OPTED_OUT, Topic.TRANSACTIONAL)])
    assert decide(refused, notice, LIMITS, NOW).strictest.rule == "consent"
    busy = recipient(has_waiting_inputs=True)
    assert decide(busy, notice, LIMITS, NOW).verdict is Verdict.HOLD, "they may be canceling it right now"


def test_a_survey_needs_no_opt_in_but_respects_a_no() -> None:
    survey = message(Purpose.SURVEY)
    assert decide(recipient(consents=[]), survey, LIMITS, NOW).verdict is Verdict.SEND
    refused = recipient(consents=[consent(ConsentStatus.OPTED_OUT, Topic.SURVEY)])
    assert decide(refused, survey, LIMITS, NOW).strictest.rule == "consent"


def test_a_pause_about_everything_holds_what_was_not_asked_for_and_no_answer() -> None:
    later = NOW + timedelta(days=3)
    for status in (ConsentStatus.PAUSED, ConsentStatus.LIMITED):
        pause = replace(consent(status, Topic.ALL), until=later, per_week=1)
        someone = recipient(consents=[consent(ConsentStatus.OPTED_IN, Topic.MARKETING), pause])
        for purpose in (Purpose.MARKETING, Purpose.SURVEY):
            decision = decide(someone, message(purpose), LIMITS, NOW)
            assert (decision.strictest.rule, decision.until) == ("consent", later)
        assert decide(someone, message(Purpose.REPLY), LIMITS, NOW).verdict is Verdict.SEND


def test_their_own_limit_counts_surveys_too() -> None:
    limit = replace(consent(ConsentStatus.LIMITED, Topic.ALL), per_week=1)
    someone = recipient(consents=[limit], unasked_at=[NOW - timedelta(days=2)])
    assert decide(someone, message(Purpose.SURVEY), LIMITS, NOW).strictest.rule == "not_too_often"
    free = recipient(consents=[], unasked_at=[NOW - timedelta(days=2)])
    assert decide(free, message(Purpose.SURVEY), LIMITS, NOW).verdict is Verdict.SEND
