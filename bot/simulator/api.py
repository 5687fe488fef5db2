"""What the page asks and orders, in JSON. For the page only: refuses everything another site could send."""

import base64
import binascii
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.carrier import Carrier, PhoneMessage, addresses
from bot.simulator.clock import ClockError
from bot.simulator.faults import switched_on
from bot.simulator.pictures import MEDIA_LIMIT, picture_type
from bot.simulator.records import Channel, Kind, Media
from bot.simulator.samples import sample
from bot.simulator.settings import E164, Person
from bot.simulator.sids import new_sid
from bot.simulator.view import message_view, person_view

LONGEST_TEXT = 1600
MOST_PEOPLE = 200
PAGE_HEADER = "X-Simulator-Page"
# An SMS carries text, and as MMS a picture or a card.
SMS_KINDS = frozenset({Kind.TEXT, Kind.IMAGE, Kind.CONTACT})


class PageError(Exception):
    """A clear no for the page; `text` may be shown. A `reason` lets the page say it in its own language."""

    def __init__(self, text: str, status: int = 400, reason: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.reason = reason
        self.status = status


def add_page_api(blueprint: Blueprint, carrier: Carrier) -> None:
    _add_state(blueprint, carrier)
    _add_orders(blueprint, carrier)

    @blueprint.errorhandler(PageError)
    def refuse(error: PageError) -> ResponseReturnValue:
        return jsonify(error=error.text, reason=error.reason), error.status


def _add_state(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.get("/api/state")
    @guarded_by("open")
    def read_state() -> ResponseReturnValue:
        person = person_asked(carrier, request.args.get("person", ""))
        since = request.args.get("since", "0")
        if not since.isdecimal() or len(since) > 15:
            raise PageError("since must be a number")
        # The revision is read first: what changes in between is sent again, never lost.
        revision = carrier.store.revision()
        is_new = int(since) != revision
        messages = carrier.store.since(int(since), addresses(person)) if is_new else []
        return jsonify(
            revision=revision,
            messages=[message_view(carrier.store, message) for message in messages],
            now=carrier.clock.now().isoformat(),
            is_shop_reachable=carrier.is_shop_reachable(),
            is_typing=carrier.is_typing(person),
            faults_on=len(switched_on(carrier.switches.faults())),
        )

    @blueprint.get("/api/people")
    @guarded_by("open")
    def list_people() -> ResponseReturnValue:
        return jsonify(
            people=[person_view(each) for each in carrier.people()],
            shop={
                "name": carrier.settings.shop_name,
                "sms": carrier.settings.sms_from,
                "whatsapp": carrier.settings.whatsapp_from,
            },
        )


def _add_orders(blueprint: Blueprint, carrier: Carrier) -> None:
    def order(path: str, act: Callable[[Mapping[str, Any]], dict[str, Any]], limit: int = 16_384) -> None:
        @guarded_by("open")
        def view() -> ResponseReturnValue:
            return jsonify(act(asked_by_page(limit))), 201

        blueprint.add_url_rule(f"/api/{path}", f"api_{path}", view, methods=["POST"])

    def send(asked: Mapping[str, Any]) -> dict[str, Any]:
        message = carrier.send_from_phone(_read_message(carrier, asked))
        return {"sid": message.sid}

    def move_clock(asked: Mapping[str, Any]) -> dict[str, Any]:
        seconds = asked.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise PageError("seconds must be a number")
        try:
            carrier.clock.advance(seconds)
        except ClockError as error:
            raise PageError(str(error), reason="clock") from error
        return {"now": carrier.clock.now().isoformat()}

    def read(asked: Mapping[str, Any]) -> dict[str, Any]:
        carrier.mark_read(person_asked(carrier, asked.get("person")), _channel(asked.get("channel")))
        return {}

    def add_person(asked: Mapping[str, Any]) -> dict[str, Any]:
        person = _read_person(carrier, asked)
        carrier.store.add_person(person)
        return {"person": person_view(person)}

    # A file travels as base64, a third longer than it is.
    order("send", send, MEDIA_LIMIT * 4 // 3 + 16_384)
    order("clock", move_clock)
    order("read", read)
    order("people", add_person)


def asked_by_page(limit: int) -> Mapping[str, Any]:
    # No other site can set this header without a preflight that nobody here answers.
    if request.headers.get(PAGE_HEADER) != "1" or not request.is_json:
        raise PageError("only the simulator's own page may do this", 403)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise PageError("only the simulator's own page may do this", 403)
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise PageError("this is too large; a file may have up to 5 MB", 413, "tooLarge")
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise PageError("a JSON object is expected")
    return asked


def person_asked(carrier: Carrier, key: object) -> Person:
    person = carrier.person(key) if isinstance(key, str) else None
    if person is None:
        raise PageError("there is no such person", 404)
    return person


def _channel(name: object) -> Channel:
    try:
        return Channel(str(name))
    except ValueError as error:
        raise PageError("channel must be sms or whatsapp") from error


def _text(asked: Mapping[str, Any], name: str, longest: int) -> str:
    value = asked.get(name) or ""
    if not isinstance(value, str) or "\0" in value:
        raise PageError(f"{name} must be text")
    if len(value) > longest:
        raise PageError(f"{name} may have up to {longest} characters")
    return value


def _read_message(carrier: Carrier, asked: Mapping[str, Any]) -> PhoneMessage:
    person, channel = person_asked(carrier, asked.get("person")), _channel(asked.get("channel"))
    if channel is Channel.SMS and not person.phone:
        raise PageError("this person has no phone number, so there is no SMS", reason="noNumber")
    kind, media, extra = Kind.TEXT, None, {}
    body = _text(asked, "body", LONGEST_TEXT)
    if asked.get("sample"):
        kind, media = _sample(asked)
    elif asked.get("file"):
        kind, media = Kind.IMAGE, _file(asked["file"])
    elif asked.get("location"):
        kind, extra = Kind.LOCATION, {"location": _location(asked["location"])}
    elif asked.get("button"):
        extra = _button(asked["button"], body)
    if kind is Kind.TEXT and not body.strip():
        raise PageError("write something first")
    if channel is Channel.SMS and (kind not in SMS_KINDS or extra):
        raise PageError("SMS cannot carry this; try WhatsApp", reason="notBySms")
    return PhoneMessage(person=person, channel=channel, kind=kind, body=body, media=media, extra=extra)


def _sample(asked: Mapping[str, Any]) -> tuple[Kind, Media]:
    found = sample(_text(asked, "sample", 40))
    if found is None:
        raise PageError("there is no such sample", 404)
    return found


def _file(file: object) -> Media:
    if not isinstance(file, dict):
        raise PageError("file must be an object")
    name = _text(file, "name", 200)
    try:
        content = base64.b64decode(_text(file, "content", MEDIA_LIMIT * 4 // 3 + 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PageError("the file did not arrive whole") from error
    if len(content) > MEDIA_LIMIT:
        raise PageError("a picture may have up to 5 MB", 413, "tooLarge")
    content_type = picture_type(content)
    if content_type is None:
        raise PageError("only PNG, JPEG, GIF and WebP pictures can be sent", reason="notAPicture")
    return Media(sid=new_sid("ME"), content_type=content_type, name=name[-80:], content=content)


def _location(location: object) -> dict[str, Any]:
    if not isinstance(location, dict):
        raise PageError("location must be an object")
    place: dict[str, Any] = {}
    for name, farthest in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not -farthest <= value <= farthest
        ):
            raise PageError(f"{name} must be a number of degrees")
        place[name] = value
    return place | {name: _text(location, name, 200) for name in ("label", "address")}


def _button(button: object, title: str) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise PageError("button must be an object")
    kind = "list" if button.get("kind") == "list" else "reply"
    extra: dict[str, Any] = {"button": {"id": _text(button, "id", 200), "title": title, "kind": kind}}
    if replied_to := _text(button, "message", 34):
        extra["replied_to"] = replied_to
    return extra


def _read_person(carrier: Carrier, asked: Mapping[str, Any]) -> Person:
    name = " ".join(_text(asked, "name", 60).split())
    phone = re.sub(r"[\s().-]", "", _text(asked, "phone", 40)) or None
    language = _text(asked, "language", 5) or "es"
    people = carrier.people()
    if not name:
        raise PageError("a name is needed", reason="noName")
    if phone and not E164.fullmatch(phone):
        raise PageError("write the phone with its country code, like +34 600 000 010", reason="phone")
    if phone and any(phone == each.phone for each in people):
        raise PageError("somebody already has this phone number", 409, "phoneTaken")
    if phone in (carrier.settings.sms_from, carrier.settings.whatsapp_from):
        raise PageError("this is the shop's own number", 409, "phoneOfShop")
    if len(people) >= MOST_PEOPLE:
        raise PageError("there is no room for more people", 409, "peopleFull")
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", language):
        raise PageError("language must be a code like es")
    return Person(
        key=f"person-{secrets.token_hex(4)}",
        name=name,
        phone=phone,
        whatsapp_id=f"ES.{secrets.token_hex(8).upper()}",
        language=language,
        note="",
    )
