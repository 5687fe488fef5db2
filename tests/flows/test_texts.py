"""What the bot says: a fault in a text is found when it loads, and strangers' words are never a format."""

from pathlib import Path

import pytest

from context_store.records import Channel, Option
from flows.texts import LANGUAGES, TextFault, Texts

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP

GOOD = """
version: "3.1"
responses:
  utter_a:
    - text: "Hola {name}"
      buttons: [{title: "Sí, {name}", payload: '/yes{"order": "{number}"}'}]
      translation:
        en: {text: "Hello {name}", buttons: [{title: "Yes, {name}"}]}
        pt: {text: "Olá {name}", buttons: [{title: "Sim, {name}"}]}
    - text: "Hola por SMS"
      channel: sms
      translation: {en: {text: "Hello by SMS"}, pt: {text: "Olá por SMS"}}
"""


def load(folder: Path, text: str, name: str = "some.yml") -> Texts:
    (folder / name).write_text(text, encoding="utf-8")
    return Texts.load(folder)


def say(texts: Texts, language: str = "es", channel: Channel = WHATSAPP, **values: object) -> str:
    return texts.render("utter_a", language=language, channel=channel, values=values).text


def test_a_response_is_found_by_language_and_channel(tmp_path: Path) -> None:
    texts = load(tmp_path, GOOD)
    assert [say(texts, language, name="Ana") for language in LANGUAGES] == [
        "Hola Ana",
        "Hello Ana",
        "Olá Ana",
    ]
    assert say(texts, "en", SMS) == "Hello by SMS"
    assert say(texts, "es", Channel.EMAIL, name="Ana") == "Hola Ana"


def test_options_have_the_label_of_the_language_and_the_payload_of_the_base(tmp_path: Path) -> None:
    rendered = load(tmp_path, GOOD).render(
        "utter_a", language="en", channel=WHATSAPP, values={"name": "Ana", "number": 7}
    )
    assert rendered.options == (Option(title="Yes, Ana", payload='/yes{"order": "7"}'),)


@pytest.mark.parametrize("name", ["{shop}", "{name}", "{0}", "%s", "{{1}}", "}{", "\\1", "{name.__class__}"])
def test_a_value_is_put_in_literally_whatever_it_looks_like(tmp_path: Path, name: str) -> None:
    assert say(load(tmp_path, GOOD), name=name, shop="a secret") == f"Hola {name}"


@pytest.mark.parametrize("values", [{}, {"name": None}])
def test_a_place_without_a_value_raises_and_names_both(tmp_path: Path, values: dict[str, object]) -> None:
    texts = load(tmp_path, GOOD)
    with pytest.raises(TextFault, match=r"utter_a needs a value for \{name\}"):
        texts.render("utter_a", language="es", channel=WHATSAPP, values=values)


def test_an_unknown_response_raises(tmp_path: Path) -> None:
    with pytest.raises(TextFault, match="no response 'utter_b'"):
        load(tmp_path, GOOD).render("utter_b", language="es", channel=SMS, values={})


FAULTY = {
    "a translation is missing": (GOOD.replace('pt: {text: "Olá por SMS"}', ""), "no pt translation"),
    "a place is missing": (GOOD.replace('"Hello {name}"', '"Hello you"'), "en translation has other"),
    "a place of its own": (GOOD.replace('"Olá {name}"', '"Olá {nome}"'), "pt translation has other"),
    "a button is missing": (
        GOOD.replace(', buttons: [{title: "Yes, {name}"}]', ""),
        "en translation has another number of buttons",
    ),
}


@pytest.mark.parametrize(("text", "fault"), FAULTY.values(), ids=FAULTY)
def test_a_fault_in_a_text_is_found_when_it_is_loaded(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(TextFault, match=fault) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith("some.yml: utter_a")


@pytest.mark.parametrize(
    ("old", "new"), [("channel: sms", "channel: fax"), ("channel: sms", "chanel: sms"), ("title:", "titel:")]
)
def test_a_word_that_nobody_knows_is_a_fault_too(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(ValueError):
        load(tmp_path, GOOD.replace(old, new))


def test_one_response_is_written_in_one_place(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(TextFault, match="utter_a is written twice"):
        load(tmp_path, GOOD, "other.yml")


def test_a_template_numbers_its_places_in_the_order_of_the_base_language(tmp_path: Path) -> None:
    text = GOOD.replace("Hola {name}", "Hola {name}: {total}").replace("Hello {name}", "{total}, {name}")
    texts = load(tmp_path, text.replace("Olá {name}", "Olá {name}: {total}"))
    assert texts.places("utter_a") == ("name", "total")
    assert texts.as_template("utter_a", "es") == "Hola {{1}}: {{2}}"
    assert texts.as_template("utter_a", "en") == "{{2}}, {{1}}"
