"""What the API takes: bodies and parameters, each with its bounds."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from context_store.records import Channel, ConsentStatus, EntryAuthor, Mood, Topic

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _thinkable(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("a moment between the years 2000 and 2100")
    return moment.astimezone(UTC)


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no such time zone: a name like Europe/Madrid")
    return name


Moment = Annotated[AwareDatetime, AfterValidator(_thinkable)]
Named = Annotated[
    str,
    StringConstraints(min_length=1, max_length=400),
    Field(description="Our id, or kind:value: user_id:42, phone:+34600000001, email:…, anonymous_id:…"),
]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SlotName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
SlotValue = (
    Annotated[str, StringConstraints(max_length=500)]
    | Annotated[int, Field(ge=-(2**53), le=2**53)]
    | float
    | bool
)
Slots = Annotated[dict[SlotName, SlotValue], Field(max_length=40)]
Flow = Literal["delivery", "booking", "return", "cart"]
Elsewhere = Literal[Channel.WEB, Channel.APP, Channel.EMAIL, Channel.STORE, Channel.CALL]
Messaging = Literal[Channel.WHATSAPP, Channel.SMS]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Given(BaseModel):
    """A field that nobody knows is refused: it would be lost without a word."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchQuery(Given):
    """One of them."""

    phone: str | None = Field(None, min_length=3, max_length=40)
    email: str | None = Field(None, min_length=3, max_length=300)
    user_id: str | None = Field(None, min_length=1, max_length=300)
    anonymous_id: str | None = Field(None, min_length=1, max_length=300)
    store_card: str | None = Field(None, min_length=1, max_length=300)
    name: str | None = Field(None, min_length=3, max_length=80, description="A part of it.")
    limit: int = Field(20, ge=1, le=50)


class TimelineQuery(Given):
    older_than: Cursor | None = None
    newer_than: Cursor | None = None
    kinds: str | None = Field(
        None,
        pattern=r"^(decision|entry|event|handoff|message)(,(decision|entry|event|handoff|message)){0,4}$",
        description="Some of message, entry, event, handoff, decision, separated by commas; all without it.",
    )
    limit: int = Field(50, ge=1, le=200)


class ConsentBody(Given):
    channel: Literal[Channel.WHATSAPP, Channel.SMS, Channel.EMAIL]
    topic: Topic
    status: ConsentStatus
    wording: str | None = Field(None, max_length=2000, description="What they agreed to, word for word.")
    proof: str | None = Field(
        None, max_length=200, description="Where it can be seen: a form's id, a document."
    )
    given_at: Moment | None = Field(None, description="When they said so; without it, now.")
    until: Moment | None = Field(None, description="With `paused`.")
    per_week: int | None = Field(None, ge=0, le=50, description="With `limited`.")


class CustomerPatch(Given):
    """What is left out stays; null clears."""

    name: str | None = Field(None, min_length=1, max_length=120)
    language: Literal["es", "en", "pt"] | None = None
    timezone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)] | None = None
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    traits: dict[Word, Annotated[str, StringConstraints(max_length=200)] | None] = Field(
        default_factory=dict, max_length=40
    )
    consents: list[ConsentBody] = Field(default_factory=list, max_length=20)


class EntryLineBody(Given):
    author: EntryAuthor
    text: str = Field(min_length=1, max_length=5000)
    name: str | None = Field(None, max_length=80)
    at: Moment | None = None


class EntryBody(Given):
    """A web-chat transcript (`lines`), an e-mail, a call note or a visit to a shop (`text`)."""

    channel: Elsewhere
    id: str | None = Field(
        None, min_length=1, max_length=120, description="Your own: the same one twice is one entry."
    )
    subject: str | None = Field(None, max_length=300)
    text: str = Field("", max_length=20_000)
    lines: list[EntryLineBody] = Field(default_factory=list, max_length=500)
    outcome: str | None = Field(None, max_length=300, description="solved, callback promised, no answer …")
    mood: Mood | None = Field(None, description="How the customer was at the end.")
    flow: Flow | None = Field(None, description="What was begun there; the bot goes on with it.")
    slots: Slots = Field(default_factory=dict, description="What was learnt. The flow takes those it knows.")
    occurred_at: Moment | None = Field(
        None, description="When it ended; without it the last line's time, or now."
    )


class TemplateBody(Given):
    name: Word = Field(description="A response of flows/texts, without `utter_`: cart_reminder.")
    values: dict[Word, Annotated[str, StringConstraints(min_length=1, max_length=500)]] = Field(
        default_factory=dict, max_length=20
    )


class MessageBody(Given):
    """Either `text` or `template`. On WhatsApp text goes only within 24 hours of their last message."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["template"]}]},
    )

    customer: Named
    purpose: Literal["transactional", "marketing"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)] | SkipJsonSchema[None] = None
    template: TemplateBody | SkipJsonSchema[None] = None
    channel: Messaging | None = Field(None, description="Without it the best that they agreed to.")
    valid_hours: float = Field(24, gt=0, le=720, description="What cannot go out within that is not sent.")


class HandoffBody(Given):
    customer: Named
    reason: Word = Field(
        "asked", description="A word that the desk explains: asked, complaint, damaged_delivery …"
    )
    details: str | None = Field(None, max_length=1000)


class TokenCartItem(Given):
    product_id: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=300)
    quantity: int = Field(ge=1, le=999)
    unit_price: int = Field(ge=0, le=10**10, description="Minor units.")
    url: str | None = Field(None, max_length=2000, pattern=r"^https?://")
    image_url: str | None = Field(None, max_length=2000, pattern=r"^https?://")


class TokenCart(Given):
    id: str | None = Field(None, min_length=1, max_length=120, description="Its `cart_id` in your events.")
    items: list[TokenCartItem] = Field(
        default_factory=list, max_length=100, description="Only where you send no events of it."
    )
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")


class TokenBody(Given):
    """Whose session it is, by customer or by anonymous id, and what goes along."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"anyOf": [{"required": ["customer"]}, {"required": ["session"]}]},
    )

    customer: Named | SkipJsonSchema[None] = None
    session: (
        Annotated[
            str,
            StringConstraints(min_length=1, max_length=300),
            Field(description="The anonymousId of your events."),
        ]
        | SkipJsonSchema[None]
    ) = None
    channel: Elsewhere = Channel.WEB
    cart: TokenCart | None = None
    flow: Flow | None = None
    slots: Slots = Field(default_factory=dict)
    text: str = Field(
        "", max_length=200, description="Words before the code, for example: Hello, I go on here."
    )
    expires_in_minutes: int = Field(60, ge=1, le=10_080)


class PromotionsQuery(Given):
    customer: Named | None = None


class GiveCodeBody(Given):
    customer: Named
