"""Raw requests of vendors, one a file, byte for byte as they come over the wire."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Payload:
    body: bytes

    @classmethod
    def of(cls, fields: dict[str, str]) -> Self:
        """A made-up one."""
        return cls(body=urlencode(fields).encode("ascii"))

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))


def payload(name: str) -> Payload:
    """The raw body of `tests/payloads/<name>.form`, without the line end that editors add."""
    return Payload(body=(FOLDER / f"{name}.form").read_bytes().rstrip(b"\n"))


def names(folder: str) -> list[str]:
    return sorted(f"{folder}/{file.stem}" for file in (FOLDER / folder).glob("*.form"))
