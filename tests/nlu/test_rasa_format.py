"""Our training data are Rasa's: each file by itself, and each fault that Rasa would stumble over is seen."""

from pathlib import Path

import pytest

from nlu.training import DATA
from tests.nlu.rasa_format import faults_of

FILES = sorted(DATA.glob("*/*.yml"))
GOOD = """\
version: "3.1"
nlu:
  - intent: order_status
    examples: |
      - where is order [1042](order_number)
      - where is [my parcel]{"entity": "product", "value": "parcel"}
  - synonym: order
    examples: |
      - parcel
  - lookup: filler
    examples: |
      - well
  - regex: order_number
    examples: |
      - [0-9]{4,6}
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_is_what_rasa_trains_on(path: Path) -> None:
    assert list(faults_of(path.read_text("utf-8"))) == []


def test_every_kind_of_entry_is_good() -> None:
    assert list(faults_of(GOOD)) == []


FAULTS = [
    ('"3.1"', "3.1", "version is 3.1"),
    ('"3.1"', '"2.0"', "version is '2.0'"),
    ("nlu:", "NLU:", "other keys"),
    ("intent: order_status", "intent: order status", "only small letters"),
    ("intent: order_status", "intent: faq/order", "only small letters"),
    ("intent: order_status", "intents: order_status", "an entry must be"),
    ("synonym: order", "synonym: no", "synonym False is no name"),
    ("      - where is order [1042](order_number)\n", "", "fewer than 2"),
    ("examples: |\n      - parcel", "examples:\n      - parcel", "one block of text"),
    ("- parcel", "* parcel", "must begin with"),
    ("(order_number)", " (order_number)", "belongs to no annotation"),
    ("[1042](order_number)", "[1042](order number)", "belongs to no annotation"),
    ('"entity": "product"', '"ent": "product"', "needs an entity"),
    ("synonym: order", "lookup: filler", "stands there twice"),
    ("nlu:", "nlu: [", "no YAML"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
def test_a_fault_is_seen(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    assert fault in "\n".join(faults_of(GOOD.replace(old, new, 1)))
