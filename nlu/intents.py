"""The intents there are, and how sure we must be of each before it may interrupt."""

from enum import Enum, auto


class Weight(Enum):
    """How an intent stands beside other text in the same message."""

    TOPIC = auto()  # a request: counts even with a story around it
    CONTROL = auto()  # steers the conversation: must be all there is, "leave it at the door" is an address
    SOCIAL = auto()  # politeness, yes, no: loses to anything else that was said


CERTAIN = 0.7  # what a guess needs to be the intent

# From weakest to strongest: "no, thanks" is a no, "perfect, thanks" is a yes.
SOCIAL = ("greet", "thanks", "affirm", "goodbye", "chitchat_how_are_you", "deny")
CONTROL = ("skip", "go_back", "repeat", "resume", "correct", "restart", "cancel", "insult")
# From weakest to strongest, for messages that ask two things equally clearly.
TOPICS = (
    "bot_challenge",
    "help",
    "see_cart",
    "rate",
    "opening_hours",
    "location",
    "promotions",
    "loyalty_points",
    "payment_methods",
    "delivery_time",
    "product_question",
    "price",
    "stock",
    "order_status",
    "see_appointments",
    "invoice",
    "checkout",
    "promo_code",
    "add_to_cart",
    "change_cart",
    "remove_from_cart",
    "book_appointment",
    "move_appointment",
    "cancel_appointment",
    "delivery_details",
    "refund_status",
    "return_item",
    "cancel_order",
    "only_orders",
    "choose_channel",
    "fewer_messages",
    "pause_messages",
    "opt_out",
    "erase_data",
    "change_language",
    "complaint",
    "talk_to_human",
)
# Trained on what no shop can help with, and answered like anything that is not understood.
OUT_OF_SCOPE = "out_of_scope"
INTENTS = SOCIAL + CONTROL + TOPICS
TRAINED = (*INTENTS, OUT_OF_SCOPE)

_STRENGTH = {name: strength for strength, name in enumerate(INTENTS)}


def weight(intent: str) -> Weight:
    if intent in SOCIAL:
        return Weight.SOCIAL
    return Weight.CONTROL if intent in CONTROL else Weight.TOPIC


def strength(intent: str) -> int:
    """Breaks ties: the higher one is the one the customer would be angry to see missed."""
    return _STRENGTH[intent]
