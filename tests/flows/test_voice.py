"""Every text of ours keeps to docs/voice.md, and what each costs by SMS is known."""

import re
import sys

import pytest

from context_store.records import Channel
from flows.options import with_numbered
from flows.runner import Runner
from flows.sms_length import Cost, measure
from flows.texts import LANGUAGES, Texts
from tests.world import load_runner

TEXTS = load_runner().texts
FORBIDDEN = {
    "es": (
        r"estimad[oa]s?|lamentablemente|desafortunadamente|procesar|solicitud|haga clic|haz clic|usted(es)?"
        r"|no dudes? en|a la brevedad|última oportunidad|sistema|ticket|error"
    ),
    "en": (
        r"dear customer|valued|unfortunately|processing|kindly|click|hesitate|at your earliest|last chance"
        r"|system|ticket|error|regret"
    ),
    "pt": (
        r"prezad[oa]s?|infelizmente|processar|solicitação|clique|não hesite|o quanto antes|última chance"
        r"|sistema|ticket|erro"
    ),
}
# Words that are written so because they are typed so.
KEYWORDS = {"STOP", "ALTA", "BAJA", "START", "AYUDA", "HELP", "AJUDA", "SMS", "NPS", "PDF", "IVA", "PIX"}
KEYWORDS |= {"SAIR", "ALL", "TODO", "TUDO", "TOTAL", "PARAR", "MORE"}
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
MOST_SEGMENTS = 3
# Over all texts, the mean: a text that grows is seen here.
MEAN_SEGMENTS = 1.4


def wording(name: str, language: str, channel: Channel, texts: Texts = TEXTS) -> str:
    """With short words in its places, and its options where they are lines of the text."""
    values = dict.fromkeys(texts.places(name), "Luna")
    rendered = texts.render(name, language=language, channel=channel, values=values)
    return with_numbered(rendered.text, rendered.options) if channel is Channel.SMS else rendered.text


def all_wordings(language: str) -> dict[tuple[str, Channel], str]:
    return {
        (name, channel): wording(name, language, channel)
        for name in sorted(TEXTS.names)
        for channel in (Channel.WHATSAPP, Channel.SMS)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_forbidden_word_is_said(language: str) -> None:
    forbidden = re.compile(rf"\b(?:{FORBIDDEN[language]})\b", re.IGNORECASE)
    found = {
        place: match[0] for place, said in all_wordings(language).items() if (match := forbidden.search(said))
    }
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_shouts(language: str) -> None:
    for place, said in all_wordings(language).items():
        assert "!!" not in said, place
        assert len(EMOJI.findall(said)) <= 1, place
        shouted = set(re.findall(r"\b[A-ZÁÉÍÓÚÑÃÕÇ]{3,}\b", said)) - KEYWORDS
        assert not shouted, (place, shouted)


def costs(texts: Texts) -> dict[tuple[str, str], Cost]:
    return {
        (name, language): measure(wording(name, language, Channel.SMS, texts))
        for name in sorted(texts.names)
        for language in LANGUAGES
    }


def test_the_cost_of_each_text_by_sms() -> None:
    found, accented = costs(TEXTS), costs(Runner.load(with_plain_sms=False).texts)
    for (name, language), cost in found.items():
        kind = "GSM-7" if cost.is_gsm else f"UCS-2 for {''.join(cost.costly)}"
        before = accented[name, language]
        saved = f" (with {''.join(before.costly)}: {before.segments})" if cost != before else ""
        sys.stdout.write(f"{cost.segments} {language} {name}: {kind}{saved}\n")
    total, before_total = (sum(one.segments for one in each.values()) for each in (found, accented))
    sys.stdout.write(f"in all: {total} segments, with accents {before_total}\n")
    assert total < before_total
    assert all(cost.segments <= accented[place].segments for place, cost in found.items())
    assert [place for place, cost in found.items() if cost.segments > 1 and not cost.is_gsm] == []
    too_long = {place: cost.segments for place, cost in found.items() if cost.segments > MOST_SEGMENTS}
    assert too_long == {}
    assert sum(cost.segments for cost in found.values()) / len(found) <= MEAN_SEGMENTS
