"""What understanding hands to the rest of the house: one frozen record per message."""

from dataclasses import dataclass

SURE = 0.7
FALLBACK = "nlu_fallback"  # Rasa's own name for "I do not know", so a Rasa server can stand in for us.


@dataclass(frozen=True, kw_only=True)
class Entity:
    name: str
    value: str  # normalised: an order number is "1042", a language is "es", a yes or no is "yes" or "no"
    start: int  # text[start:end] is what the customer wrote
    end: int


@dataclass(frozen=True, kw_only=True)
class IntentGuess:
    name: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Parsed:
    text: str
    intent: str  # FALLBACK when it does not know
    confidence: float  # 0..1; from SURE on an intent may interrupt what is going on, below it is a guess
    language: str | None  # "es", "en", "pt"; None when the text does not tell
    entities: tuple[Entity, ...] = ()
    ranking: tuple[IntentGuess, ...] = ()  # best first, also what was too weak to be the intent
    rival: str | None = None  # the other intent that it may be just as well

    def entity(self, name: str) -> str | None:
        """The value of the first entity of that name."""
        return next((entity.value for entity in self.entities if entity.name == name), None)
