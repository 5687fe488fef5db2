"""Short commands whose object no phrase could foresee: "quita la lámpara", "pon 3 velas", "add two mugs".

Asked only when no phrase fits: the verb at the head tells what to do, the rest is a product's name.
"""

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
