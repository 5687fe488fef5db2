"""One line for people and fields for machines. Never the text of a message, never a full number."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

from bot.settings import Settings
from flows.sprint import FlowFault
from flows.texts import TextFault

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# A number that slipped into a line keeps its last two digits. Ids are longer and carry letters.
# In a URL its "+" is "%2B".
LONG_NUMBER = re.compile(r"(?:(?<=%2B)|(?<![\w-])\+?)\d{7,15}(?=\d{2}(?![\w-]))")
# A line end, or what a terminal takes for a command.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Huey tells of every task, urllib3 of every connection; the twilio client prints numbers in URLs.
NOISY = ("huey", "twilio.http_client", "urllib3", "waitress.queue", "rasa_sdk", "alembic")
# They quote our own code and data only.
OF_DEVELOPERS = (FlowFault, TextFault)
# Of an error that came of an error that came of …
MOST_CAUSES = 5


def set_up_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def masked(text: str) -> str:
    return LONG_NUMBER.sub("…", text)


def one_line(text: str) -> str:
    """What is not printable is spelled out: nobody can write a line of their own."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def without_words(error: BaseException | None) -> str:
    """Where it happened and of what kind, the first cause first; an error's words may quote a customer."""
    told: list[str] = []
    while error is not None and len(told) < MOST_CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        words = f": {error}" if isinstance(error, OF_DEVELOPERS) else ""
        told.insert(0, f"{frames}{type(error).__module__}.{type(error).__qualname__}{words}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(told)


class TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = one_line(
            f"{moment} {record.levelname:<7} {record.name} {record.getMessage()} {fields}".rstrip()
        )
        if record.exc_info:
            line = f"{line}\n{without_words(record.exc_info[1])}"
        return masked(line)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **{name: masked(str(value)) for name, value in _fields(record).items()},
        }
        if record.exc_info:
            line["exception"] = masked(without_words(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}
