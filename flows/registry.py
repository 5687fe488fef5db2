"""Which action answers which intent, and which forms there are. To add a flow, add it here."""

from flows import (
    answers,
    cart,
    contact,
    delivery,
    getting_to_know,
    human,
    orders,
    preferences,
    small_talk,
    survey,
)
from flows.base import COURTESIES, FlowAction, Form, FormAction

ACTIONS: tuple[type[FlowAction] | type[FormAction], ...] = (
    answers.Greet,
    answers.Menu,
    answers.OpeningHours,
    answers.ShopLocation,
    answers.Fallback,
    answers.Restart,
    *small_talk.SAYINGS,
    preferences.ChangeLanguage,
    preferences.StopMessages,
    contact.FewerMessages,
    contact.PauseMessages,
    contact.OnlyOrders,
    contact.ChooseChannel,
    contact.EraseData,
    contact.UndoWish,
    getting_to_know.GetToKnow,
    getting_to_know.AskTrait,
    getting_to_know.ValidateTrait,
    getting_to_know.SaveTrait,
    orders.OrderStatus,
    delivery.StartDelivery,
    delivery.ValidateDelivery,
    delivery.SaveDelivery,
    cart.SeeCart,
    cart.AddToCart,
    cart.StartCartChange,
    cart.AskCartProduct,
    cart.ValidateCart,
    cart.SetQuantity,
    cart.RemoveFromCart,
    cart.Checkout,
    cart.DismissReminder,
    human.HandOff,
    survey.StartSurvey,
    survey.AskSurvey,
    survey.AskSurveyWords,
    survey.ValidateSurvey,
    survey.SaveSurveyAnswer,
    survey.TakeLateAnswer,
    survey.LeaveSurvey,
)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (delivery.DELIVERY_FORM, cart.CART_FORM, survey.SURVEY_FORM, getting_to_know.FORM)
}

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
    "talk_to_human": "action_hand_off",
    "complaint": "action_hand_off",
    "restart": "action_restart",
    "affirm": "action_affirmed_nothing",
    "deny": "action_affirmed_nothing",
    "skip": "action_affirmed_nothing",
    "bot_challenge": "action_bot_challenge",
    "chitchat_how_are_you": "action_how_are_you",
    "insult": "action_insulted",
    "see_cart": "action_see_cart",
    "add_to_cart": "action_add_to_cart",
    "change_cart": "action_start_cart_change",
    "remove_from_cart": "action_remove_from_cart",
    "checkout": "action_checkout",
    "dismiss_reminder": "action_dismiss_reminder",
    "rate": "action_start_survey",
    "fewer_messages": "action_fewer_messages",
    "pause_messages": "action_pause_messages",
    "only_orders": "action_only_orders",
    "choose_channel": "action_choose_channel",
    "erase_data": "action_erase_data",
    "undo_wish": "action_undo_wish",
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
NEVER_INTERRUPTS = COURTESIES
