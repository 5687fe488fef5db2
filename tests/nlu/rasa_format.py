"""What Rasa 3 takes as NLU training data, as a function from a file's text to its faults.

Stricter than Rasa where Rasa only warns: what it would train on in another sense than ours is a fault.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

VERSION = "3.1"
KINDS = ("intent", "synonym", "lookup", "regex")
INTENT = re.compile(r"[a-z][a-z0-9_]*")
ENTITY = re.compile(r"\[([^\[\]]+)\](?:\(([a-z_]+)\)|(\{[^{}]+\}))")
KEYS_OF_AN_ENTITY = {"entity", "value", "role", "group"}
FEWEST = 2


def faults_of(text: str) -> Iterator[str]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"no YAML: {error}"
        return
    if not isinstance(document, dict) or set(document) != {"version", "nlu"}:
        yield "the file has other keys than version and nlu"
        return
    # Unquoted it would be a number, which Rasa refuses.
    if document["version"] != VERSION:
        yield f"version is {document['version']!r}"
    if not isinstance(document["nlu"], list):
        yield "nlu is no list"
        return
    for entry in document["nlu"]:
        yield from _faults_of_entry(entry)
    yield from _twice(document["nlu"])


def _faults_of_entry(entry: Any) -> Iterator[str]:
    kinds = [kind for kind in KINDS if isinstance(entry, dict) and kind in entry]
    if len(kinds) != 1 or set(entry) != {kinds[0], "examples"}:
        yield f"an entry must be one of {', '.join(KINDS)} with its examples: {str(entry)[:60]}"
        return
    kind, name, examples = kinds[0], entry[kinds[0]], entry["examples"]
    # YAML 1.1 takes yes and no for truth values.
    if not isinstance(name, str) or not name.strip():
        yield f"{kind} {name!r} is no name"
    elif kind == "intent" and not INTENT.fullmatch(name):
        yield f"intent {name!r}: only small letters, digits and _"
    if not isinstance(examples, str):
        yield f"{kind} {name}: examples must be one block of text, with | after the colon"
        return
    lines = examples.splitlines()
    if kind == "intent" and len(lines) < FEWEST:
        yield f"intent {name} has fewer than {FEWEST} examples"
    for line in lines:
        yield from (f"{kind} {name}: {fault}: {line!r}" for fault in _faults_of_line(kind, line))


def _faults_of_line(kind: str, line: str) -> Iterator[str]:
    example = line.removeprefix("- ")
    if example == line or not example.strip():
        yield "a line must begin with '- ' and say something"
    if kind == "regex":
        re.compile(example)
        return
    if kind == "intent":
        for _, _, told in ENTITY.findall(example):
            if told:
                yield from _faults_of_dict(told)
        example = ENTITY.sub("", example)
    # An annotation that is not well formed is trained on as text.
    if set(example) & set("[]{}"):
        yield "a bracket that belongs to no annotation"


def _faults_of_dict(told: str) -> Iterator[str]:
    try:
        found = yaml.safe_load(told)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict) or "entity" not in found or set(found) - KEYS_OF_AN_ENTITY:
        yield "an annotation in braces needs an entity, and value, role or group at most"


def _twice(entries: list[Any]) -> Iterator[str]:
    named = [
        (kind, entry[kind]) for entry in entries if isinstance(entry, dict) for kind in KINDS if kind in entry
    ]
    yield from (
        f"{kind} {name} stands there twice" for (kind, name), count in Counter(named).items() if count > 1
    )
