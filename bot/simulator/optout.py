"""The carrier's own reaction to STOP, START and HELP on an SMS number. Pure.

Twilio's default without Advanced Opt-Out: English words, alone in the message, in any case.
"""

from dataclasses import dataclass

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})


@dataclass(frozen=True, kw_only=True)
class Reaction:
    is_blocked: bool  # whether the pair is blocked from now on
    answer: str


def react(body: str, *, is_blocked: bool, shop_name: str) -> Reaction | None:
    """None when the carrier keeps quiet.

    YES is also an everyday answer, so the words that unblock mean something only to a blocked pair.
    """
    word = body.strip().upper()
    if word in STOP_WORDS and not is_blocked:
        answer = f"You will get no more messages from {shop_name} on this number. Text START to resume."
        return Reaction(is_blocked=True, answer=answer)
    if word in START_WORDS and is_blocked:
        answer = f"Messages from {shop_name} are on again. Text STOP to end them, HELP for help."
        return Reaction(is_blocked=False, answer=answer)
    if word in HELP_WORDS:
        answer = f"This number belongs to {shop_name}. Text STOP to end messages, START to resume."
        return Reaction(is_blocked=is_blocked, answer=answer)
    return None
