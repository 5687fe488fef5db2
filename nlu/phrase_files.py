"""Rasa's NLU YAML as a list of entries, to read, to write, and to add a phrase to.

`nlu.training` decides what is good training data; this only knows the form.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.text import normalise
from nlu.training import BadTrainingData, read_language, without_annotations

VERSION = "3.1"
REVIEWED = "reviewed.yml"
KINDS = ("intent", "synonym", "lookup", "regex")
# Letters and signs that need no quotes in YAML, and that no reader takes for something else.
_PLAIN = re.compile(r"[a-z][a-z_ ]*")
_YAML_WORDS = frozenset(("yes", "no", "on", "off", "true", "false", "null", "y", "n"))


@dataclass(frozen=True, kw_only=True)
class Entry:
    kind: str
    name: str
    # As they were written, with their annotations.
    examples: tuple[str, ...]


def read_entries(path: Path) -> list[Entry]:
    """Raises BadTrainingData where the file has another form."""
    try:
        document: Any = yaml.load(
            path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
        return [_entry(entry) for entry in document["nlu"]]
    except (yaml.YAMLError, UnicodeDecodeError, LookupError, TypeError, AttributeError) as error:
        raise BadTrainingData(f"{path.name}: no training phrases in it: {error}") from error


def _entry(entry: dict[str, str]) -> Entry:
    kind = next(kind for kind in KINDS if kind in entry)
    lines = [line.strip() for line in entry["examples"].splitlines() if line.strip()]
    return Entry(kind=kind, name=entry[kind], examples=tuple(line.removeprefix("- ") for line in lines))


def read_folder(folder: Path) -> Iterator[Entry]:
    """Every *.yml of a language, in the order of their names."""
    for path in sorted(folder.glob("*.yml")):
        yield from read_entries(path)


def joined(entries: Iterable[Entry]) -> list[Entry]:
    """One entry a name; nothing said twice."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for entry in entries:
        listed = found.setdefault((entry.kind, entry.name), {})
        for example in entry.examples:
            listed.setdefault(normalise(without_annotations(example)), example)
    return [
        Entry(kind=kind, name=name, examples=tuple(examples.values()))
        for (kind, name), examples in found.items()
    ]


def as_yaml(entries: Iterable[Entry], comment: str) -> str:
    lines = [f"# {comment}", f'version: "{VERSION}"', "nlu:"]
    for entry in entries:
        lines += [f"  - {entry.kind}: {_quoted(entry.name)}", "    examples: |"]
        lines += [f"      - {example}" for example in entry.examples]
    return "\n".join([*lines, ""])


def _quoted(name: str) -> str:
    is_plain = _PLAIN.fullmatch(name) and name not in _YAML_WORDS
    return name if is_plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def add_phrase(folder: Path, language: str, intent: str, phrase: str) -> str | None:
    """Write it into the language's file of reviewed phrases. Why not, in words; None when it is done.

    `folder` holds a folder per language. Raises BadTrainingData when what is there cannot be read.
    """
    home = folder / language
    key = normalise(phrase)
    if not key:
        return "there is no word in it"
    has_files = home.is_dir() and any(home.glob("*.yml"))
    other = read_language(home).phrases.get(key) if has_files else None
    if other is not None:
        return f"it stands there already, as {other}"
    file = home / REVIEWED
    there = read_entries(file) if file.exists() else []
    entries = joined([*there, Entry(kind="intent", name=intent, examples=(phrase,))])
    home.mkdir(parents=True, exist_ok=True)
    _replace(file, as_yaml(entries, "Said by customers, and told apart by people: `hilo nlu review`."))
    return None


def _replace(file: Path, content: str) -> None:
    """Whole or not at all."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_text(content, "utf-8")
    part.replace(file)


def plain_examples(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """(phrase without annotations, intent)."""
    for entry in entries:
        if entry.kind == "intent":
            yield from ((without_annotations(example), entry.name) for example in entry.examples)
