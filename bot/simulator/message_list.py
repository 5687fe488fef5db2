"""The list of messages as Twilio pages it: newest first, filtered by address and day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request

from bot.simulator.forms import API_VERSION
from bot.simulator.message_resource import message_resource
from bot.simulator.outgoing import RestError
from bot.simulator.paging import asked_number, asked_size
from bot.simulator.store import MessageFilter, Store


def list_page(store: Store, account: str, known_before: datetime | None) -> dict[str, Any]:
    """What the request asks for; what was accepted since `known_before` is not known yet."""
    size, page = asked_size(), asked_number("Page", 0)
    # A token goes on behind the last message of the page before, whatever has come in since then.
    older_than = request.args.get("PageToken", "").removeprefix("PA") or None
    wanted = _filter(known_before, older_than)
    found = store.newest(wanted, size + 1, 0 if older_than else page * size)
    shown = found[:size]
    base = f"/{API_VERSION}/Accounts/{account}/Messages.json"
    return {
        "messages": [message_resource(message, account) for message in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": _page_uri(base, page),
        "first_page_uri": _page_uri(base, 0),
        "previous_page_uri": _page_uri(base, page - 1) if page else None,
        "next_page_uri": _page_uri(base, page + 1, f"PA{shown[-1].sid}") if len(found) > size else None,
    }


def _filter(known_before: datetime | None, older_than: str | None) -> MessageFilter:
    exact, after, before = _day("DateSent"), _day("DateSent>"), _day("DateSent<")
    end = exact or before
    return MessageFilter(
        sender=request.args.get("From") or None,
        recipient=request.args.get("To") or None,
        sent_from=exact or after,
        sent_before=end + timedelta(days=1) if end else None,
        accepted_before=known_before,
        older_than=older_than,
    )


def _day(name: str) -> datetime | None:
    """Twilio filters by the day in GMT, whatever time of day the client writes behind it."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise RestError(20001, f"{name} is not a date.") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _page_uri(base: str, page: int, token: str = "") -> str:
    # Relative to the API's base address, which the client puts in front again.
    asked = {name: value for name, value in request.args.items() if name not in ("Page", "PageToken")}
    place = {"Page": str(page)} | ({"PageToken": token} if token else {})
    return f"{base}?{urlencode({**asked, **place})}"
