"""Which action answers which intent, and which forms there are. To add a flow, add it here."""

from flows import answers, delivery, orders, preferences
from flows.base import FlowAction, Form, FormAction

ACTIONS: tuple[type[FlowAction] | type[FormAction], ...] = (
    answers.Greet,
    answers.Menu,
    answers.OpeningHours,
    answers.ShopLocation,
    answers.Fallback,
    answers.Restart,
    *answers.SIMPLE,
    preferences.ChangeLanguage,
    preferences.StopMessages,
    orders.OrderStatus,
    delivery.StartDelivery,
    delivery.ValidateDelivery,
    delivery.SaveDelivery,
)

FORMS: dict[str, Form] = {form.name: form for form in (delivery.DELIVERY_FORM,)}

# What understanding calls it -> what answers it.
INTENTS: dict[str, str] = {
    "greet": "action_greet",
    "goodbye": "action_goodbye",
    "thanks": "action_thanks",
    "help": "action_menu",
    "go_back": "action_menu",
    "order_status": "action_order_status",
    "delivery_details": "action_start_delivery",
    "opening_hours": "action_opening_hours",
    "location": "action_location",
    "change_language": "action_change_language",
    "opt_out": "action_stop_messages",
    "talk_to_human": "action_no_person_yet",
    "complaint": "action_no_person_yet",
    "restart": "action_restart",
    "affirm": "action_affirmed_nothing",
    "deny": "action_affirmed_nothing",
    "skip": "action_affirmed_nothing",
    "bot_challenge": "action_bot_challenge",
    "chitchat_how_are_you": "action_how_are_you",
    "insult": "action_insulted",
    "see_cart": "action_not_yet",
    "add_to_cart": "action_not_yet",
    "change_cart": "action_not_yet",
    "remove_from_cart": "action_not_yet",
    "checkout": "action_not_yet",
    "rate": "action_not_yet",
    "preferences": "action_not_yet",
    "got_image": "action_got_image",
    "got_sticker": "action_got_sticker",
    "got_voice": "action_got_voice",
    "got_video": "action_got_video",
    "got_document": "action_got_document",
    "got_location": "action_got_location",
    "got_contact": "action_got_contact",
    "got_nothing": "action_got_nothing",
}

FALLBACK_ACTION = "action_fallback"

# Said in mid-form these are part of the answer ("hello, Calle Mayor 5", "yes, the morning"), no digression.
NEVER_INTERRUPTS = frozenset(
    ("greet", "goodbye", "thanks", "affirm", "deny", "chitchat_how_are_you", "insult")
)
