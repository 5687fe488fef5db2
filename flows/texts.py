"""What the bot says: Rasa `responses` with channel variations and translations, checked when loaded."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from context_store.records import Channel, Option
from flows.options import with_numbered
from flows.plain_letters import in_fewer_segments

LANGUAGES = ("es", "en", "pt")
# The variations themselves are written in this one; the others are their translations.
BASE_LANGUAGE = "es"
CHANNEL_NAMES = {
    Channel.WHATSAPP: "WhatsApp",
    Channel.SMS: "SMS",
    Channel.EMAIL: "e-mail",
    Channel.WEB: "web",
    Channel.APP: "app",
}
FOLDER = Path(__file__).parent / "texts"
# What customers wrote, and what must be found as it is: no letter of it is ever changed.
AS_WRITTEN = ("first_name", "name", "address", "email", "reason", "what", "link", "code")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Button(Strict):
    title: str
    payload: str = ""


class Wording(Strict):
    text: str
    buttons: tuple[Button, ...] = ()


class Variation(Wording):
    channel: Channel | None = None
    translation: dict[str, Wording] = Field(default_factory=dict)


class Domain(Strict):
    version: str
    responses: dict[str, tuple[Variation, ...]]


@dataclass(frozen=True, kw_only=True)
class Rendered:
    text: str
    options: tuple[Option, ...] = ()


class TextFault(Exception):
    """A response that is unknown, incomplete, or lacks a value for one of its places."""


class Texts:
    def __init__(
        self, responses: Mapping[str, tuple[Variation, ...]], *, with_plain_sms: bool = True
    ) -> None:
        self._responses = responses
        self._with_plain_sms = with_plain_sms

    @classmethod
    def load(
        cls,
        folder: Path = FOLDER,
        more: Mapping[str, tuple[Variation, ...]] | None = None,
        *,
        with_plain_sms: bool = True,
    ) -> Self:
        """Read every file of the folder. Raises `TextFault` that names the file and the response."""
        responses: dict[str, tuple[Variation, ...]] = dict(more or {})
        for name, variations in responses.items():
            for variation in variations:
                _check(name, variation)
        for path in sorted(folder.glob("*.yml")):
            domain = Domain.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            for name, variations in domain.responses.items():
                if name in responses:
                    raise TextFault(f"{path.name}: {name} is written twice")
                for variation in variations:
                    _check(f"{path.name}: {name}", variation)
                responses[name] = variations
        return cls(responses, with_plain_sms=with_plain_sms)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._responses)

    def has(self, response: str) -> bool:
        return response in self._responses

    def render(
        self,
        response: str,
        *,
        language: str,
        channel: Channel,
        values: Mapping[str, Any],
        is_part: bool = False,
    ) -> Rendered:
        """The wording for that language and channel with its places filled in, literally.

        An SMS is written in plain letters where that saves a segment; a part of one is left to whoever
        joins it with others (`in_plain_letters`).
        """
        wording = self._wording(response, language, channel)
        base = self._variation(response, channel)
        own = tuple(
            Option(title=_fill(response, button.title, values), payload=_fill_payload(original, values))
            for button, original in zip(wording.buttons, base.buttons, strict=True)
        )
        rendered = Rendered(text=_fill(response, wording.text, values), options=own)
        if is_part or channel is not Channel.SMS:
            return rendered
        return self.in_plain_letters([rendered], as_written(values))[0]

    def in_plain_letters(self, parts: Sequence[Rendered], keep: Collection[str]) -> list[Rendered]:
        """The parts of one SMS, without accents where that saves a segment; `keep` is left as it is."""
        if not self._with_plain_sms or not parts:
            return list(parts)
        whole = with_numbered("\n\n".join(part.text for part in parts), parts[-1].options)
        written = [words for part in parts for words in (part.text, *_titles(part))]
        plain = iter(in_fewer_segments(whole, written, keep) or written)
        return [
            Rendered(
                text=next(plain),
                options=tuple(replace(option, title=next(plain)) for option in part.options),
            )
            for part in parts
        ]

    def as_template(self, response: str, language: str) -> str:
        """The same wording with WhatsApp's numbered places: {items} and {total} become {{1}} and {{2}}."""
        places = self.places(response)
        text = self._wording(response, language, Channel.WHATSAPP).text
        return PLACEHOLDER.sub(lambda match: f"{{{{{places.index(match.group(1)) + 1}}}}}", text)

    def places(self, response: str) -> tuple[str, ...]:
        """The names of a response's places, in the order of the base language."""
        found = PLACEHOLDER.findall(self._variation(response, Channel.WHATSAPP).text)
        return tuple(dict.fromkeys(found))

    def _variation(self, response: str, channel: Channel) -> Variation:
        variations = self._responses.get(response)
        if variations is None:
            raise TextFault(f"no response {response!r} in flows/texts")
        fitting = [variation for variation in variations if variation.channel == channel]
        general = [variation for variation in variations if variation.channel is None]
        return (fitting or general)[0]

    def _wording(self, response: str, language: str, channel: Channel) -> Wording:
        variation = self._variation(response, channel)
        return variation if language == BASE_LANGUAGE else variation.translation[language]


def as_written(values: Mapping[str, Any]) -> list[str]:
    """Those values no letter of which may change."""
    return [str(values[place]) for place in AS_WRITTEN if values.get(place)]


def _titles(rendered: Rendered) -> list[str]:
    return [option.title for option in rendered.options]


def _check(where: str, variation: Variation) -> None:
    for language in LANGUAGES:
        if language == BASE_LANGUAGE:
            continue
        wording = variation.translation.get(language)
        if wording is None:
            raise TextFault(f"{where} has no {language} translation")
        if _places(wording) != _places(variation):
            raise TextFault(f"{where}: the {language} translation has other {{places}}")
        if len(wording.buttons) != len(variation.buttons):
            raise TextFault(f"{where}: the {language} translation has another number of buttons")


def _places(wording: Wording) -> set[str]:
    return set(PLACEHOLDER.findall(wording.text))


def _fill(response: str, text: str, values: Mapping[str, Any]) -> str:
    """Put values in by name only: what a stranger wrote is never read as a format of its own."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match.group(1))
        if found is None:
            raise TextFault(f"{response} needs a value for {match.group(0)}")
        return str(found)

    return PLACEHOLDER.sub(value, text)


def _fill_payload(button: Button, values: Mapping[str, Any]) -> str:
    # Rasa payloads carry JSON braces, so only places that have a value are filled.
    return PLACEHOLDER.sub(lambda match: str(values.get(match.group(1), match.group(0))), button.payload)
