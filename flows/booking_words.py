"""An appointment's service, day and hour as a customer reads them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from rasa_sdk.interfaces import Tracker

from flows.base import fact, language_of
from flows.formats import LOCALES, clock_time, day
from flows.slots_of_day import Calendar, calendar_of

LONGEST_LABEL = 24
THEIR_TIME = {"es": "{time} en {place}", "en": "{time} in {place}", "pt": "{time} em {place}"}
# For a zone that is no place's.
NO_PLACE = {"es": "{time} en tu zona", "en": "{time} where you are", "pt": "{time} no seu fuso"}


def calendar(tracker: Tracker) -> Calendar | None:
    """Of the service that is being booked. The action must want `booking` and `taken`."""
    return calendar_of(
        fact(tracker, "booking"),
        fact(tracker, "taken"),
        tracker.get_slot("booking_service"),
        now_of(tracker),
        leaving=tracker.get_slot("booking_moves"),
    )


def now_of(tracker: Tracker) -> datetime:
    return datetime.fromisoformat(str(tracker.get_slot("now")))


def told(tracker: Tracker, service: str, start: datetime) -> dict[str, str]:
    """The values of a text about one appointment. The action must want `booking` and `customer`."""
    plan, customer = fact(tracker, "booking"), fact(tracker, "customer")
    return values_of(plan, service, start, language_of(tracker), customer["timezone"])


def values_of(
    plan: Mapping[str, Any], service: str, start: datetime, language: str, timezone: str
) -> dict[str, str]:
    return {
        "service": service_name(plan, service, language),
        "day": day(start, plan["timezone"], language),
        "time": time_in_both(start, plan["timezone"], timezone, language),
    }


def service_name(plan: Mapping[str, Any], key: str, language: str) -> str:
    """What the shop's own system told of may be called by no name but its own."""
    known = next((service for service in plan["services"] if service["key"] == key), None)
    return str(known["names"][language]) if known else key


def day_label(moment: date, language: str) -> str:
    """ "martes 24 nov", short enough for a list; the weekday stands first, so that it alone picks."""
    label = str(format_date(moment, "EEEE d MMM", locale=LOCALES[language])).replace(".", "")
    return label[:LONGEST_LABEL]


def time_in_both(start: datetime, shop_zone: str, their_zone: str, language: str) -> str:
    """The shop's hour, and theirs beside it where it is another one."""
    here, there = start.astimezone(ZoneInfo(shop_zone)), start.astimezone(ZoneInfo(their_zone))
    time = clock_time(start, shop_zone, language)
    if here.utcoffset() == there.utcoffset():
        return time
    other = clock_time(start, their_zone, language)
    if here.date() != there.date():
        other = f"{format_date(there, 'EEE', locale=LOCALES[language])} {other}"
    place = place_of(their_zone, language)
    return f"{time} ({(THEIR_TIME if place else NO_PLACE)[language].format(time=other, place=place)})"


def place_of(zone: str, language: str) -> str | None:
    """The city that a zone is known by; None for one like UTC."""
    if "/" not in zone or zone.startswith("Etc/"):
        return None
    place = str(get_timezone_location(ZoneInfo(zone), locale=LOCALES[language], return_city=True))
    # Where the language has no name of its own, the zone's: "Argentina/Buenos Aires".
    return place.rpartition("/")[2]


def line(tracker: Tracker, appointment: Mapping[str, Any]) -> str:
    """ "Taller de velas: martes, 24 de noviembre, 10:00" """
    words = told(tracker, appointment["service"], datetime.fromisoformat(appointment["starts_at"]))
    return f"{words['service']}: {words['day']}, {words['time']}"


def short_line(tracker: Tracker, appointment: Mapping[str, Any]) -> str:
    """ "24 nov 10:00 Taller …", for a list's row: what tells two apart stands first."""
    zone, language = fact(tracker, "booking")["timezone"], language_of(tracker)
    start = datetime.fromisoformat(appointment["starts_at"])
    day = str(format_date(start.astimezone(ZoneInfo(zone)), "d MMM", locale=LOCALES[language]))
    name = service_name(fact(tracker, "booking"), appointment["service"], language)
    label = f"{day.replace('.', '')} {clock_time(start, zone, language)} {name}"
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def named(tracker: Tracker, upcoming: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Which of theirs they mean: the chosen one, the one that was reminded of, or the only one."""
    chosen = next(iter(tracker.get_latest_entity_values("appointment")), None)
    wanted = tracker.get_slot("booking_reminded") if chosen == "reminded" else chosen
    found = next((one for one in upcoming if one["id"] == wanted), None)
    if found is None and (len(upcoming) == 1 or (chosen == "reminded" and upcoming)):
        return upcoming[0]
    return found
