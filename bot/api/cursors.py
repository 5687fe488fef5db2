"""Cursors: opaque to others, a place on the line of time to us."""

import base64
import binascii
import json
from datetime import datetime
from uuid import UUID

from bot.api.problems import FieldProblem, Problem
from context_store.timeline import KINDS, Place

LARGEST_NUMBER = 2**62


def write(place: Place) -> str:
    said = json.dumps([place.at.isoformat(), place.kind, str(place.key)])
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(cursor: str | None, parameter: str) -> Place | None:
    """Raises `Problem` on one that we have not given."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at, kind, key = json.loads(raw)
        return _place(datetime.fromisoformat(at), kind, key)
    except (binascii.Error, ValueError, TypeError, UnicodeDecodeError, OverflowError) as error:
        detail = "not a cursor of ours: take `older` or `newer` of an earlier answer"
        raise Problem(
            400, "invalid-cursor", detail, errors=[FieldProblem(detail=detail, parameter=parameter)]
        ) from error


def _place(at: datetime, kind: str, key: str) -> Place:
    if kind not in KINDS or at.tzinfo is None or not isinstance(key, str):
        raise ValueError("no place")
    if kind in ("message", "decision"):
        number = int(key)
        if not 0 <= number < LARGEST_NUMBER:
            raise ValueError("no number of ours")
        return Place(at=at, kind=kind, key=number)
    return Place(at=at, kind=kind, key=UUID(key))
