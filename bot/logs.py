"""One line for people and fields for machines. Never the text of a message, never a full number."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from bot.settings import Settings

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# A number that slipped into a line keeps its last two digits. Ids are longer and carry letters.
LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d{7,15}(?=\d{2}(?![\w-]))")


def set_up_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Huey tells of every task, urllib3 of every connection; the twilio client prints numbers in URLs.
    for noisy in ("huey", "twilio.http_client", "urllib3", "waitress.queue", "rasa_sdk", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def masked(text: str) -> str:
    return LONG_NUMBER.sub("…", text)


class TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = f"{moment} {record.levelname:<7} {record.name} {record.getMessage()} {fields}".rstrip()
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
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
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}
