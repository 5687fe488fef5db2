"""What those see who may not see personal data: enough to recognise, not enough to write to. Pure."""

import re
from dataclasses import replace

from context_store.records import Address, Identifier, Message
from handoff.brief import Brief

# A stretch of digits as long as a phone number or a card, however it is grouped.
DIGITS = re.compile(r"\+?\d(?:[ .()/-]{0,2}\d){5,}")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
DOTS = "•••"


def mask_name(name: str | None) -> str | None:
    """ "Lucía García" is "Lucía G." """
    words = (name or "").split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else name


def mask_value(value: str) -> str:
    """The last three characters of an identifier, the first of an e-mail."""
    if "@" in value:
        return f"{value[0]}{DOTS}@{DOTS}"
    return f"{DOTS}{value[-3:]}" if len(value) > 6 else DOTS


def mask_text(text: str) -> str:
    """Somebody's words without the numbers and addresses in them. Names that they write stay."""
    return DIGITS.sub(lambda found: mask_value(found.group()), EMAIL.sub(_hide_email, text))


def mask_message(message: Message) -> Message:
    return replace(message, text=mask_text(message.text), media=(), location=None)


def mask_brief(brief: Brief) -> Brief:
    return replace(
        brief,
        customer=replace(brief.customer, name=mask_name(brief.customer.name)),
        identifiers=[_identifier(each) for each in brief.identifiers],
        addresses=[_address(each) for each in brief.addresses],
        handoffs=[
            replace(
                each,
                note=each.note and mask_text(each.note),
                details=each.details and mask_text(each.details),
            )
            for each in brief.handoffs
        ],
        surveys=[replace(each, comment=each.comment and mask_text(each.comment)) for each in brief.surveys],
        # What they told a form is often an address.
        collected=dict.fromkeys(brief.collected, DOTS),
        asked_twice=[mask_text(text) for text in brief.asked_twice],
    )


def _identifier(identifier: Identifier) -> Identifier:
    return replace(identifier, value=mask_value(identifier.value))


def _address(address: Address) -> Address:
    return replace(address, value=mask_value(address.value))


def _hide_email(found: re.Match[str]) -> str:
    return mask_value(found.group())
