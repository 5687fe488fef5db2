"""The body of a request of the tracking API: unzipped, bounded, read as JSON that a database can keep."""

import gzip
import json
import zlib
from typing import Any

from flask import abort, request
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

# What the specification knows goes down five steps; the stack, some hundreds.
DEEPEST = 32
INFINITIES = (float("inf"), float("-inf"))


def json_body(largest: int) -> dict[str, Any]:
    """Aborts with 400 and what is wrong."""
    raw = _raw(largest)
    try:
        body = _read(raw)
    except (UnicodeDecodeError, ValueError, RecursionError):
        abort(400, f"the body is not JSON, or is nested deeper than {DEEPEST}")
    if not isinstance(body, dict):
        abort(400, "the body must be a JSON object")
    return body


def _raw(largest: int) -> bytes:
    request.max_content_length = largest
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        abort(400, f"larger than {largest} bytes")
    if request.headers.get("Content-Encoding", "").strip().lower() == "gzip":
        return _unzipped(raw, largest)
    return raw


def _read(raw: bytes) -> Any:
    if b"\\u0000" not in raw:
        try:
            body = from_json(raw, allow_inf_nan=False)
        except ValueError:
            # Half an emoji, perhaps.
            if b"\\u" not in raw:
                raise
        else:
            _check(body)
            return body
    return _clean(json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_finite))


def _check(value: Any, depth: int = 0) -> None:
    """Raises for what is nested too deeply, and for a number that is too large for any."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if not isinstance(value, dict | list):
        return
    for part in value.values() if type(value) is dict else value:
        kind = type(part)
        if kind is dict or kind is list:
            _check(part, depth + 1)
        elif kind is float and part in INFINITIES:
            raise ValueError("a number that is too large")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in INFINITIES:
        raise ValueError("a number that is too large")
    return number


def _clean(value: Any, depth: int = 0) -> Any:
    """The same without what no database keeps."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(part, depth + 1) for name, part in value.items()}
    return value


def _unzipped(raw: bytes, largest: int) -> bytes:
    """Never more than `largest` bytes: a small zip can hold a huge one."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unzip.decompress(raw, largest + 1)
    except (zlib.error, gzip.BadGzipFile):
        abort(400, "the body is not gzip, as its Content-Encoding says")
    if len(content) > largest:
        abort(400, f"larger than {largest} bytes when unzipped")
    return content
