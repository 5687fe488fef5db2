"""What answers may say of the shop, from data that the shop edits."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "shop.yml"


class Hours(BaseModel):
    model_config = ConfigDict(extra="forbid")

    es: str
    en: str
    pt: str


class Shop(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    address: str
    hours: Hours


def load_shop(name: str, path: Path = FILE) -> dict[str, Any]:
    """The shop's facts as actions see them. Raises pydantic's error when the file lacks something."""
    return Shop(name=name, **yaml.safe_load(path.read_text(encoding="utf-8"))).model_dump()
