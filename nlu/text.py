"""From what thumbs type to plain words: no case, no accents, no emoji, no shorthand.

Everything else in this folder compares text that went through `normalise`.
"""

import re
import unicodedata

LONGEST = 1000  # characters; nobody needs more to say what they want, and it bounds every loop below

# Their own words, not "ok" or "hi": the training phrases of each language say what a thumb means.
EMOJI_WORDS = {
    "👍": "thumbsup",
    "👎": "thumbsdown",
    "👋": "wavinghand",
    "🙏": "foldedhands",
    "👌": "okhand",
    "✅": "thumbsup",
    "✔": "thumbsup",
    "❌": "thumbsdown",
    "⭐": "star",
    "🌟": "star",
}

# One table for three languages, so only shorthand that cannot hide another meaning in one of them.
SHORTHAND = {
    "q": "que", "ke": "que", "xq": "porque", "pq": "porque", "porq": "porque", "xk": "porque", "x": "por",
    "d": "de", "dnd": "donde", "dond": "donde", "tb": "tambien", "tmb": "tambien", "tbn": "tambien",
    "bn": "bien", "pa": "para", "kiero": "quiero", "aki": "aqui", "xfa": "porfavor", "porfa": "porfavor",
    "porfis": "porfavor", "plis": "porfavor", "pfv": "porfavor", "pfvr": "porfavor", "pf": "porfavor",
    "grax": "gracias", "grcs": "gracias", "msj": "mensaje", "finde": "fin de semana",
    "vc": "voce", "vcs": "voces", "blz": "beleza", "obg": "obrigado", "vlw": "valeu", "flw": "falou",
    "qdo": "quando", "qnd": "quando", "hj": "hoje", "oq": "o que", "tbm": "tambem", "td": "tudo",
    "pra": "para", "pro": "para o", "eae": "e ai",
    "u": "you", "r": "are", "ur": "your", "pls": "please", "plz": "please", "thx": "thanks", "tnx": "thanks",
    "ty": "thank you", "tysm": "thank you so much", "nvm": "never mind", "nevermind": "never mind",
    "wanna": "want to", "tmrw": "tomorrow", "cya": "see you", "ya'll": "you all",
    "whats": "what is", "wheres": "where is", "hows": "how is", "thats": "that is", "its": "it is",
    "whens": "when is", "dont": "do not", "didnt": "did not", "doesnt": "does not", "hasnt": "has not",
    "havent": "have not", "isnt": "is not", "cant": "can not", "wont": "will not", "im": "i am",
    "ive": "i have", "id": "i would", "lets": "let us", "youre": "you are",
}  # fmt: skip

_EMOJI = re.compile("[" + "".join(EMOJI_WORDS) + "]")
_APOSTROPHES = re.compile(r"(?<=\w)['’`´](?=\w)")
_NOT_WORDS = re.compile(r"[\W_]+")
# Letters only: "1000" must not become "10".
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


def normalise(text: str) -> str:
    """Lower-case plain words with single spaces between; "" when there is no word in it.

    Looks at the first LONGEST characters only. "ñ" becomes "n"; "holaaaa" becomes "hola".
    """
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of `normalise`, as a list."""
    plain = _plain(text[:LONGEST])
    rough = _NOT_WORDS.sub(" ", plain).split()
    # A lone "k" is an English yes; inside a sentence it is a Spanish "que".
    if len(rough) > 1:
        rough = ["que" if word == "k" else word for word in rough]
    spelled = " ".join(SHORTHAND.get(word, word) for word in rough)
    return spelled.replace("por favor", "porfavor").split()


def _plain(text: str) -> str:
    named = _EMOJI.sub(lambda match: f" {EMOJI_WORDS[match[0]]} ", text)
    joined = _APOSTROPHES.sub("", named)
    # Some single characters decompose into whole sentences, hence the second cut.
    decomposed = unicodedata.normalize("NFKD", joined.casefold())[: 2 * LONGEST]
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _STRETCHED.sub(r"\1", bare)
