"""Understanding by a Rasa server: its intents, its entities and ours. While it is away, the embedded engine.

It is asked by `POST /model/parse`, once a message and never again: an answer that comes late helps nobody.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import urllib3
from urllib3.exceptions import HTTPError

from nlu.entities import find_entities
from nlu.intents import CERTAIN, INTENTS, TOPICS
from nlu.interpreter import Interpreter
from nlu.judging import EITHER, MUCH_MORE
from nlu.language import detect
from nlu.orders_in_brief import brief_order
from nlu.parsed import FALLBACK, Entity, IntentGuess, Parsed
from nlu.text import LONGEST

log = logging.getLogger("hilo.nlu")

SECONDS = 2.0
# After a failure nobody asks for so long, or a dead server would cost every message its patience.
REST_SECONDS = 5.0
LONGEST_ANSWER = 256 * 1024
CONNECTIONS = 16
OK = 200
RANKED = 5
MOST_ENTITIES = 20
LONGEST_VALUE = 200

# What the flows rely on, whoever found it.
SHAPES: dict[str, re.Pattern[str]] = {
    "order_number": re.compile(r"[0-9]{3,10}"),
    "quantity": re.compile(r"[0-9]{1,3}"),
    "rating": re.compile(r"[1-5]"),
    "language": re.compile(r"es|en|pt"),
    "yes_no": re.compile(r"yes|no"),
    "email": re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}"),
    "phone": re.compile(r"\+[1-9][0-9]{6,14}"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}"),
    "product": re.compile(r".+", re.DOTALL),
    "city": re.compile(r".+", re.DOTALL),
    "promo_code": re.compile(r"\S+"),
}
YES_NO = {"affirm": "yes", "deny": "no"}
ANSWERED, FAILED, SKIPPED = "answered", "failed", "skipped"


class RasaFault(Exception):
    """The server gave no answer that we can use; says why, never in words of a customer."""


class RasaServer:
    """Asks and bounds: time, size, and what an answer may look like."""

    def __init__(self, url: str) -> None:
        """`url` may carry a path before /model/parse, and a query such as ?token=…"""
        parts = urlsplit(url)
        path = f"{parts.path.rstrip('/')}/model/parse"
        self._url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False)

    def ask(self, text: str) -> Mapping[str, Any]:
        """Raises `RasaFault`."""
        until = time.monotonic() + SECONDS
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                json={"text": text, "message_id": uuid4().hex},
                timeout=urllib3.Timeout(total=SECONDS),
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError) as error:
            raise RasaFault(type(error).__name__) from error
        try:
            content = _read(answer, until)
        except (HTTPError, OSError) as error:
            answer.close()
            raise RasaFault(type(error).__name__) from error
        except RasaFault:
            # What was not read to its end must not come back as the next answer's beginning.
            answer.close()
            raise
        answer.release_conn()
        return _document(content)


def _read(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    if answer.status != OK:
        raise RasaFault(f"status {answer.status}")
    content = b""
    while piece := answer.read1(LONGEST_ANSWER):
        content += piece
        if len(content) > LONGEST_ANSWER:
            raise RasaFault("an answer without end")
        if time.monotonic() > until:
            raise RasaFault("too slow")
    return content


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RasaFault("an answer that is no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("intent"), dict):
        raise RasaFault("an answer without an intent")
    return found


class Outage:
    """Whether the server is away, as its last caller found it. Threads share one."""

    def __init__(self, rest_seconds: float) -> None:
        self._lock = threading.Lock()
        self._rest_seconds = rest_seconds
        self._ask_again_at: float | None = None

    def may_ask(self) -> bool:
        """While it is away one caller in a while tries, and the others do not wait with them."""
        with self._lock:
            if self._ask_again_at is None:
                return True
            now = time.monotonic()
            if now < self._ask_again_at:
                return False
            self._ask_again_at = now + max(self._rest_seconds, SECONDS)
            return True

    def note_failure(self, fault: RasaFault) -> None:
        with self._lock:
            is_new = self._ask_again_at is None
            self._ask_again_at = time.monotonic() + self._rest_seconds
        if is_new:
            log.warning(
                "the Rasa server does not answer (%s); the embedded engine understands meanwhile",
                fault,
                extra={"action": "nlu_away"},
            )

    def note_answer(self) -> None:
        with self._lock:
            was_away = self._ask_again_at is not None
            self._ask_again_at = None
        if was_away:
            log.info("the Rasa server is back", extra={"action": "nlu_back"})


class RasaInterpreter:
    """Thread-safe. Never raises for what the server does."""

    def __init__(
        self,
        server: RasaServer,
        embedded: Interpreter,
        *,
        note: Callable[[str], None] = lambda outcome: None,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        """`note` is told ANSWERED, FAILED or SKIPPED once a message."""
        self._server = server
        self.embedded = embedded
        self._note = note
        self._outage = Outage(rest_seconds)

    def parse(self, text: str, language: str | None, now: datetime | None = None) -> Parsed:
        ours = self.embedded.parse(text, language, now)
        if not text.strip():
            return ours
        if not self._outage.may_ask():
            self._note(SKIPPED)
            return ours
        try:
            parsed = understood(self._server.ask(text[:LONGEST]), ours, language, now)
        except RasaFault as fault:
            self._outage.note_failure(fault)
            self._note(FAILED)
            return ours
        self._outage.note_answer()
        self._note(ANSWERED)
        return parsed


def without_server(interpreter: Interpreter) -> Interpreter:
    """Who understands without any I/O, less well perhaps."""
    return interpreter.embedded if isinstance(interpreter, RasaInterpreter) else interpreter


def understood(answer: Mapping[str, Any], ours: Parsed, language: str | None, now: datetime | None) -> Parsed:
    """Rasa's answer as we speak of it. What it left out is filled in from what we found ourselves.

    Raises `RasaFault` where the answer is none.
    """
    text = ours.text
    guess = _guess(answer["intent"])
    if guess.confidence < CERTAIN and (ordered := brief_order(text[:LONGEST])):
        guess = IntentGuess(name=ordered, confidence=CERTAIN)
    ranking = _ranking(answer.get("intent_ranking"), guess)
    spoken = detect(text)
    own = [*find_entities(text[:LONGEST], guess.name, spoken or language, now), *_yes_no(ours, guess.name)]
    return Parsed(
        text=text,
        intent=guess.name,
        confidence=guess.confidence,
        language=spoken,
        entities=_entities(answer.get("entities"), ours, own),
        ranking=ranking,
        rival=_rival(ranking, guess),
    )


def _guess(told: Mapping[str, Any]) -> IntentGuess:
    """Its own fallback, and an intent that only it knows, are what we cannot answer."""
    confidence = _confidence(told)
    name = told.get("name")
    if name not in INTENTS:
        return IntentGuess(name=FALLBACK, confidence=0.0)
    return IntentGuess(name=name, confidence=confidence)


def _confidence(told: Mapping[str, Any]) -> float:
    found = told.get("confidence")
    # A model's numbers may add up to a hair more than 1.
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0.0 <= found <= 1.01:
        raise RasaFault("an intent without a confidence")
    return round(min(1.0, float(found)), 4)


def _ranking(told: Any, guess: IntentGuess) -> tuple[IntentGuess, ...]:
    listed = told if isinstance(told, list) else []
    guesses = [_guess(entry) for entry in listed if isinstance(entry, dict) and entry.get("name") in INTENTS]
    best = sorted([guess, *guesses], key=lambda one: -one.confidence)
    unique = {one.name: one for one in reversed(best) if one.name != FALLBACK}
    return tuple(sorted(unique.values(), key=lambda one: -one.confidence)[:RANKED])


def _rival(ranking: Iterable[IntentGuess], guess: IntentGuess) -> str | None:
    others = [one for one in ranking if one.name != guess.name and one.name in TOPICS]
    if guess.name not in TOPICS or not others:
        return None
    second = others[0]
    is_close = second.confidence >= EITHER and guess.confidence < MUCH_MORE * second.confidence
    return second.name if is_close else None


def _entities(told: Any, ours: Parsed, own: list[Entity]) -> tuple[Entity, ...]:
    listed = told if isinstance(told, list) else []
    theirs = [entity for entry in listed[:MOST_ENTITIES] if (entity := _entity(entry, ours.text, own))]
    named = {entity.name for entity in theirs}
    return (*theirs, *(entity for entity in own if entity.name not in named))


def _yes_no(ours: Parsed, intent: str) -> list[Entity]:
    if intent not in (*YES_NO, "thanks", FALLBACK):
        return []
    found = [entity for entity in ours.entities if entity.name == "yes_no"]
    if found or intent not in YES_NO:
        return found
    return [Entity(name="yes_no", value=YES_NO[intent], start=0, end=len(ours.text))]


def _entity(told: Any, text: str, own: Iterable[Entity]) -> Entity | None:
    """None for what no flow of ours would know what to do with."""
    if not isinstance(told, dict):
        return None
    name, value, start, end = (told.get(key) for key in ("entity", "value", "start", "end"))
    if not (isinstance(name, str) and isinstance(start, int) and isinstance(end, int)):
        return None
    if name not in SHAPES or not 0 <= start < end <= len(text):
        return None
    # Where we found the same thing, ours has the form that the flows know.
    same = [entity for entity in own if entity.name == name and start < entity.end and entity.start < end]
    if same:
        return same[0]
    words = _in_words(value)
    return Entity(name=name, value=words, start=start, end=end) if SHAPES[name].fullmatch(words) else None


def _in_words(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()[:LONGEST_VALUE] if isinstance(value, str | int) else ""
