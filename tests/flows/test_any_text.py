"""Whatever somebody writes, in whatever state the conversation is: an answer, and no fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from context_store.records import Channel, ConversationState
from flows import keywords, options
from flows.effects import Say
from tests.flows.test_runner import ADDRESS, BEGIN, play, situation
from tests.world import load_interpreter, load_runner

# What thumbs, phones and pranksters send: any character there is, our own words, numbers, signs.
PIECES = some.one_of(
    some.text(max_size=30),
    some.sampled_from(
        ["hola", "2", "la 2", "pedido 1042", "sí", "no", "/order_status", "{name}", "%s", "\n"]
    ),
    some.sampled_from(
        ["👍", "🏳️‍🌈", "ﷺ", "٣", "²", "\u200b", "\u202e", "﷽" * 9, "a" * 1_200, "-1", "1e9", "0x10"]
    ),
)
TEXTS = some.lists(PIECES, max_size=5).map(" ".join)

STATES = {
    "nothing yet": ConversationState(),
    "a menu was offered": play("ayuda").state,
    "asked for an address": play(BEGIN).state,
    "asked for a time": play(BEGIN, ADDRESS).state,
    "not understood twice": play("xyzzy", "plugh").state,
    "asked for a code": play("tengo un código de descuento").state,
    "asked whether an answer helped": play("¿hacéis talleres?").state,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS, channel=some.sampled_from([Channel.SMS, Channel.WHATSAPP]))
def test_any_text_in_any_state_gets_an_answer(state: ConversationState, text: str, channel: Channel) -> None:
    outcome = load_runner().run(situation(text, state, channel))
    said = [effect for effect in outcome.effects if isinstance(effect, Say)]
    assert said
    assert all(message.text.strip() for message in said)
    # Twilio takes 1600 characters.
    assert sum(len(message.text) for message in said) < 1500


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, language=some.sampled_from([None, "es", "en", "pt"]))
def test_any_text_is_read_without_a_fault_and_kept_as_it_was(text: str, language: str | None) -> None:
    parsed = load_interpreter().parse(text, language)
    assert parsed.text == text
    assert 0 <= parsed.confidence <= 1
    keywords.match(text, Channel.SMS, has_opted_out=True)
    options.pick(text, STATES["a menu was offered"].last_options)
