"""How a promotion will be told, language by language, and what that costs by SMS. Pure."""

from dataclasses import dataclass

from context_store.records import Channel
from flows.promotions import Promotion, line_of
from flows.sms_length import Cost, measure
from flows.texts import LANGUAGES, Texts


@dataclass(frozen=True, kw_only=True)
class Preview:
    language: str
    channel: Channel
    text: str
    # None where nothing is counted by segments.
    cost: Cost | None


def previews(texts: Texts, promotion: Promotion) -> list[Preview]:
    """The answer to "what is on offer?", were this the only one."""
    return [
        _preview(texts, promotion, language, channel)
        for channel in (Channel.WHATSAPP, Channel.SMS)
        for language in LANGUAGES
    ]


def _preview(texts: Texts, promotion: Promotion, language: str, channel: Channel) -> Preview:
    said = [("utter_promotions", {"lines": line_of(promotion, language)})]
    if promotion.unique_of:
        said.append(("utter_promotion_personal", {"code": promotion.code}))
    parts = [
        texts.render(name, language=language, channel=channel, values=values, is_part=True)
        for name, values in said
    ]
    # As a turn does: all that is said at once is one message.
    if channel is Channel.SMS:
        parts = texts.in_plain_letters(parts, ())
    text = "\n\n".join(part.text for part in parts)
    cost = measure(text) if channel is Channel.SMS else None
    return Preview(language=language, channel=channel, text=text, cost=cost)
