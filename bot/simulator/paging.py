"""One page of a list of resources, as Twilio words it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

LARGEST_PAGE = 1000


def asked_number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default


def asked_size() -> int:
    return min(max(asked_number("PageSize", 50), 1), LARGEST_PAGE)


def page_of(key: str, resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """In the words of the newer APIs, v1 and v2."""
    size, page = asked_size(), asked_number("Page", 0)
    start = page * size
    return {
        key: list(resources[start : start + size]),
        "meta": {
            "key": key,
            "page": page,
            "page_size": size,
            "url": _url(page),
            "first_page_url": _url(0),
            "previous_page_url": _url(page - 1) if page else None,
            "next_page_url": _url(page + 1) if start + size < len(resources) else None,
        },
    }


def only_page(key: str, resources: Sequence[dict[str, Any]], uri: str) -> dict[str, Any]:
    """A short list in the words of the API of 2010: all of it on one page."""
    return {
        key: list(resources),
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(len(resources) - 1, 0),
        "uri": uri,
        "first_page_uri": f"{uri}?Page=0",
        "previous_page_uri": None,
        "next_page_uri": None,
    }


def _url(page: int) -> str:
    # Absolute, and on the address the client came by.
    return f"{request.base_url}?{urlencode({**request.args.to_dict(), 'Page': page})}"
