"""STOP, START and HELP over word, channel and language: whose word it is, and what is no keyword at all."""

import pytest

from context_store.records import Channel
from flows.keywords import CARRIER_WORDS, Keyword, Word, match

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
OURS = {word: Keyword(word=word) for word in Word}
CARRIERS = {word: Keyword(word=word, is_carriers=True) for word in Word}

# The carrier's own words (fact sheet 6.2). On WhatsApp the same word is ours to answer, or no keyword.
CARRIERS_ON_SMS = {
    "STOP": (Word.STOP, OURS[Word.STOP]),
    "STOPALL": (Word.STOP_ALL, OURS[Word.STOP_ALL]),
    "UNSUBSCRIBE": (Word.STOP, OURS[Word.STOP]),
    "CANCEL": (Word.STOP, None),
    "END": (Word.STOP, OURS[Word.STOP]),
    "QUIT": (Word.STOP, OURS[Word.STOP]),
    "REVOKE": (Word.STOP, OURS[Word.STOP]),
    "OPTOUT": (Word.STOP, OURS[Word.STOP]),
    "START": (Word.START, OURS[Word.START]),
    "YES": (Word.START, None),
    "UNSTOP": (Word.START, OURS[Word.START]),
    "HELP": (Word.HELP, OURS[Word.HELP]),
    "INFO": (Word.HELP, OURS[Word.HELP]),
}

# Ours on both channels: no carrier knows them.
OUR_WORDS = {
    "es": {
        Word.STOP: ["ALTO", "BAJA", "Darme de baja", "parar", "PARE", "Salir", "detener", "no más", "NO MAS"],
        Word.STOP_ALL: ["BAJA TOTAL", "parar todo", "alto total", "No más mensajes"],
        Word.START: ["ALTA", "darme de alta"],
        Word.HELP: ["AYUDA", "¡ayuda!", "Ayúda"],
    },
    "en": {
        Word.STOP: ["no more", "opt out", "stop!", "*stop*"],
        Word.STOP_ALL: ["stop all", "STOP ALL."],
    },
    "pt": {
        Word.STOP: ["SAIR", "remover", "Descadastrar", "parar"],
        Word.STOP_ALL: ["PARAR TUDO", "sair de tudo"],
        Word.HELP: ["AJUDA"],
    },
}

NO_KEYWORDS = [
    "",
    "   ",
    "👍",
    "hola",
    "STOP PLEASE",
    "please stop",
    "no quiero parar",
    "baja el precio",
    "baja" + " " * 200 + "el precio",
    "stop" + "." * 100 + "just kidding",
    "ayuda con mi pedido",
    "cancelar",
    "start over",
    "no",
    "nonstop",
    "stopstop",
    "s top",
]

# They mean "begin" or "yes" to somebody who never left.
ONLY_AFTER_AN_OPT_OUT = ["iniciar", "VOLVER", "voltar", "inicio", "sí", "sim"]


@pytest.mark.parametrize(("text", "meant"), CARRIERS_ON_SMS.items(), ids=CARRIERS_ON_SMS)
def test_a_carriers_word_is_the_carriers_on_sms_only(text: str, meant: tuple[Word, Keyword | None]) -> None:
    word, on_whatsapp = meant
    for spelled in (text, text.lower(), text.capitalize(), f"  {text}\n"):
        assert match(spelled, SMS, has_opted_out=False) == CARRIERS[word]
        assert match(spelled, WHATSAPP, has_opted_out=False) == on_whatsapp


def test_the_table_holds_every_word_of_the_carrier() -> None:
    assert {text.lower() for text in CARRIERS_ON_SMS} == set(CARRIER_WORDS)


@pytest.mark.parametrize("channel", [SMS, WHATSAPP])
@pytest.mark.parametrize("language", OUR_WORDS)
def test_our_words_are_heard_on_every_channel_and_answered_by_us(language: str, channel: Channel) -> None:
    for word, texts in OUR_WORDS[language].items():
        for text in texts:
            assert match(text, channel, has_opted_out=False) == OURS[word], text


@pytest.mark.parametrize("channel", [SMS, WHATSAPP])
@pytest.mark.parametrize("text", NO_KEYWORDS)
def test_a_word_within_other_words_is_no_keyword(text: str, channel: Channel) -> None:
    assert match(text, channel, has_opted_out=False) is None
    assert match(text, channel, has_opted_out=True) is None


@pytest.mark.parametrize("text", ONLY_AFTER_AN_OPT_OUT)
def test_words_of_coming_back_count_only_for_somebody_who_left(text: str) -> None:
    assert match(text, WHATSAPP, has_opted_out=False) is None
    assert match(text, WHATSAPP, has_opted_out=True) == OURS[Word.START]


@pytest.mark.parametrize("channel", [SMS, WHATSAPP])
@pytest.mark.parametrize(
    ("carrier_said", "word"), [("STOP", Word.STOP), ("START", Word.START), ("HELP", Word.HELP)]
)
def test_what_the_carrier_has_judged_is_the_carriers_whatever_the_text(
    carrier_said: str, word: Word, channel: Channel
) -> None:
    found = match("ya no me escriban", channel, has_opted_out=False, carrier_said=carrier_said)
    assert found == CARRIERS[word]


def test_a_carriers_word_with_anything_around_it_is_ours_on_sms() -> None:
    """ "Stop." is nothing to the carrier, and would be to nobody if it were not to us."""
    for text in ("Stop.", "¡STOP!", "stop 🛑"):
        assert match(text, SMS, has_opted_out=False) == OURS[Word.STOP]
