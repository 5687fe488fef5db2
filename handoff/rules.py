"""Does this call for a person? Pure."""

from nlu.parsed import Parsed

# Said plainly, they are honoured at once; a complaint is not argued with.
ASKING = {"talk_to_human": "asked", "complaint": "complaint"}
SURE_ENOUGH = 0.7


def needs_person(parsed: Parsed) -> str | None:
    """Why a person is needed, in a word; None when the bot can go on."""
    return ASKING.get(parsed.intent) if parsed.confidence >= SURE_ENOUGH else None
