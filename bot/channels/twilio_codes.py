"""Every error code that Twilio may answer or report, and what it means for the message and its recipient.

From Twilio's error dictionary. Twilio says that the code for a given cause may change: a code that is not
here is a plain failure of this one message.
"""

from dataclasses import dataclass, replace

from bot.channels.base import Fate, SendFault

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, kw_only=True)
class Reaction:
    fate: Fate
    # For staff: what is the matter.
    text: str
    # With a fate that lets it be tried again: when, doubled for each further try.
    wait: float = 1.0
    # Somebody has to look after it: an error in the log, and so an event in Sentry.
    is_alarming: bool = False
    # The same words may go by SMS.
    may_fall_back: bool = False


def _bug(text: str) -> Reaction:
    return Reaction(fate=Fate.FINAL, text=text, is_alarming=True)


def _setting(text: str) -> Reaction:
    return Reaction(fate=Fate.MISCONFIGURED, text=text, wait=MINUTE, is_alarming=True)


def _later(text: str, wait: float) -> Reaction:
    return Reaction(fate=Fate.RETRYABLE, text=text, wait=wait)


def _final(text: str, *, may_fall_back: bool = False) -> Reaction:
    return Reaction(fate=Fate.FINAL, text=text, may_fall_back=may_fall_back)


def _gone(text: str, *, may_fall_back: bool = False) -> Reaction:
    return Reaction(fate=Fate.UNREACHABLE, text=text, may_fall_back=may_fall_back)


def _unwanted(text: str) -> Reaction:
    return Reaction(fate=Fate.OPTED_OUT, text=text)


def _template(text: str) -> Reaction:
    return Reaction(fate=Fate.FINAL, text=text, is_alarming=True, may_fall_back=True)


REACTIONS: dict[int, Reaction] = {
    # What a request is answered with.
    20003: _setting("Twilio does not accept the account's sid and token"),
    20429: _later("too many requests at once", 1.0),
    14107: _final("stopped by Twilio: two sides answered one another in a loop"),
    21211: _gone("the number does not exist"),
    21217: _gone("the number does not exist"),
    21408: _setting("messages to that country are not switched on in Twilio's geo permissions"),
    21602: _bug("the message had no text"),
    21603: _setting("no sender was named"),
    21604: _bug("no recipient was named"),
    21606: _setting("the sender does not belong to the account"),
    21608: _setting("a trial account may only write to verified numbers"),
    21609: _setting("the address for status callbacks is not valid: check PUBLIC_URL"),
    21610: _unwanted("they said STOP to this number"),
    21611: _later("the sender's queue at Twilio is full", 10 * MINUTE),
    21612: _gone("the number cannot be reached from this sender"),
    21614: _gone("the number is not a mobile"),
    21617: _bug("the text is longer than 1,600 characters"),
    21620: _bug("the address of the picture is not valid"),
    21623: _bug("too many pictures"),
    21654: _bug("values without a content item"),
    21655: _bug("the content item does not exist"),
    21656: _bug("the values of the content item are not readable"),
    21703: _setting("the Messaging Service has no sender that fits"),
    21705: _setting("the Messaging Service does not exist"),
    21910: _setting("sender and recipient are on different channels"),
    # What a callback reports, SMS.
    30001: _later("it waited too long in Twilio's queue", 10 * MINUTE),
    30002: Reaction(fate=Fate.FINAL, text="the Twilio account is suspended", is_alarming=True),
    30003: _final("the phone was off or out of reach"),
    30004: _final("the number does not take messages from us"),
    30005: _gone("nobody has this number"),
    30006: _gone("a landline, or a network that cannot be reached"),
    30007: Reaction(fate=Fate.FINAL, text="filtered as spam by the network", is_alarming=True),
    30008: _final("the network gave no reason"),
    30019: _bug("the picture is too large for the network"),
    30022: _later("faster than this number may send", MINUTE),
    30023: _later("the number's messages for today are used up", HOUR),
    30024: _bug("the sender is not set up for that network"),
    30032: _bug("the toll-free number is not verified"),
    30034: _bug("the number is not registered for messages to the US (10DLC)"),
    30035: _later("the number is still being set up", HOUR),
    30410: _later("the network did not answer in time", 10 * MINUTE),
    30610: _later("outside the hours that the law allows there", HOUR),
    # WhatsApp.
    63001: _setting("WhatsApp does not accept the account's credentials"),
    63002: _setting("the WhatsApp sender does not belong to the account"),
    63003: _gone("not on WhatsApp", may_fall_back=True),
    63005: _bug("WhatsApp refused the content"),
    63006: _bug("the content cannot be shown on WhatsApp"),
    63007: _setting("the WhatsApp sender does not belong to the account"),
    63008: _setting("the WhatsApp sender is not set up right"),
    63009: _later("WhatsApp had a fault", 30.0),
    63010: _later("Twilio had a fault", 30.0),
    63012: _later("WhatsApp had a fault", 30.0),
    63013: _bug("against WhatsApp's rules for content"),
    63014: _unwanted("they have blocked us on WhatsApp"),
    63015: _final("they have not joined the sandbox"),
    63016: Reaction(fate=Fate.WINDOW_CLOSED, text="WhatsApp's 24-hour window has closed", may_fall_back=True),
    63017: _later("more messages a second than the account may send", 5.0),
    63018: _later("the WhatsApp sender's limit is reached", 5 * MINUTE),
    63019: _bug("WhatsApp could not fetch the picture"),
    63020: _bug("the invitation of the Business Manager has not been accepted"),
    63021: _bug("WhatsApp does not take the content: not valid, or too long"),
    63022: _bug("the number's WhatsApp certificate is not valid"),
    63024: _gone("cannot be reached on WhatsApp", may_fall_back=True),
    63026: Reaction(fate=Fate.FINAL, text="judged to be spam", is_alarming=True),
    63027: _template("the template does not exist in this language"),
    63028: _template("the template got the wrong number of values"),
    63029: _template("the template could not be read"),
    63030: _template("the template got a value that it does not know"),
    63031: _bug("sender and recipient are the same"),
    63032: _final("WhatsApp lets nobody write to them now", may_fall_back=True),
    63033: _unwanted("they have blocked us on WhatsApp"),
    63038: _later("the account's messages for today are used up", HOUR),
    63040: _template("WhatsApp rejected the template"),
    63041: _template("WhatsApp paused the template"),
    63042: _template("WhatsApp disabled the template"),
    63049: _later("WhatsApp held the advertisement back: they had too many", 6 * HOUR),
    63051: _bug("the WhatsApp sender is locked"),
    63062: _bug("the terms for marketing messages have not been accepted"),
}
UNKNOWN_CODE = Reaction(fate=Fate.FINAL, text="Twilio gave a code that is not known here")
NO_CODE = Reaction(fate=Fate.FINAL, text="Twilio gave no reason")
# In the United States WhatsApp delivers no advertisement at all.
US_MARKETING_REFUSED = 63049
US_REACTION = _final("WhatsApp delivers no advertisements in the United States", may_fall_back=True)


def reaction_to(code: int | None, recipient: str) -> Reaction:
    """What follows from the code. `recipient` is the address as Twilio writes it."""
    if code == US_MARKETING_REFUSED and recipient.removeprefix("whatsapp:").startswith("+1"):
        return US_REACTION
    return NO_CODE if code is None else REACTIONS.get(code, UNKNOWN_CODE)


def fault_of(code: int | None, recipient: str, *, retry_after: float | None = None) -> SendFault:
    """The code as the error that the sender and the callbacks act on."""
    reaction = reaction_to(code, recipient)
    if retry_after is not None:
        reaction = replace(reaction, wait=retry_after)
    return SendFault(
        reaction.fate,
        f"{reaction.text} (Twilio {code})" if code else reaction.text,
        retry_after=reaction.wait if reaction.fate.may_try_again else None,
        is_alarming=reaction.is_alarming,
        may_fall_back=reaction.may_fall_back,
    )
