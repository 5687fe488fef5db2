"""Does this call for a person, and why? Pure; the numbers are in `rules.yml`."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from nlu.parsed import FALLBACK, Parsed

FILE = Path(__file__).parent / "rules.yml"
# Said plainly, they are honoured at once; a complaint is not argued with, and neither is anger.
ASKING = {"talk_to_human": "asked", "complaint": "complaint", "insult": "anger"}
SURE_ENOUGH = 0.7
# Fewer letters, and capitals may be an order's or a street's.
SHOUTED = 10
LOOKED_AT = 500
CAPITALS = 0.8
ANGRY = frozenset(
    ("verguenza", "estafa", "estafadores", "ladrones", "robo", "inutiles", "mierda", "harto", "harta", "timo")
    + ("incompetentes", "denuncia", "denunciar", "abogado", "indignante", "asco", "basta", "queja", "enganan")
    + ("scam", "thieves", "useless", "shit", "ridiculous", "unacceptable", "disgrace", "lawyer", "furious")
    + ("incompetent", "disgusting", "worst", "fraud", "angry", "vergonha", "golpe", "absurdo", "processar")
    + ("porcaria", "merda", "palhacada", "advogado", "procon", "ridiculo", "reclamacao", "raiva", "lixo")
)


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    human_only: tuple[str, ...] = ()
    large_cart: int = Field(default=0, ge=0)
    misses: int = Field(default=2, ge=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What else counts besides the words."""

    # Messages in a row before this one that nobody understood.
    misses: int = 0
    # In the currency's main unit; None where it was not looked at.
    cart_total: float | None = None


@cache
def load_rules(known: tuple[str, ...], path: Path = FILE) -> Rules:
    """Raises when the file is not what it should be, or names an intent that is not among the known."""
    rules = Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    unknown = set(rules.human_only) - set(known)
    if unknown:
        raise ValueError(f"{path.name}: no intents of these names: {', '.join(sorted(unknown))}")
    return rules


def needs_person(parsed: Parsed, rules: Rules, standing: Standing) -> str | None:
    """Why a person is needed, in a word that the desk explains; None when the bot can go on."""
    is_sure = parsed.confidence >= SURE_ENOUGH and parsed.intent != FALLBACK
    if is_sure and parsed.intent in ASKING:
        return ASKING[parsed.intent]
    if is_shouting(parsed.text):
        return "anger"
    if is_sure and parsed.intent in rules.human_only:
        return "human_only"
    if rules.large_cart and (standing.cart_total or 0) >= rules.large_cart and is_about_cart(parsed):
        return "large_cart"
    if not is_sure and parsed.text.strip() and standing.misses >= rules.misses:
        return "not_understood"
    return None


def is_about_cart(parsed: Parsed) -> bool:
    """Would a large cart change who answers? Only then is it looked at."""
    return parsed.intent in ("checkout", FALLBACK)


def is_shouting(text: str) -> bool:
    """Capitals all through, and a word of anger among them."""
    letters = [letter for letter in text if letter.isalpha()]
    is_loud = len(letters) >= SHOUTED and sum(map(str.isupper, letters)) >= CAPITALS * len(letters)
    return is_loud and not ANGRY.isdisjoint(_plain(text).split())


def _plain(text: str) -> str:
    """Small letters without accents, and nothing between the words but blanks."""
    bare = unicodedata.normalize("NFKD", text[:LOOKED_AT].casefold())
    return "".join(
        letter if letter.isalpha() else " " for letter in bare if not unicodedata.combining(letter)
    )
