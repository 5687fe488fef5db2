"""Actions that only say one thing: small talk, and what was sent that is not text."""

from abc import abstractmethod

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction


class Saying(FlowAction):
    """Says `utter_<topic>` as `action_<topic>`."""

    @property
    @abstractmethod
    def topic(self) -> str: ...

    def name(self) -> str:
        return f"action_{self.topic}"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response=f"utter_{self.topic}")
        return []


class Goodbye(Saying):
    topic = "goodbye"


class Thanks(Saying):
    topic = "thanks"


class NothingToCancel(Saying):
    topic = "nothing_to_cancel"


class NothingToRepeat(Saying):
    topic = "nothing_to_repeat"


class AffirmedNothing(Saying):
    topic = "affirmed_nothing"


class BotChallenge(Saying):
    topic = "bot_challenge"


class HowAreYou(Saying):
    topic = "how_are_you"


class Insulted(Saying):
    topic = "insulted"


class GotImage(Saying):
    topic = "got_image"


class GotSticker(Saying):
    topic = "got_sticker"


class GotVoice(Saying):
    topic = "got_voice"


class GotVideo(Saying):
    topic = "got_video"


class GotDocument(Saying):
    topic = "got_document"


class GotLocation(Saying):
    topic = "got_location"


class GotContact(Saying):
    topic = "got_contact"


class GotNothing(Saying):
    topic = "got_nothing"


SAYINGS = (
    Goodbye,
    Thanks,
    NothingToCancel,
    NothingToRepeat,
    AffirmedNothing,
    BotChallenge,
    HowAreYou,
    Insulted,
    GotImage,
    GotSticker,
    GotVoice,
    GotVideo,
    GotDocument,
    GotLocation,
    GotContact,
    GotNothing,
)
