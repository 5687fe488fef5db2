"""What a message will cost, near enough for a cap on the day's money. Pure."""

from dataclasses import dataclass

from context_store.records import Channel, Message
from flows.options import with_numbered
from flows.sms_length import count_segments

MICROS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Prices:
    """In the currency's main unit, as the carrier bills them."""

    sms_segment: float
    whatsapp_message: float


def cost_of(message: Message, prices: Prices) -> int:
    """Millionths of the currency's main unit."""
    if message.channel is Channel.WHATSAPP:
        return round(prices.whatsapp_message * MICROS)
    segments = count_segments(with_numbered(message.text, message.options))
    return round(prices.sms_segment * MICROS) * segments
