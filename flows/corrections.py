"""What "no, I meant 3" means: which words take something back, and what stands in its place. Pure."""

import re
from dataclasses import dataclass

from nlu.orders_in_brief import other_moment
from nlu.text import normalise

# Nobody takes more than this back at once; it bounds the patterns.
LONGEST = 600
_HESITATION = (
    r"(?:(?:no|nao|não|ay|uy|ups|oops|perd[oó]n|perd[aã]o|sorry|desculp[ae]|espera|wait|digo)"
    r"\b[\s,.:;!¡-]*){0,3}"
)
_SURE = (
    r"me refer[ií]a(?: a)?|me refiero a|quise decir|quer[ií]a decir|me equivoqu[eé]|me he equivocado|"
    r"me confund[ií]|corrijo|correcci[oó]n|eso est[aá] mal|"
    r"i meant|i mean|i got (?:it|that) wrong|my mistake|i made a mistake|that(?:['’]?s| is) wrong|correction|"
    r"quis dizer|queria dizer|me enganei|enganei-me|me confundi|errei|est[aá] errado|corre[cç][aã]o"
)
_LINK = r"(?:(?:que|es|era|son|eran|it['’]?s|[eé]|to say)\b[\s,.:;-]*)?"
_SURELY = re.compile(
    rf"^\W*{_HESITATION}(?:{_SURE})\b[\s,.:;!-]*{_LINK}(?P<meant>.*)$", re.IGNORECASE | re.DOTALL
)
# Often the beginning of something else, so what follows must fit.
_PERHAPS = re.compile(
    r"^\W*(?:(?:no|nao|não|mejor|en realidad|perd[oó]n|digo|actually|better|rather|sorry|wait|espera|"
    r"melhor|na verdade|perd[aã]o|ali[aá]s)\b[\s,.:;!-]*){1,3}(?:es |era |it['’]?s )?(?P<meant>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_THE_OTHER = frozenset(
    ("la otra", "el otro", "otra", "otro", "lo otro", "la otra opcion", "al otro", "a la otra")
    + ("the other", "the other one", "other one", "other", "the other option")
    + ("a outra", "o outro", "outra", "outro", "a outra opcao")
)
_BEFORE_THE_OTHER = re.compile(
    r"^(?:(?:no|nao|mejor|melhor|perdon|sorry|quiero|prefiero|quero|i want|digo) )+"
)


@dataclass(frozen=True, kw_only=True)
class Correction:
    # "" when they only say that something is wrong.
    meant: str
    # They take something back, whatever it is; else only if `meant` fits.
    is_sure: bool
    is_the_other: bool = False


def read_correction(said: str, intent: str | None) -> Correction | None:
    """None when nothing is taken back."""
    said = said[:LONGEST]
    surely, perhaps = _SURELY.match(said), _PERHAPS.match(said)
    meant = (surely or perhaps or {"meant": ""})["meant"].strip(" \t\n.!¡")
    if _BEFORE_THE_OTHER.sub("", normalise(meant or said)) in _THE_OTHER:
        return Correction(meant=meant, is_sure=True, is_the_other=True)
    if surely or intent == "correct":
        return Correction(meant=meant or other_moment(said) or "", is_sure=True)
    return Correction(meant=meant, is_sure=False) if perhaps and meant else None
