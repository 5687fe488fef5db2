"""One word for consent, as the contact policy judges it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from context_store.records import (
    Address,
    AddressId,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    CustomerId,
    Direction,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    Topic,
    Verdict,
)
from flows import policy
from flows.consent_state import consent_state

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
WHO = CustomerId(UUID(int=1))
LIMITS = policy.load_limits("Europe/Madrid")
lines = st.lists(
    st.builds(
        Consent,
        customer_id=st.just(WHO),
        channel=st.just(Channel.SMS),
        topic=st.sampled_from(Topic),
        status=st.sampled_from(ConsentStatus),
        method=st.just("form"),
        until=st.sampled_from((None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1))),
        created_at=st.just(NOW),
    ),
    unique_by=lambda line: line.topic,
)
OUTCOMES = {"allowed": Verdict.SEND, "paused": Verdict.HOLD, "refused": Verdict.SKIP, "none": Verdict.SKIP}


@given(consents=lines, purpose=st.sampled_from(sorted(policy.TOPICS)))
def test_it_says_what_the_policy_would(consents: list[Consent], purpose: Purpose) -> None:
    address = Address(id=AddressId(UUID(int=2)), customer_id=WHO, channel=Channel.SMS, value="+34600000001")
    recipient = policy.Recipient(address=address, consents=consents)
    message = Message(
        id=MessageId(UUID(int=3)),
        customer_id=WHO,
        address_id=address.id,
        channel=Channel.SMS,
        direction=Direction.OUT,
        author=Author.JOURNEY,
        purpose=purpose,
        status=MessageStatus.QUEUED,
        text="Hola",
        created_at=NOW,
    )
    answers = [rule(recipient, message, LIMITS, NOW) for rule in (policy.opted_out, policy.consent)]
    verdicts = {answer.verdict for answer in answers}
    strictest = next(one for one in (Verdict.SKIP, Verdict.HOLD, Verdict.SEND) if one in verdicts)
    state = consent_state(consents, Channel.SMS, policy.TOPICS[purpose], NOW)
    if state == "refused" and strictest is Verdict.HOLD:
        # A refusal below a pause: the policy waits before it refuses.
        assert any(
            line.topic is not Topic.ALL and line.status is ConsentStatus.OPTED_OUT for line in consents
        )
    elif state == "paused" and strictest is Verdict.SKIP:
        raise AssertionError("a pause that the policy refuses")
    else:
        assert OUTCOMES[state] is strictest
