"""Every slot there is: the runner raises on any other. Facts come in as slots too, but are never kept."""

# Kept on the conversation from one input to the next.
KEPT = frozenset(
    ("delivery_order", "delivery_address", "delivery_window")
    + ("cart_product", "cart_quantity", "survey_rating", "survey_comment", "survey_handoff")
    + ("booking_service", "booking_day", "booking_start", "booking_ok", "booking_part", "booking_time")
    + ("booking_near", "booking_moves", "booking_reminded", "unbooking_appointment", "unbooking_ok")
    # What was shown last ("and what does it cost?"), a return, a code.
    + ("product_in_focus", "return_order", "return_item", "return_reason", "coupon_code")
)

# Put in by the turn for the actions that want them.
FACTS = frozenset(
    ("customer", "orders", "shop", "cart", "products", "survey", "appointments", "booking", "taken")
    + ("shelf", "categories", "promotions", "is_upset", "email", "asked_topics")
)

# Put in by the runner for every action.
ALWAYS = frozenset(("language", "channel", "now", "fallbacks_in_a_row", "requested_slot"))

KNOWN = KEPT | FACTS | ALWAYS

# An answer may carry the slot under another entity's name.
ENTITY_FOR_SLOT = {
    "delivery_order": "order_number",
    "cart_quantity": "quantity",
    "survey_rating": "rating",
    "booking_day": "date",
    "booking_start": "time",
    "return_order": "order_number",
}

# Intents that are an answer rather than a new request while that slot is asked for.
ANSWERING_INTENTS = {
    "delivery_address": frozenset(("got_location", "location")),
    # "Yes, cancel it" says yes to just that question.
    "unbooking_ok": frozenset(("cancel", "cancel_appointment")),
    # "Very bad" is a rating before it is a complaint.
    "survey_rating": frozenset(("complaint", "insult", "preferences")),
    "survey_comment": frozenset(("complaint", "insult", "preferences", "delivery_details", "opening_hours")),
}
