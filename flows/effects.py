"""What a flow wants done, as data. The turn does it; nothing here acts.

Actions say `Say` by `dispatcher.utter_message`; what Rasa has no word for goes out as
`utter_message(json_message={"effect": "<name>", …})` and is checked here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from context_store.records import Channel, ConversationState, Option, Purpose, TimerKind, Topic
from flows.booking_effects import Book, CancelAppointment, ConfirmAppointment, Remind
from flows.journeys import Step


@dataclass(frozen=True, kw_only=True)
class Say:
    text: str
    options: tuple[Option, ...] = ()
    image: str | None = None
    purpose: Purpose = Purpose.REPLY
    # What it asks for, when it is a question: a slot's name or a response's. One run asks once.
    asks: str | None = None


@dataclass(frozen=True, kw_only=True)
class SetLanguage:
    language: Literal["es", "en", "pt"]
    # They asked for it, rather than just wrote in it.
    is_chosen: bool
    effect: Literal["set_language"] = "set_language"


@dataclass(frozen=True, kw_only=True)
class SaveDelivery:
    order_number: str
    address: str
    window: str
    effect: Literal["save_delivery"] = "save_delivery"


@dataclass(frozen=True, kw_only=True)
class OptOut:
    """No more of `topic` on these channels. Empty `channels`: the one that they wrote on."""

    topic: Topic = Topic.ALL
    channels: tuple[Channel, ...] = ()
    method: str = "keyword"
    effect: Literal["opt_out"] = "opt_out"


@dataclass(frozen=True, kw_only=True)
class OptIn:
    topic: Topic = Topic.ALL
    method: str = "keyword"
    effect: Literal["opt_in"] = "opt_in"


@dataclass(frozen=True, kw_only=True)
class AskForPerson:
    reason: str
    # What it is about, for who takes it.
    details: str | None = None
    # The team that they chose, by its id.
    team: str | None = None
    effect: Literal["ask_for_person"] = "ask_for_person"


@dataclass(frozen=True, kw_only=True)
class HandBack:
    """The bot speaks again."""

    effect: Literal["hand_back"] = "hand_back"


@dataclass(frozen=True, kw_only=True)
class ChangeCart:
    cart_key: str
    product_id: str
    name: str
    # More (above 0) or fewer (below).
    quantity_change: int
    unit_price: int
    currency: str
    effect: Literal["change_cart"] = "change_cart"


@dataclass(frozen=True, kw_only=True)
class ApplyCoupon:
    cart_key: str
    code: str
    effect: Literal["apply_coupon"] = "apply_coupon"


@dataclass(frozen=True, kw_only=True)
class GiveCode:
    """They were told a code of their own: it is theirs from now on."""

    promotion: str
    code: str
    effect: Literal["give_code"] = "give_code"


@dataclass(frozen=True, kw_only=True)
class AskIfUseful:
    """They are asked what they think of the answer about `topic`, once and never again."""

    topic: str
    effect: Literal["ask_if_useful"] = "ask_if_useful"


@dataclass(frozen=True, kw_only=True)
class VoteUseful:
    topic: str
    useful: bool
    effect: Literal["vote_useful"] = "vote_useful"


@dataclass(frozen=True, kw_only=True)
class StartSurvey:
    """It is being asked in the conversation."""

    survey: str
    handoff_id: str | None = None
    effect: Literal["start_survey"] = "start_survey"


@dataclass(frozen=True, kw_only=True)
class AnswerSurvey:
    survey: str
    question: str
    answer: str
    score: int | None = None
    is_bad: bool = False
    # Free text that says something.
    is_text: bool = False
    is_last: bool = False
    effect: Literal["answer_survey"] = "answer_survey"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What they want of the messages that we send unasked."""

    # A word of flows/ledger.WISHES.
    wish: str
    per_week: int | None = None
    until: datetime | None = None
    channel: Channel | None = None
    effect: Literal["wish"] = "wish"


@dataclass(frozen=True, kw_only=True)
class UndoWish:
    effect: Literal["undo_wish"] = "undo_wish"


@dataclass(frozen=True, kw_only=True)
class RequestErasure:
    effect: Literal["request_erasure"] = "request_erasure"


@dataclass(frozen=True, kw_only=True)
class AskTrait:
    name: str
    effect: Literal["ask_trait"] = "ask_trait"


@dataclass(frozen=True, kw_only=True)
class KeepTrait:
    name: str
    value: str
    effect: Literal["keep_trait"] = "keep_trait"


@dataclass(frozen=True, kw_only=True)
class InviteSurvey:
    """Ask it unasked, when the contact policy lets it."""

    survey: str


@dataclass(frozen=True, kw_only=True)
class RemindOfSurvey:
    survey: str


@dataclass(frozen=True, kw_only=True)
class SetTimer:
    kind: TimerKind
    key: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CancelTimer:
    key: str


# What an action may ask for by a `json_message`.
Spelled = (
    SetLanguage
    | SaveDelivery
    | OptOut
    | OptIn
    | AskForPerson
    | HandBack
    | ChangeCart
    | ApplyCoupon
    | GiveCode
    | AskIfUseful
    | VoteUseful
    | StartSurvey
    | Book
    | ConfirmAppointment
    | CancelAppointment
    | AnswerSurvey
    | Wish
    | UndoWish
    | RequestErasure
    | AskTrait
    | KeepTrait
)
Effect = Say | SetTimer | CancelTimer | Spelled | Remind | InviteSurvey | RemindOfSurvey | Step

_CUSTOM: TypeAdapter[Any] = TypeAdapter(Annotated[Spelled, Field(discriminator="effect")])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The conversation's next state and what is to be done, in order."""

    state: ConversationState
    effects: tuple[Effect, ...]


class UnknownEffect(Exception):
    """An action asked for something that the runner has no word for: a fault in the action."""


def custom_effect(message: dict[str, Any]) -> Effect:
    """The effect that a `json_message` spells."""
    try:
        effect: Effect = _CUSTOM.validate_python(message)
    except ValidationError as error:
        raise UnknownEffect(f"not an effect: {message!r}") from error
    return effect
