"""Our phrases, flows and texts as a Rasa project: `hilo nlu export` writes what `rasa train nlu` reads.

Rasa's open schema has no translations, so a wording of another language is a variation with a condition.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from flows import texts
from flows.base import Form
from flows.registry import ACTIONS, FORMS, INTENTS
from flows.slots import ENTITY_FOR_SLOT, KNOWN
from flows.texts import Domain, Variation, Wording
from nlu.intents import TRAINED
from nlu.language import LANGUAGES
from nlu.phrase_files import VERSION, Entry, as_yaml, joined, read_folder
from nlu.rasa_server import SHAPES
from nlu.training import DATA

# Rasa makes this one itself.
ITS_OWN_SLOTS = frozenset(("requested_slot",))
ANNOTATED = re.compile(r"\]\((\w+)\)|\]\{\"entity\": ?\"(\w+)\"")
PAYLOAD = re.compile(r"/(\w+)(\{.*\})?")
NOTE = "Written by `hilo nlu export`: change the phrases and flows, not this file."
CONFIG = """\
# Train with `rasa train nlu`, serve with `rasa run --enable-api`, and set NLU_URL to that address.
# Three languages in one model: nothing here is made for one of them.
recipe: default.v1
assistant_id: hilo
language: xx
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 100
    constrain_similarities: true
    random_seed: 1
  - name: EntitySynonymMapper
  - name: FallbackClassifier
    threshold: 0.4
    ambiguity_threshold: 0.05
policies:
  - name: RulePolicy
"""


def write_project(folder: Path, data: Path = DATA) -> list[Path]:
    """Three files; what was there under their names is replaced. Raises `OSError`, BadTrainingData."""
    entries = entries_of(data)
    contents = {
        "data/nlu.yml": as_yaml(entries, NOTE),
        "domain.yml": f"# {NOTE}\n{_dumped(domain_of(entries))}",
        "config.yml": CONFIG,
    }
    written = []
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
        written.append(file)
    return written


def entries_of(data: Path = DATA) -> list[Entry]:
    """All languages in one. A phrase or synonym that two read differently keeps its first meaning."""
    seen: dict[tuple[str, str], str] = {}
    kept = []
    for entry in joined(entry for language in LANGUAGES for entry in read_folder(data / language)):
        examples = tuple(
            example
            for example in entry.examples
            if entry.kind == "lookup" or seen.setdefault((entry.kind, example), entry.name) == entry.name
        )
        kept.append(Entry(kind=entry.kind, name=entry.name, examples=examples))
    return [entry for entry in kept if entry.examples]


def domain_of(entries: Iterable[Entry]) -> dict[str, Any]:
    listed = list(entries)
    responses = dict(_responses())
    payloads = list(_payloads(responses))
    return {
        "version": VERSION,
        "intents": sorted({*TRAINED, *INTENTS, *(intent for intent, _ in payloads)}),
        "entities": sorted({*SHAPES, *_annotated(listed), *_asked(), *_named(payloads)}),
        "slots": {name: _slot(name) for name in sorted(KNOWN - ITS_OWN_SLOTS)},
        "responses": responses,
        "actions": sorted(action().name() for action in ACTIONS),
        "forms": {form.name: {"required_slots": list(form.slots)} for form in FORMS.values()},
        "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": True},
    }


def _annotated(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.kind == "intent":
            for example in entry.examples:
                yield from (first or second for first, second in ANNOTATED.findall(example))


def _asked() -> Iterator[str]:
    """What a button answers to a form's question has the slot's own name."""
    yield from (slot for form in FORMS.values() for slot in form.slots)


def _named(payloads: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
    yield from (name for _, told in payloads for name in told)


def _slot(name: str) -> dict[str, Any]:
    asking = [form for form in FORMS.values() if name in form.slots]
    mappings = [mapping for form in asking for mapping in _mappings(name, form)] or [{"type": "custom"}]
    return {"type": "any", "influence_conversation": False, "mappings": mappings}


def _mappings(name: str, form: Form) -> Iterator[dict[str, Any]]:
    conditions = [{"active_loop": form.name, "requested_slot": name}]
    if name in ENTITY_FOR_SLOT:
        yield {"type": "from_entity", "entity": ENTITY_FOR_SLOT[name], "conditions": conditions}
    yield {"type": "from_entity", "entity": name, "conditions": conditions}
    yield {"type": "from_text", "conditions": conditions}


def _responses() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for path in sorted(texts.FOLDER.glob("*.yml")):
        domain = Domain.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for name, variations in domain.responses.items():
            yield name, [said for variation in variations for said in _said(variation)]


def _said(variation: Variation) -> Iterator[dict[str, Any]]:
    """The base language without a condition: said where no other fits."""
    yield _wording(variation, variation)
    for language, wording in variation.translation.items():
        condition = {"type": "slot", "name": "language", "value": language}
        yield {"condition": [condition], **_wording(wording, variation)}


def _wording(wording: Wording, base: Variation) -> dict[str, Any]:
    """Translated buttons do what those of the base do."""
    pairs = zip(wording.buttons, base.buttons, strict=True)
    buttons = [{"title": said.title, "payload": meant.payload} for said, meant in pairs]
    channel = {"channel": base.channel.value} if base.channel else {}
    return {**channel, "text": wording.text, **({"buttons": buttons} if buttons else {})}


def _payloads(responses: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, list[str]]]:
    """Each button's intent and the names of its entities."""
    for said in responses.values():
        for variation in said:
            for button in variation.get("buttons", ()):
                if match := PAYLOAD.fullmatch(button["payload"]):
                    yield match[1], list(json.loads(match[2])) if match[2] else []


def _dumped(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_WithoutAliases, allow_unicode=True, sort_keys=False, width=1000)


class _WithoutAliases(yaml.SafeDumper):
    """Each mapping in full: a reader need not look for anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
