"""What the customer's own words settle before any flow: STOP, START, HELP, and their language. Pure."""

from dataclasses import replace

from bot.context import Context
from bot.parts import Parts
from context_store.records import Channel, Purpose
from flows import keywords, options
from flows.effects import Effect, OptIn, OptOut, Outcome, Say, SetLanguage, UndoWish
from flows.keywords import Keyword, Word
from flows.texts import CHANNEL_NAMES
from nlu.parsed import SURE

EVERY_CHANNEL = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)
MAY_MEAN_LESS = frozenset(("no mas", "no more"))
NARROWER = '/opt_out{"topic"'
# "ok", "gracias" or a name in another tongue is no wish to change language.
WORDS_THAT_SHOW_A_LANGUAGE = 2


def keyword_of(context: Context, *, opted_out: bool) -> Keyword | None:
    if not context.messages:
        return None
    message = context.messages[-1]
    offered = context.conversation.state.last_options
    if keywords.plain(message.text) in MAY_MEAN_LESS and any(NARROWER in one.payload for one in offered):
        # Under a button that stops reminders only, "no more" means that button.
        return None
    return keywords.match(
        message.text, message.channel, has_opted_out=opted_out, carrier_said=context.carrier_keyword
    )


def answer(keyword: Keyword, context: Context, parts: Parts) -> Outcome:
    """Into the ledger, and one confirmation, unless the carrier has given its own."""
    effects: list[Effect] = []
    method = "carrier" if keyword.is_carriers else "keyword"
    if keyword.word is Word.STOP:
        effects.append(OptOut(method=method))
    elif keyword.word is Word.STOP_ALL:
        effects.append(OptOut(channels=EVERY_CHANNEL, method=method))
    elif keyword.word is Word.START:
        # Also the word that takes a limit, a pause or a choice of channel back.
        effects += [UndoWish(), OptIn(method=method)]
    if not keyword.is_carriers:
        effects.append(_confirmation(keyword.word, context, parts))
    return Outcome(state=context.conversation.state, effects=tuple(effects))


RESPONSES = {
    Word.STOP: "utter_opted_out",
    Word.STOP_ALL: "utter_opted_out_of_all",
    Word.START: "utter_opted_in",
    Word.HELP: "utter_help",
}


def _confirmation(word: Word, context: Context, parts: Parts) -> Say:
    channel = context.messages[-1].channel
    # One word tells little of a language; what they spoke before tells more.
    language = context.customer.language or language_of(context, parts.settings.default_language)
    rendered = parts.runner.texts.render(
        RESPONSES[word],
        language=language,
        channel=channel,
        values={"channel": CHANNEL_NAMES[channel], "shop": parts.shop["name"]},
    )
    return Say(text=rendered.text, purpose=Purpose.KEYWORD_ANSWER)


def language_of(context: Context, default: str) -> str:
    """The language to answer in: the one they chose, else the one they write in now, else the last one."""
    customer, parsed = context.customer, context.parsed
    if _is_picking(context):
        # The label is our own wording: it shows what we speak, not what they do.
        return customer.language or default
    if customer.language is None:
        return parsed.language or default
    if customer.is_language_chosen or parsed.language is None:
        return customer.language
    if parsed.confidence < SURE and context.conversation.state.form is not None:
        # "Calle Mayor 5" is an answer in any language.
        return customer.language
    says_enough = len(parsed.text.split()) >= WORDS_THAT_SHOW_A_LANGUAGE
    return parsed.language if says_enough else customer.language


def _is_picking(context: Context) -> bool:
    choice = context.messages[-1].choice if context.messages else None
    offered = context.conversation.state.last_options
    return options.pick(context.parsed.text, offered, choice) is not None


def with_language_kept(context: Context, language: str, outcome: Outcome) -> Outcome:
    """Remember the language that was answered in, when it is news."""
    if language == context.customer.language or context.parsed.language is None:
        return outcome
    kept = SetLanguage(language=language, is_chosen=False)  # type: ignore[arg-type]
    return replace(outcome, effects=(kept, *outcome.effects))
