"""Which language is spoken: theirs as heard, the one they chose for good, never by a stray word."""

import pytest

from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, add_order
from tests.world import World

ES, EN, PT = "Abrimos de lunes", "We are open Monday", "Abrimos de segunda"
HOURS = {"es": ES, "en": EN, "pt": PT}


def remembered(world: World) -> tuple[str | None, bool]:
    customer = world.customer(LUCIA)
    return customer.language, customer.is_language_chosen


# What is written in turn -> the language that is spoken and kept after it.
RULES: dict[str, list[tuple[str, str]]] = {
    "the first words decide": [("what time do you open?", "en")],
    "words that tell nothing leave it open": [("1042", "es"), ("what time do you open?", "en")],
    "one foreign word changes nothing": [("what time do you open?", "en"), ("gracias", "en"), ("ok", "en")],
    "a whole foreign sentence does": [
        ("what time do you open?", "en"),
        ("¿a qué hora abren ustedes?", "es"),
        ("qual é o horário de vocês?", "pt"),
    ],
    "who never said a word of it is not spoken to in it": [("👍", "es"), ("🦄", "es")],
}


@pytest.mark.parametrize("steps", RULES.values(), ids=RULES)
def test_the_language_follows_what_they_write(sqlite_world: World, steps: list[tuple[str, str]]) -> None:
    for said, language in steps:
        sqlite_world.says(LUCIA_ON_WHATSAPP, said)
        spoken = remembered(sqlite_world)[0] or "es"
        assert spoken == language, said
    (answer,) = sqlite_world.says(LUCIA, {"es": "horario", "en": "opening hours", "pt": "horário"}[spoken])
    assert answer.startswith(HOURS[spoken])


@pytest.mark.parametrize(
    ("wish", "language", "said"),
    [
        ("speak english please", "en", "All right, English it is."),
        ("háblame en inglés por favor", "en", "All right, English it is."),
        ("fala português", "pt", "Combinado, seguimos em português."),
        ("en español por favor", "es", "Perfecto, seguimos en español."),
    ],
)
def test_a_language_that_was_asked_for_is_spoken_at_once_and_stays(
    sqlite_world: World, wish: str, language: str, said: str
) -> None:
    assert sqlite_world.says(LUCIA_ON_WHATSAPP, wish) == [said]
    assert remembered(sqlite_world) == (language, True)
    for other in ("what time do you open?", "¿a qué hora abren ustedes?", "qual é o horário de vocês?"):
        (answer,) = sqlite_world.says(LUCIA, other)
        assert answer.startswith(HOURS[language])
    assert remembered(sqlite_world) == (language, True)


def test_a_chosen_language_can_be_changed_by_asking_again(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA, "speak english please")
    assert sqlite_world.says(LUCIA, "habla español") == ["Perfecto, seguimos en español."]
    assert remembered(sqlite_world) == ("es", True)


def test_a_language_that_we_do_not_speak_gets_a_choice_of_those_that_we_do(sqlite_world: World) -> None:
    (answer,) = sqlite_world.says(LUCIA, "¿podemos cambiar de idioma?")
    assert answer == "¿En qué idioma seguimos?\n\n1. Español\n2. English\n3. Português"
    assert sqlite_world.says(LUCIA, "2") == ["All right, English it is."]
    assert remembered(sqlite_world) == ("en", True)


def test_an_address_in_any_language_does_not_change_the_language_of_the_form(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA_ON_WHATSAPP, "hello, good morning to you")
    add_order(sqlite_world)
    sqlite_world.says(LUCIA_ON_WHATSAPP, "i want to change the delivery address")
    (question,) = sqlite_world.says(LUCIA, "Calle Mayor 5, al lado de la tienda")
    assert question.startswith("When suits you best?")
    (answer,) = sqlite_world.says(LUCIA, "por la tarde")
    assert answer.startswith("Noted!")


def test_the_language_belongs_to_the_person_not_to_the_channel(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA_ON_WHATSAPP, "what time do you open?")
    (answer,) = sqlite_world.says(LUCIA, "👋")
    assert answer.startswith("Hello!")
