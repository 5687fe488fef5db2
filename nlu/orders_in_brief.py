"""Short commands whose object no phrase could foresee: "quita la lámpara", "pon 3 velas", "add two mugs".

Asked only when no phrase fits: the verb at the head tells what to do, the rest is a product's name. And
the same for "could it be on Friday instead?", which puts another moment in the place of one.
"""

import re

from nlu.text import normalise

MOST_WORDS = 12

REMOVE = frozenset(
    ("quita", "quitar", "quitame", "elimina", "eliminar", "saca", "sacar", "sacame", "borra", "borrar")
    + ("remove", "delete", "tira", "tirar", "retira", "exclui", "remova")
)
ADD = frozenset(
    ("anade", "anadir", "anademe", "agrega", "agregar", "agregame", "suma", "mete", "add")
    + ("adiciona", "adicionar", "coloca", "acrescenta")
)
SET = frozenset(("pon", "poner", "ponme", "ponga", "put", "make", "poe", "ponha"))
INTENTS = (("remove_from_cart", REMOVE), ("add_to_cart", ADD), ("change_cart", SET))


def brief_order(text: str) -> str | None:
    """The intent of a short command that begins with a cart's verb and names something; else None."""
    words = normalise(text).split()
    if not 2 <= len(words) <= MOST_WORDS:
        return None
    return next((intent for intent, verbs in INTENTS if words[0] in verbs), None)


_MAY_IT_BE = (
    r"(?:(?:y|o|e|entonces|entao|perdon|sorry|no) )?"
    r"(?:(?:could|can|might) (?:it|that|we|you) (?:be|make it|do|do it)|would|what about|how about"
    r"|(?:se )?(?:puede|podria|pudiera|podra) ser|(?:y si|e se) (?:es|fuera|fosse|for)"
    r"|(?:pode|poderia|podia|da pra|daria pra) ser)"
)
_BEFORE_IT = (
    r"(?: (?:on|at|for|in|the|next|el|la|las|los|a|por|para|de|no|na|as|pela|mejor|melhor|mas|mais))*"
)
_MOMENT = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|later|earlier|another (?:day|time)|morning|afternoon"
    r"|lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|tarde|temprano|otr[oa] (?:dia|hora|fecha)"
    r"|segunda|terca|quarta|quinta|sexta|amanha|manha|cedo|outr[oa] (?:dia|hora|data)|noche|noite|evening"
)
_OTHER_MOMENT = re.compile(rf"^{_MAY_IT_BE}{_BEFORE_IT} (?P<moment>(?:{_MOMENT})\b(?: \w{{1,20}}){{0,6}})$")
_INSTEAD = re.compile(
    r" (?:instead|rather|please|por favor|mejor|melhor|en vez de eso|en su lugar|em vez disso|be possible"
    r"|work|be better)\b.*$"
)


def other_moment(text: str) -> str | None:
    """The moment that they ask for in place of another, in plain letters; None when they do no such thing."""
    found = _OTHER_MOMENT.match(normalise(text))
    return _INSTEAD.sub("", found["moment"]) if found else None


def brief_intent(text: str) -> str | None:
    return brief_order(text) or ("correct" if other_moment(text) else None)
