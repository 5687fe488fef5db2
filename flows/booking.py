"""Book an appointment, or move one: which service, which day, what time, and a yes."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from context_store.records import new_id
from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.booking_wishes import day_from, entity, other_moment, time_from, wished
from flows.booking_words import calendar, day_label, line, named, short_line, time_in_both, told
from flows.hours_in_zones import free_at, moment_from, start_from
from flows.slots_of_day import Calendar, Part, spread
from nlu.text import normalise

BOOKING_FORM = Form(
    name="booking_form",
    slots=("booking_service", "booking_day", "booking_start", "booking_ok"),
    submit="action_book",
    intent="book_appointment",
    # Another wish about appointments is a change of mind, not a digression.
    gives_way_to=frozenset(("move_appointment", "cancel_appointment")),
    # To look for another hour is no answer in vain.
    patience=8,
)
# What goes with the form but is not asked for.
BESIDE = ("booking_part", "booking_time", "booking_near", "booking_moves")
MOST_DAYS = 6
MOST_TIMES = 7
# One customer must not fill the calendar.
MOST_UPCOMING = 5


def fresh() -> Events:
    return [SlotSet(slot, None) for slot in (*BOOKING_FORM.slots, *BESIDE)]


class StartBooking(FlowAction):
    """Opens the form; what they have said already (the service, a day, an hour) is not asked for again."""

    action_name = "action_start_booking"
    wants = ("booking", "appointments")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        services = fact(tracker, "booking")["services"]
        if not services:
            dispatcher.utter_message(response="utter_no_booking")
            return []
        if len(fact(tracker, "appointments")) >= MOST_UPCOMING:
            dispatcher.utter_message(response="utter_enough_appointments")
            return []
        said = str(tracker.latest_message.get("text") or "")
        service = services[0] if len(services) == 1 else service_named(services, said)
        known = SlotSet("booking_service", service["key"] if service else None)
        return [*fresh(), known, *wished(tracker), ActiveLoop(BOOKING_FORM.name)]


class StartMoving(FlowAction):
    """The same form for an appointment that they have; which one is asked if there are several."""

    action_name = "action_start_moving"
    wants = ("appointments", "booking", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        upcoming = fact(tracker, "appointments")
        moved = named(tracker, upcoming)
        if not upcoming:
            dispatcher.utter_message(response="utter_no_appointments")
            return []
        if moved is None:
            buttons = choices(tracker, "move_appointment")
            dispatcher.utter_message(response="utter_move_which_appointment", buttons=buttons)
            return []
        if not is_ours(moved, fact(tracker, "booking")):
            return [FollowupAction("action_hand_off")]
        dispatcher.utter_message(response="utter_start_moving", appointment=line(tracker, moved))
        known = [SlotSet("booking_moves", moved["id"]), SlotSet("booking_service", moved["service"])]
        return [*fresh(), *known, *wished(tracker), ActiveLoop(BOOKING_FORM.name)]


class AskService(FlowAction):
    action_name = "action_ask_booking_form_booking_service"
    wants = ("booking",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        buttons = [
            _button(service["names"][language_of(tracker)], "booking_service", service["key"])
            for service in fact(tracker, "booking")["services"]
        ]
        dispatcher.utter_message(response="utter_ask_booking_service", buttons=buttons)
        return []


class AskDay(FlowAction):
    """Offers the next days with something free, or those nearest to the one that was full."""

    action_name = "action_ask_booking_form_booking_day"
    wants = ("booking", "taken")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        free = calendar(tracker)
        near = tracker.get_slot("booking_near")
        days = free.days(MOST_DAYS, date.fromisoformat(near) if near else None) if free else []
        if not days:
            dispatcher.utter_message(response="utter_nothing_free")
            return [*fresh(), ActiveLoop(None)]
        buttons = [
            _button(day_label(day, language_of(tracker)), "booking_day", day.isoformat()) for day in days
        ]
        dispatcher.utter_message(response="utter_ask_booking_day", buttons=buttons)
        return []


class AskStart(FlowAction):
    """Offers free hours of the day; takes the one that they wished for. Without any, back to the day."""

    action_name = "action_ask_booking_form_booking_start"
    wants = ("booking", "taken", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        free, day = calendar(tracker), day_from(tracker.get_slot("booking_day"))
        hour = time_from(tracker.get_slot("booking_time"))
        if free is None or day is None or free.fault(day):
            if free is not None and day is not None:
                _refuse_day(dispatcher, tracker, free, day)
            return [*_other_day(day), ActiveLoop(BOOKING_FORM.name)]
        if hour is not None:
            start = free_at(free, day, hour, fact(tracker, "customer")["timezone"])
            if start is not None:
                return [
                    SlotSet("booking_start", start.isoformat()),
                    SlotSet("booking_time", None),
                    ActiveLoop(BOOKING_FORM.name),
                ]
            dispatcher.utter_message(response="utter_time_not_free", time=hour.strftime("%H:%M"))
        self._offer(dispatcher, tracker, free, day)
        return [SlotSet("booking_time", None)]

    def _offer(self, dispatcher: CollectingDispatcher, tracker: Tracker, free: Calendar, day: date) -> None:
        part = tracker.get_slot("booking_part")
        starts = list(free.free(day, Part(part) if part else None))
        if not starts:
            dispatcher.utter_message(response="utter_part_not_free")
            starts = list(free.free(day))
        zones = (free.plan.timezone, fact(tracker, "customer")["timezone"])
        language = language_of(tracker)
        buttons = [
            _button(time_in_both(start, *zones, language), "booking_start", start.isoformat())
            for start in spread(starts, MOST_TIMES)
        ]
        buttons.append(_button(OTHER_DAY[language], "booking_start", "other_day"))
        label = day_label(day, language)
        response = (
            "utter_ask_booking_start" if len(starts) <= MOST_TIMES else "utter_ask_booking_start_or_say"
        )
        dispatcher.utter_message(response=response, day=label, buttons=buttons)


OTHER_DAY = {"es": "Otra fecha", "en": "Another day", "pt": "Outra data"}


class AskOk(FlowAction):
    action_name = "action_ask_booking_form_booking_ok"
    wants = ("booking", "customer", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        values = _told(tracker)
        response = "utter_ask_moving_ok" if tracker.get_slot("booking_moves") else "utter_ask_booking_ok"
        dispatcher.utter_message(response=response, **values)
        return []


class ValidateBooking(FormAction, FormValidationAction):
    action_name = "validate_booking_form"
    wants = ("booking", "taken", "customer")

    def validate_booking_service(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        services = fact(tracker, "booking")["services"]
        found = next((service for service in services if service["key"] == value), None)
        found = found or service_named(services, str(value))
        if found is None:
            dispatcher.utter_message(response="utter_bad_service")
        return {"booking_service": found["key"] if found else None}

    def validate_booking_day(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        day, free = day_from(value), calendar(tracker)
        # What they said of the hour before they were asked for the day still holds.
        beside = {
            "booking_part": entity(tracker, "part_of_day") or tracker.get_slot("booking_part"),
            "booking_time": entity(tracker, "time") or tracker.get_slot("booking_time"),
        }
        if day is None or free is None:
            dispatcher.utter_message(response="utter_bad_day")
            return {"booking_day": None, **beside}
        if free.fault(day):
            _refuse_day(dispatcher, tracker, free, day)
            return {"booking_day": None, "booking_near": day.isoformat(), **beside}
        told = {"booking_day": day.isoformat(), "booking_near": None, **beside}
        # "No, on Friday": the hour that was chosen belongs to the other day.
        is_chosen = tracker.get_slot("booking_start") is not None
        other = other_moment(tracker, day) if is_chosen else {}
        return {**told, "booking_start": None, **other} if other else told

    def validate_booking_start(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        free, day = calendar(tracker), day_from(tracker.get_slot("booking_day"))
        other = day_from(entity(tracker, "date"))
        if free is None or day is None or value == "other_day":
            return {"booking_start": None, "booking_day": None, "booking_part": None}
        if other is not None and other != day:
            # "Better on Friday at five": what is wrong with it is said when its hours are offered.
            return {
                "booking_start": None,
                "booking_day": other.isoformat(),
                "booking_time": entity(tracker, "time"),
                "booking_part": entity(tracker, "part_of_day"),
            }
        start = start_from(str(value), free, day, fact(tracker, "customer")["timezone"])
        if start is not None:
            return {"booking_start": start.isoformat()}
        moment, part = time_from(value), entity(tracker, "part_of_day")
        if moment_from(value) is not None:
            dispatcher.utter_message(response="utter_somebody_was_quicker")
        elif moment is not None:
            dispatcher.utter_message(response="utter_time_not_free", time=moment.strftime("%H:%M"))
        elif part is None:
            dispatcher.utter_message(response="utter_bad_time")
        return {"booking_start": None, "booking_part": part or tracker.get_slot("booking_part")}

    def validate_booking_ok(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        intent = tracker.latest_message["intent"]["name"]
        if tracker.get_slot("booking_start") is None:
            # A button of an earlier question: there is nothing yet to say yes to.
            return {"booking_ok": None}
        other = other_moment(tracker)
        if other:
            return {"booking_ok": None, "booking_start": None, **other}
        if value == "yes" or intent == "affirm":
            return {"booking_ok": "yes"}
        if value == "time" or intent == "deny":
            return {"booking_ok": None, "booking_start": None}
        return {"booking_ok": None}


class Book(FlowAction):
    """The last look before it is kept: whoever was quicker has it."""

    action_name = "action_book"
    wants = ("booking", "taken", "customer", "shop", "appointments")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        free, start = calendar(tracker), datetime.fromisoformat(str(tracker.get_slot("booking_start")))
        moves = tracker.get_slot("booking_moves")
        moved = next((one for one in fact(tracker, "appointments") if one["id"] == moves), None)
        if moves and moved is None:
            # It was canceled elsewhere while we were asking.
            dispatcher.utter_message(response="utter_no_appointments")
            return fresh()
        if free is None or not free.is_free(start):
            dispatcher.utter_message(response="utter_somebody_was_quicker")
            again = [SlotSet("booking_start", None), SlotSet("booking_ok", None)]
            return [*again, ActiveLoop(BOOKING_FORM.name)]
        dispatcher.utter_message(json_message=_effect(free, start, moved))
        dispatcher.utter_message(response="utter_moved" if moved else "utter_booked", **_told(tracker))
        return fresh()


def _effect(free: Calendar, start: datetime, moved: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "effect": "book",
        "appointment_id": moved["id"] if moved else str(new_id()),
        "service": free.service.key,
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=free.service.minutes)).isoformat(),
        "capacity": free.service.capacity,
        "moved_from": moved["starts_at"] if moved else None,
    }


def is_ours(appointment: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Made in chat, for a service that there still is: else people have to see to it."""
    keys = {service["key"] for service in plan["services"]}
    return appointment["reference"] is None and appointment["service"] in keys


def choices(tracker: Tracker, intent: str) -> list[dict[str, str]]:
    return [
        {
            "title": short_line(tracker, one),
            "payload": f"/{intent}{json.dumps({'appointment': one['id']})}",
        }
        for one in fact(tracker, "appointments")[:MOST_TIMES]
    ]


def service_named(services: list[dict[str, Any]], said: str) -> dict[str, Any] | None:
    """The one whose name stands in the text, in any of our languages."""
    plain = normalise(said)
    found = [
        service for service in services if any(normalise(name) in plain for name in service["names"].values())
    ]
    return found[0] if len(found) == 1 else None


def _told(tracker: Tracker) -> dict[str, Any]:
    start = datetime.fromisoformat(str(tracker.get_slot("booking_start")))
    words = told(tracker, str(tracker.get_slot("booking_service")), start)
    return {**words, "address": fact(tracker, "shop")["address"]}


def _refuse_day(dispatcher: CollectingDispatcher, tracker: Tracker, free: Calendar, day: date) -> None:
    label = day_label(day, language_of(tracker))
    response = {
        "past": "utter_day_past",
        "too_far": "utter_day_too_far",
        "closed": "utter_day_closed",
        "full": "utter_day_full",
    }[str(free.fault(day))]
    dispatcher.utter_message(response=response, day=label, days=free.plan.ahead_days)


def _other_day(near: date | None) -> Events:
    return [
        SlotSet("booking_day", None),
        SlotSet("booking_time", None),
        SlotSet("booking_near", near.isoformat() if near else None),
    ]


def _button(title: str, slot: str, value: str) -> dict[str, str]:
    return {"title": title, "payload": f"/inform{json.dumps({slot: value})}"}
