"""The appointments that they have: see them, say again that they are coming, cancel one."""

from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.booking import choices
from flows.booking_words import line, named

UNBOOKING_FORM = Form(
    name="unbooking_form",
    slots=("unbooking_ok",),
    submit="action_unbook",
    intent="cancel_appointment",
    gives_way_to=frozenset(("book_appointment", "move_appointment", "confirm_appointment")),
)
YES = frozenset(("affirm", "cancel", "cancel_appointment"))
CONFIRMED = {"es": "confirmada", "en": "confirmed", "pt": "confirmado"}


class SeeAppointments(FlowAction):
    action_name = "action_see_appointments"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        upcoming = fact(tracker, "appointments")
        if not upcoming:
            dispatcher.utter_message(response="utter_no_appointments")
            return []
        # The nice one makes an SMS twice as dear.
        mark = "-" if tracker.get_slot("channel") == "sms" else "•"
        lines = [f"{mark} {line(tracker, one)}{_mark(one, language_of(tracker))}" for one in upcoming]
        dispatcher.utter_message(response="utter_appointments", lines="\n".join(lines))
        return []


class ConfirmAppointment(FlowAction):
    """The reminder's button: the one that was reminded of, else the next that is not confirmed."""

    action_name = "action_confirm_appointment"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        upcoming = fact(tracker, "appointments")
        open_ones = [one for one in upcoming if one["status"] == "booked"]
        reminded = tracker.get_slot("booking_reminded")
        meant = next((one for one in open_ones if one["id"] == reminded), next(iter(open_ones), None))
        if meant is not None:
            effect = {"effect": "confirm_appointment", "appointment_id": meant["id"]}
            dispatcher.utter_message(json_message=effect)
            dispatcher.utter_message(response="utter_appointment_confirmed", appointment=line(tracker, meant))
        elif upcoming:
            dispatcher.utter_message(
                response="utter_confirmed_already", appointment=line(tracker, upcoming[0])
            )
        else:
            dispatcher.utter_message(response="utter_no_appointments")
        return []


class StartUnbooking(FlowAction):
    """Asks once more before an appointment is canceled; which one, if there are several."""

    action_name = "action_start_unbooking"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        upcoming = fact(tracker, "appointments")
        meant = named(tracker, upcoming)
        if not upcoming:
            dispatcher.utter_message(response="utter_no_appointments")
            return []
        if meant is None:
            buttons = choices(tracker, "cancel_appointment")
            dispatcher.utter_message(response="utter_cancel_which_appointment", buttons=buttons)
            return []
        if meant["reference"] is not None:
            # The shop's own system has it: what we cancel here would stand there.
            return [FollowupAction("action_hand_off")]
        return [
            SlotSet("unbooking_appointment", meant["id"]),
            SlotSet("unbooking_ok", None),
            ActiveLoop(UNBOOKING_FORM.name),
        ]


class AskUnbookingOk(FlowAction):
    action_name = "action_ask_unbooking_form_unbooking_ok"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        meant = _meant(tracker)
        if meant is None:
            # It is gone, or over, since we asked.
            dispatcher.utter_message(response="utter_no_appointments")
            return [SlotSet("unbooking_appointment", None), ActiveLoop(None)]
        dispatcher.utter_message(response="utter_ask_unbooking_ok", appointment=line(tracker, meant))
        return []


class ValidateUnbooking(FormAction, FormValidationAction):
    action_name = "validate_unbooking_form"

    def validate_unbooking_ok(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        intent = tracker.latest_message["intent"]["name"]
        if value in ("yes", "no"):
            return {"unbooking_ok": value}
        if intent in YES:
            return {"unbooking_ok": "yes"}
        return {"unbooking_ok": "no" if intent == "deny" else None}


class Unbook(FlowAction):
    action_name = "action_unbook"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        meant = _meant(tracker)
        if meant is None:
            dispatcher.utter_message(response="utter_no_appointments")
        elif tracker.get_slot("unbooking_ok") == "no":
            dispatcher.utter_message(response="utter_appointment_kept", appointment=line(tracker, meant))
        else:
            effect = {
                "effect": "cancel_appointment",
                "appointment_id": meant["id"],
                "starts_at": meant["starts_at"],
            }
            dispatcher.utter_message(json_message=effect)
            dispatcher.utter_message(response="utter_appointment_canceled", appointment=line(tracker, meant))
        return [SlotSet("unbooking_appointment", None), SlotSet("unbooking_ok", None)]


def _meant(tracker: Tracker) -> dict[str, Any] | None:
    chosen = tracker.get_slot("unbooking_appointment")
    return next((one for one in fact(tracker, "appointments") if one["id"] == chosen), None)


def _mark(appointment: dict[str, Any], language: str) -> str:
    return f" ({CONFIRMED[language]})" if appointment["status"] == "confirmed" else ""
