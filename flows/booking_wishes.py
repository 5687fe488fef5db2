"""The day and the hour that a customer wishes for, in the first words or in answer to another question."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import Tracker

from flows.base import Events, fact

CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])\s?[:.h]\s?([0-5]\d)(?!\d)")
HOUR = re.compile(r"^\D{0,20}?([01]?\d|2[0-3])\s?h?$")


def wished(tracker: Tracker) -> Events:
    """A day, an hour or a part of the day in the very first words."""
    day = day_from(entity(tracker, "date"))
    return [
        SlotSet("booking_day", day.isoformat() if day else None),
        SlotSet("booking_time", entity(tracker, "time")),
        SlotSet("booking_part", entity(tracker, "part_of_day")),
    ]


def wished_of(tracker: Tracker, moved: Mapping[str, Any]) -> Events:
    """The same for an appointment that moves: on another day it keeps its hour, unless they name one."""
    events = wished(tracker)
    if not entity(tracker, "date") or entity(tracker, "time") or entity(tracker, "part_of_day"):
        return events
    zone = ZoneInfo(fact(tracker, "customer")["timezone"])
    hour = datetime.fromisoformat(str(moved["starts_at"])).astimezone(zone).strftime("%H:%M")
    return [*events, SlotSet("booking_time", hour)]


def other_moment(tracker: Tracker, day: date | None = None) -> dict[str, Any]:
    """ "Better at six", when asked whether the time is right; empty where they name that very time.

    The hour is one of their clock. The action must want `booking` and `customer`.
    """
    # "Make it 11" is an hour here, unless the number belongs to a day or picked an option.
    message = tracker.latest_message
    is_picked = message["intent"]["name"] == "inform"
    text = None if is_picked or entity(tracker, "date") else message.get("text")
    said = entity(tracker, "time") or text
    day, hour = day or day_from(entity(tracker, "date")), time_from(said)
    part = entity(tracker, "part_of_day")
    zone = ZoneInfo(fact(tracker, "booking")["timezone"])
    start = datetime.fromisoformat(str(tracker.get_slot("booking_start"))).astimezone(zone)
    theirs = start.astimezone(ZoneInfo(fact(tracker, "customer")["timezone"]))
    is_same_day, is_same_hour = day in (None, start.date()), hour in (None, start.time(), theirs.time())
    if is_same_day and is_same_hour and (part is None or hour is not None):
        return {}
    # Another day at the same hour, if it is free.
    at = hour or (None if part else theirs.time())
    return {
        "booking_day": (day or start.date()).isoformat(),
        "booking_time": at.strftime("%H:%M") if at else None,
        "booking_part": part,
    }


def entity(tracker: Tracker, name: str) -> str | None:
    found = next(iter(tracker.get_latest_entity_values(name)), None)
    return str(found) if found else None


def day_from(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def time_from(value: Any) -> time | None:
    found = CLOCK.search(str(value)) or HOUR.match(str(value).strip())
    if found is None:
        return None
    return time(int(found[1]), int(found[2]) if found.re is CLOCK else 0)
