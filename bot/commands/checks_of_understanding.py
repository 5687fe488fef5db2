"""What `hilo doctor` asks about understanding: where the trained model is kept, and a Rasa server."""

import os
from collections.abc import Iterator

from bot.commands.findings import Finding, fine, warning
from bot.settings import Settings
from nlu.intents import INTENTS
from nlu.model_cache import cache_folder
from nlu.rasa_server import RasaFault, RasaServer

NAME = "understanding"
# Every model that was trained on our phrases knows it.
KNOWN_PHRASE = "hola"


def check_understanding(settings: Settings) -> Iterator[Finding]:
    yield _embedded(settings)
    if settings.nlu_url is not None:
        yield check_rasa(settings.nlu_url)


def _embedded(settings: Settings) -> Finding:
    folder = cache_folder()
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK):
        return warning(
            NAME,
            f"{folder} cannot be written to: every start trains anew",
            "set NLU_CACHE to a folder that can",
        )
    kind = "words and embeddings" if settings.nlu_embeddings else "words"
    return fine(NAME, f"the embedded engine, by {kind}; its model is kept in {folder}")


def check_rasa(url: str) -> Finding:
    """Its address is not shown: a token may be a part of it."""
    try:
        answer = RasaServer(url).ask(KNOWN_PHRASE)
    except RasaFault as fault:
        return warning(
            NAME,
            f"the Rasa server does not answer ({fault}); the embedded engine understands meanwhile",
            "is it running with --enable-api and a model, and are NLU_URL and its token right?",
        )
    intent = answer["intent"].get("name")
    if intent not in INTENTS:
        return warning(
            NAME,
            "the Rasa server knows other intents than ours: everything would be answered with a menu",
            "train it on what `hilo nlu export FOLDER` writes",
        )
    return fine(NAME, f"the Rasa server answers, and takes {KNOWN_PHRASE!r} for {intent}")
