"""STOP, START and HELP: heard before anything else, on every channel, in three languages.

On SMS the carrier hears its own words too, answers them itself and blocks the pair: after those we
record and stay silent (design 7, fact sheet 6.2).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from context_store.records import Channel


class Word(StrEnum):
    STOP = "stop"
    STOP_ALL = "stop_all"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, kw_only=True)
class Keyword:
    word: Word
    # The carrier has answered (and blocked or unblocked the pair): we send nothing.
    is_carriers: bool = False


CARRIER_WORDS = {
    **dict.fromkeys(("stop", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), Word.STOP),
    "stopall": Word.STOP_ALL,
    **dict.fromkeys(("start", "yes", "unstop"), Word.START),
    **dict.fromkeys(("help", "info"), Word.HELP),
}

OUR_WORDS = {
    **dict.fromkeys(("stop", "unsubscribe", "end", "quit", "revoke", "optout", "opt out"), Word.STOP),
    **dict.fromkeys(("alto", "baja", "darme de baja", "parar", "pare", "salir", "detener"), Word.STOP),
    **dict.fromkeys(("no mas", "sair", "remover", "descadastrar", "no more"), Word.STOP),
    **dict.fromkeys(("stop all", "stopall", "baja total", "parar todo", "alto total"), Word.STOP_ALL),
    **dict.fromkeys(("parar tudo", "sair de tudo", "no mas mensajes"), Word.STOP_ALL),
    **dict.fromkeys(("start", "unstop", "alta", "darme de alta"), Word.START),
    **dict.fromkeys(("help", "info", "ayuda", "ajuda"), Word.HELP),
}

# These come back from an opt-out, but mean "begin" or "go back" to somebody who never left.
BACK_WORDS = frozenset(("iniciar", "volver", "voltar", "inicio", "yes", "si", "sim"))

# A longer message is none: what stands behind the word would be overlooked.
LONGEST = 100


def match(
    text: str, channel: Channel, *, has_opted_out: bool, carrier_said: str | None = None
) -> Keyword | None:
    """The keyword that the whole message is, if it is one.

    `carrier_said` is Twilio's `OptOutType`: with Advanced Opt-Out it has judged and answered already.
    """
    if carrier_said:
        return Keyword(word=Word(carrier_said.lower()), is_carriers=True)
    said = plain(text) if len(text.strip()) <= LONGEST else ""
    # Single words only: "STOP PLEASE" is nothing to the carrier, and neither is "stop all".
    if channel is Channel.SMS and text.strip().casefold() in CARRIER_WORDS:
        return Keyword(word=CARRIER_WORDS[text.strip().casefold()], is_carriers=True)
    if said in OUR_WORDS:
        return Keyword(word=OUR_WORDS[said])
    if has_opted_out and said in BACK_WORDS:
        return Keyword(word=Word.START)
    return None


def plain(text: str) -> str:
    """Without case, accents, punctuation and double blanks: "¡Bája!" is "baja"."""
    letters = unicodedata.normalize("NFKD", text.strip()[:LONGEST].casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s]|_", " ", bare).split())
