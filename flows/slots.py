"""Every slot there is: the runner raises on any other. Facts come in as slots too, but are never kept."""

# Kept on the conversation from one input to the next.
KEPT = frozenset(
    ("delivery_order", "delivery_address", "delivery_window")
    + ("cart_product", "cart_quantity")
    + ("survey_name", "survey_question", "survey_answer", "survey_words", "survey_bad")
    + ("survey_wanted", "survey_handoff", "handoff_reason", "handoff_team", "handoff_summary")
    + ("trait_asked", "trait_answer", "acquainted_until")
    + ("booking_service", "booking_day", "booking_start", "booking_ok", "booking_part", "booking_time")
    + ("booking_near", "booking_moves", "booking_reminded", "unbooking_appointment", "unbooking_ok")
    # What was shown last ("and what does it cost?"), a return, a code.
    + ("product_in_focus", "return_order", "return_item", "return_reason", "coupon_code")
    # When something was recommended last, and beside what.
    + ("recommended_at", "added_product")
    # What went badly on another channel, until something was said about it.
    + ("unhappy_contact",)
)

# Put in by the turn for the actions that want them.
FACTS = frozenset(
    ("customer", "orders", "shop", "cart", "products", "survey", "appointments", "booking", "taken")
    + ("shelf", "categories", "promotions", "is_upset", "email", "asked_topics", "contact", "acquaintance")
    + ("recommendable", "cart_link", "desk")
)

# Put in by the runner for every action.
ALWAYS = frozenset(("language", "channel", "now", "fallbacks_in_a_row", "requested_slot"))

KNOWN = KEPT | FACTS | ALWAYS

# An answer may carry the slot under another entity's name.
ENTITY_FOR_SLOT = {
    "delivery_order": "order_number",
    "cart_quantity": "quantity",
    "booking_day": "date",
    "booking_start": "time",
    "return_order": "order_number",
}

# Intents that are an answer rather than a new request while that slot is asked for.
ANSWERING_INTENTS = {
    # Whatever they say to "which team?", they want a person.
    "handoff_team": frozenset(("talk_to_human", "complaint", "insult", "skip", "help")),
    "trait_answer": frozenset(("choose_channel", "product_question", "stock", "price", "skip")),
    "delivery_address": frozenset(("got_location", "location")),
    # "Yes, cancel it" says yes to just that question.
    "unbooking_ok": frozenset(("cancel", "cancel_appointment")),
    # "Make it 11" is an hour here.
    "booking_start": frozenset(("change_cart",)),
    "booking_ok": frozenset(("change_cart",)),
    # "Very bad" is a rating before it is a complaint.
    "survey_answer": frozenset(("complaint", "insult", "skip", "rate")),
    # "It came late and broken" is an answer here, whatever else it might ask for elsewhere.
    "survey_words": frozenset(
        ("complaint", "insult", "skip", "delivery_details", "opening_hours", "price")
        + ("delivery_time", "refund_status", "return_item", "payment_methods", "product_question", "stock")
        + ("order_status", "location", "promotions", "fewer_messages", "invoice", "promo_code", "rate")
    ),
}
