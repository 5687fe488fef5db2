"""What strangers type is read in little time: no pattern and no turn can be made to think for long."""

import ast
import importlib
import re
from functools import partial
from pathlib import Path

import pytest

import app
from app import LARGEST_REQUEST
from nlu.text import LONGEST
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, add_order, execute
from tests.security.looks import SECONDS_OF_CPU, cpu_seconds, product_sources
from tests.security.test_hostile_text import asks_for_delivery, assert_next_message_works
from tests.world import World

# The worst that fits into a form with every byte escaped.
LARGEST_BODY = 65_536
LONG_TEXTS = {
    "letters": "a" * LARGEST_BODY,
    "digits": "0" * LARGEST_BODY,
    "digits apart": "1 " * 30_000,
    "blanks and a word": " " * 60_000 + "x",
    "lines and a number": "\n" * 60_000 + "2",
    "marks to be put in order": "a" + "\u0301\u0316" * 10_000,
    "letters that stand for sentences": "\ufdfa" * 20_000,
    "phone numbers": "+34 600 " * 8_000,
    "almost an address": "a@a." * 16_000,
    "almost many": "a@" * 30_000,
    "stars": "⭐" * 20_000,
    "from one to two": "de 1 a 2 " * 7_000,
    "orders without a number": "pedido n. " * 6_000,
    "noes": "no " * 20_000 + "español",
    "payloads": '/inform{"a": ' * 5_000,
    "places": "{shop}" * 10_000,
    "a family": "\U0001f468\u200d" * 9_000,
    "right to left": "\u202e" * 20_000,
    "words of a letter": "q x d k " * 8_000,
    "everything typed wrong": "hroario abrdis pdedio " * 2_900,
}
assert all(len(text.encode()) * 3 < LARGEST_REQUEST for text in LONG_TEXTS.values())


def seconds_for(world: World, text: str, **fields: str) -> float:
    """From the webhook to the answer, which has to be one that fits."""
    answers: list[str] = []
    world.clock.forward(minutes=1)
    # A person was called after two misses: here the bot goes on.
    execute(world, "UPDATE conversations SET controller = 'bot'")
    seconds = cpu_seconds(lambda: answers.extend(world.says(LUCIA_ON_WHATSAPP, text, **fields)))
    assert len(answers) == 1
    assert 0 < len(answers[0]) < 1600
    return seconds


def test_a_turn_takes_less_than_a_second_of_work_whatever_was_written(sqlite_world: World) -> None:
    """Outside of a form, and as the answer to a question."""
    sqlite_world.says(LUCIA_ON_WHATSAPP, "hola")
    add_order(sqlite_world)
    took: dict[str, float] = {}
    for number, (name, text) in enumerate(LONG_TEXTS.items()):
        took[name] = seconds_for(sqlite_world, text)
        if number % 3:
            continue
        asks_for_delivery(sqlite_world, LUCIA)
        took[f"{name}, as an address"] = seconds_for(sqlite_world, text)
    assert {name: seconds for name, seconds in took.items() if seconds >= SECONDS_OF_CPU} == {}
    sqlite_world.says(LUCIA_ON_WHATSAPP, "cancela")
    assert_next_message_works(sqlite_world)


def test_other_fields_are_as_quick(sqlite_world: World) -> None:
    place = {"Latitude": "1.5", "Longitude": "2.5", "NumMedia": "1", "MediaUrl0": "https://x"}
    for field in ("ProfileName", "ButtonPayload", "Label", "MediaContentType0", "OptOutType", "From"):
        for text in ("\ufdfa" * 20_000, "1" * LARGEST_BODY, "\u0301\u0316" * 10_000):
            fields = {**place, "From": LUCIA_ON_WHATSAPP, field: text}
            seconds = cpu_seconds(lambda fields=fields: sqlite_world.says("", "", **fields))  # type: ignore[misc]
            assert seconds < SECONDS_OF_CPU, field
    assert_next_message_works(sqlite_world)


# Asked in turn to be as bad as they can: what is repeated, and what then does not fit.
REPEATED = (
    (
        "a",
        "0",
        " ",
        "\n",
        "\t",
        "(",
        "[",
        "{",
        "}",
        "-",
        "_",
        ".",
        "@",
        "+",
        "#",
        ":",
        "/",
        "ñ",
        "é",
        "\u0301",
    )
    + ("⭐", "⭐\ufe0f", "a@", "a@a.", "1a", "a1", "1,", "0.", "x1", "de ", "de a ", "de 1 a ", "no ", "n. ")
    + ("pedido ", "hilo ", "un ", "la ", "lola", "mela", "1/", "a'", "%2B", "55", ". ", "\n\n", "[a](", "/a{")
)
# One that fits no words, and one that fits nothing else.
ENDS = ("!", "a")
# Understanding looks at the first thousand letters only, which the tests of whole turns prove.
BOUNDED = "nlu."


def patterns() -> dict[str, tuple[re.Pattern[str], int]]:
    """Every pattern of the product, by where it stands, with the longest text that it may get to see."""
    found: dict[str, tuple[re.Pattern[str], int]] = {}
    for folder in ("bot", "console", "context_store", "flows", "handoff", "nlu"):
        for module in modules_of(folder):
            longest = LONGEST if module.startswith(BOUNDED) else LARGEST_BODY
            for name, value in vars(importlib.import_module(module)).items():
                for index, each in enumerate(value if isinstance(value, tuple) else (value,)):
                    if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
                        found[f"{module}.{name}[{index}]"] = (each, longest)
    return found


def modules_of(folder: str) -> list[str]:
    root = Path(app.__file__).parent
    files = [file.relative_to(root).with_suffix("") for file in (root / folder).rglob("*.py")]
    names = [".".join(file.parts).removesuffix(".__init__") for file in files]
    # Importing one of these would do something.
    return [name for name in names if ".migrations" not in name and not name.endswith("__main__")]


def quickly_read(pattern: re.Pattern[str], text: str) -> None:
    pattern.search(text)
    pattern.fullmatch(text)


def test_no_pattern_can_be_made_to_think_for_long() -> None:
    found = patterns()
    assert len(found) > 25, "where have the patterns gone?"
    slow = set()
    for name, (pattern, longest) in found.items():
        for repeated in REPEATED:
            for end in ENDS:
                if is_slow(pattern, repeated, end, longest):
                    slow.add((name, repeated, end))
    assert slow == set()


# Who reads these many in less is quick with the longest too, even if its work grows with the cube.
SHORT, SHORT_SECONDS = 2_048, 0.000_2


def is_slow(pattern: re.Pattern[str], repeated: str, end: str, longest: int) -> bool:
    # A few letters first: of those that double with each, more would take for ever.
    for length in (22, SHORT, longest):
        text = repeated * (length // len(repeated)) + end
        seconds = cpu_seconds(partial(quickly_read, pattern, text))
        if seconds > SECONDS_OF_CPU / 4:
            return True
        if length == SHORT and seconds < SHORT_SECONDS:
            return False
    return False


@pytest.mark.parametrize("pattern", [r"(?:\W+)+$|\W+", r"\s*\d"], ids=["twice as long for each", "squared"])
def test_a_pattern_that_thinks_for_long_would_be_found(pattern: str) -> None:
    assert any(is_slow(re.compile(pattern), " ", end, 12_000) for end in ENDS)


def test_every_pattern_has_a_name_that_the_test_above_sees() -> None:
    """Written where it is used, it would escape it: these few see a few letters only, or our own."""
    calls = {"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer", "compile"}
    hidden = [
        f"{source.path}: {ast.unparse(node.args[0])}"
        for source in product_sources()
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in calls
        if ast.unparse(node.func.value) == "re"
    ]
    assert sorted(hidden) == [
        # The media's own address: 1,000 letters, each part of a fixed length.
        "bot/channels/media.py: f'{re.escape(account)}/Messages/(SM|MM){sid}/Media/ME{sid}'",
        # One class of letters, each read once.
        "bot/erasure.py: '[^\\\\d\\\\\"]'",
        # Plain letters between two looks at one letter each.
        "bot/erasure.py: f'(?<![\\\\w.]){re.escape(own)}(?![\\\\w.])'",
        # One class of letters, each read once; cells of a file are bounded besides.
        "bot/importing/cells.py: '[.,]'",
        "bot/importing/cells.py: '[A-Za-z]{3}'",
        "bot/importing/cells.py: '\\\\d{1,9}'",
        "bot/importing/cells.py: f'[A-Za-z]{{{length}}}'",
        "bot/shop_facts.py: '[A-Z]{2}'",
        # One class of letters, each read once; or our own files.
        "context_store/migrations/versions/0004_conversation.py: '[\\\\W_]+'",
        "context_store/products.py: '[\\\\W_]+'",
        "context_store/segments.py: '[^a-z0-9]+'",
        "flows/codes.py: '[\\\\w-]+'",
        # A hundred letters.
        "flows/keywords.py: '[^\\\\w\\\\s]|_'",
        # What is left of sixteen.
        "flows/options.py: '\\\\d'",
        # Plain words of our own, one beside the other.
        "flows/plain_letters.py: '|'.join("
        "(re.escape(words) for words in sorted(kept, key=len, reverse=True)))",
        # A code is bounded by its own pattern.
        "flows/promotions.py: CODE",
        # One class of letters, each read once; or our own files.
        "flows/ratings.py: '\\\\d'",
        "nlu/dates.py: ',? (?:at |a las? |as )[0-9]'",
        "nlu/money.py: '[^0-9]'",
    ]
