"""Reads training phrases in Rasa's NLU YAML, one folder per language, and refuses bad ones by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nlu.intents import TRAINED
from nlu.text import normalise

DATA = Path(__file__).parent / "data"

# [1042](order_number) and [1042]{"entity": "order_number"}, the two ways Rasa writes an entity.
_ANNOTATION = re.compile(r"\[([^\]\n]{1,100})\](?:\([^)\n]{1,60}\)|\{[^}\n]{1,200}\})")


# A shop may sell anything anywhere: the product of an example is a place to fill, not a word to look for.
_OPEN_NAME = re.compile(r"\[[^\]\n]{1,100}\]\((?:product|city)\)")


class BadTrainingData(ValueError):
    """The phrases cannot be used; says which file and why. Fix the file, trying again is useless."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """One language's phrases, as they were written."""

    phrases: dict[str, str]  # normalised phrase -> intent
    cores: dict[str, str]  # of those with an open name: normalised phrase -> the same without it
    synonyms: dict[str, str]  # normalised word -> the word it stands for
    lookups: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # "filler", "negation" and so on: normalised words


def read_language(folder: Path) -> Training:
    """Every *.yml of the folder. Raises BadTrainingData."""
    phrases: dict[str, str] = {}
    cores: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    lookups: dict[str, frozenset[str]] = {}
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise BadTrainingData(f"{folder}: no *.yml here")
    for path in files:
        for kind, name, examples in _entries(path):
            if kind == "intent":
                _add_phrases(phrases, path, name, examples)
                cores.update(_cores(examples))
            elif kind == "synonym":
                synonyms.update((normalise(example), normalise(name)) for example in examples)
            else:
                lookups[name] = frozenset(map(normalise, examples))
    return Training(phrases=phrases, cores=cores, synonyms=synonyms, lookups=lookups)


def without_annotations(example: str) -> str:
    return _ANNOTATION.sub(r"\1", example)


def _cores(examples: list[str]) -> Iterator[tuple[str, str]]:
    for example in examples:
        if _OPEN_NAME.search(example):
            core = normalise(without_annotations(_OPEN_NAME.sub(" ", example)))
            yield normalise(without_annotations(example)), core


def _add_phrases(phrases: dict[str, str], path: Path, intent: str, examples: list[str]) -> None:
    if intent not in TRAINED:
        raise BadTrainingData(f"{path.name}: unknown intent {intent!r}")
    for example in examples:
        phrase = normalise(without_annotations(example))
        if not phrase:
            raise BadTrainingData(f"{path.name}: {intent} has a phrase without words: {example!r}")
        other = phrases.setdefault(phrase, intent)
        if other != intent:
            raise BadTrainingData(f"{path.name}: {phrase!r} stands under both {other} and {intent}")


def _entries(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    try:
        document: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadTrainingData(f"{path.name}: not readable as YAML: {error}") from error
    listed = document.get("nlu") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise BadTrainingData(f"{path.name}: no list under 'nlu:'")
    for entry in listed:
        yield _entry(path, entry)


def _entry(path: Path, entry: Any) -> tuple[str, str, list[str]]:
    if isinstance(entry, dict):
        for kind in ("intent", "synonym", "lookup"):
            name, examples = entry.get(kind), entry.get("examples")
            if isinstance(name, str) and isinstance(examples, str):
                return kind, name, [_example(path, line) for line in examples.splitlines() if line.strip()]
    raise BadTrainingData(
        f"{path.name}: an entry needs intent, synonym or lookup, and examples: {entry!r:.80}"
    )


def _example(path: Path, line: str) -> str:
    stripped = line.strip()
    if not stripped.startswith("- "):
        raise BadTrainingData(f"{path.name}: an example must start with '- ': {stripped!r:.80}")
    return stripped[2:].strip()


def _loader() -> Any:
    # libyaml where the wheel has it: five times quicker, same result.
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
