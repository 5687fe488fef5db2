"""What answers may say of the shop, from data that the shop edits."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from flows import opening
from flows.texts import LANGUAGES

FILE = Path(__file__).parent / "shop.yml"
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Span = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Wording(Strict):
    es: str
    en: str
    pt: str


class Holidays(Strict):
    country: str
    region: str | None = None


class Reward(Strict):
    points: int = Field(gt=0)
    texts: Wording


class Shop(Strict):
    name: str
    address: str
    timezone: str = "UTC"
    opening: dict[Weekday, tuple[Span, ...]]
    special_days: dict[date, tuple[Span, ...]] = Field(default_factory=dict)
    public_holidays: Holidays | None = None
    return_days: int = Field(default=30, ge=0)
    rewards: tuple[Reward, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @field_validator("public_holidays")
    @classmethod
    def _are_known(cls, told: Holidays | None) -> Holidays | None:
        """Found out when the process starts, not when somebody asks for Christmas."""
        if told is not None:
            opening.holidays_of(told.country, told.region, 2026)
        return told


def load_shop(name: str, path: Path = FILE) -> dict[str, Any]:
    """The shop's facts as actions see them. Raises pydantic's error when the file lacks something."""
    shop = Shop(name=name, **yaml.safe_load(path.read_text(encoding="utf-8"))).model_dump(mode="json")
    usual = {language: opening.usual(shop["opening"], language) for language in LANGUAGES}
    return {**shop, "hours": usual}
