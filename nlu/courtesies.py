"""Takes the greeting, the thanks and the "ok" off a piece of text, so that the request is left."""

from nlu.intents import Weight, weight
from nlu.phrases import Guess, PhraseIndex

JOINING = {"y", "e", "and", "pero", "but", "mas", "que"}
_LONGEST = 4  # words of one courtesy


def without_courtesies(words: list[str], index: PhraseIndex) -> tuple[list[str], tuple[Guess, ...]]:
    """What is left between the courtesies at both ends, and the courtesies."""
    core, courtesies = _stripped(words, index, with_deny=True)
    if core:
        # Something follows, and a "no" turns it round: it must stay where it is.
        core, courtesies = _stripped(words, index, with_deny=False)
    return core, courtesies


def _stripped(
    words: list[str], index: PhraseIndex, *, with_deny: bool
) -> tuple[list[str], tuple[Guess, ...]]:
    core = words
    courtesies: list[Guess] = []
    for is_head in (True, False):
        while core:
            length, guess = _edge(core, index, is_head=is_head, with_deny=with_deny)
            if not length:
                break
            core = core[length:] if is_head else core[:-length]
            courtesies.extend([guess] if guess else [])
    return core, tuple(courtesies)


def _edge(core: list[str], index: PhraseIndex, *, is_head: bool, with_deny: bool) -> tuple[int, Guess | None]:
    """How many words at one end are a courtesy (0: none), and which."""
    for length in range(min(_LONGEST, len(core)), 0, -1):
        edge = core[:length] if is_head else core[-length:]
        guess = index.exact(edge)
        if guess is None or weight(guess.intent) is not Weight.SOCIAL:
            continue
        # "I do" and "quero" are a yes alone, and the beginning of a request before more.
        is_opening = length < len(core) and all(index.vocabulary.is_small(word) for word in edge)
        if not is_opening and (with_deny or guess.intent != "deny"):
            return length, guess
    word = core[0] if is_head else core[-1]
    return int(word in JOINING), None
