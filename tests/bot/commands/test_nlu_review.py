"""`hilo nlu review`: what was doubtful, newest first, once, masked, and only as far back as asked."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import review
from bot.review import doubtful
from context_store.records import InputNumber
from context_store.understood import Understood, UnderstoodInput
from nlu.parsed import IntentGuess, Parsed
from nlu.training import read_language
from tests.bot.commands.conftest import Run, document
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, execute
from tests.doubles import NOON
from tests.world import World

SINCE = NOON - timedelta(days=1)
# The commands have the real clock, the world has its own.
ALL_DAYS = ("--days", "400")


@pytest.fixture
def doubted(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """What they write is understood as its first word says."""

    def parse(text: str, language: str | None, now: datetime) -> Parsed:
        word = text.split()[0]
        how = {
            "sure": {"intent": "opening_hours", "confidence": 0.9},
            "torn": {"intent": "invoice", "confidence": 0.8, "rival": "refund_status"},
            "weak": {"intent": "invoice", "confidence": 0.5},
        }.get(word, {"intent": "nlu_fallback", "confidence": 0.0})
        ranking = (IntentGuess(name="invoice", confidence=0.4),)
        return Parsed(text=text, language="es", ranking=ranking, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(world.house.parts.interpreter, "parse", parse)
    monkeypatch.setattr("bot.understanding.LATE_SECONDS", 1e9)
    return world


def texts(world: World, most: int = 50) -> list[tuple[str, int]]:
    return [(one.text, one.count) for one in doubtful(world.database, SINCE, most)]


def test_what_is_doubtful_is_found_newest_first_and_equal_ones_once(doubted: World) -> None:
    for said in ("sure de eso", "torn entre dos", "weak del todo", "patatín 4711", "PATATIN 99!"):
        doubted.says(LUCIA, said)
        doubted.clock.forward(minutes=1)
    assert texts(doubted) == [("PATATIN 99!", 2), ("weak del todo", 1), ("torn entre dos", 1)]
    assert texts(doubted, most=1) == [("PATATIN 99!", 2)]


def test_numbers_alone_old_ones_buttons_and_what_cannot_be_read_are_left_out(doubted: World) -> None:
    doubted.says(LUCIA, "ya viejo")
    doubted.clock.forward(days=3)
    doubted.says(LUCIA_ON_WHATSAPP, "una cosa", ButtonPayload="/see_cart", ButtonText="una cosa")
    doubted.says(LUCIA, "1042")
    doubted.says(LUCIA, "de otra versión")
    other = '{"with": [1], "parsed": {"x": 1}}'
    newest = "(SELECT max(number) FROM inputs)"
    execute(doubted, f"UPDATE inputs SET parsed = '{other}' WHERE number = {newest}")
    doubted.says(LUCIA, "lo nuevo")
    since = doubted.clock.now() - timedelta(days=1)
    assert [one.text for one in doubtful(doubted.database, since, 50)] == ["lo nuevo"]


def test_it_goes_back_batch_by_batch(doubted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = Understood.newest
    batches: list[int] = []

    def in_twos(self: Understood, before: InputNumber) -> list[UnderstoodInput]:
        batches.append(before)
        return newest(self, before, 2)

    monkeypatch.setattr(Understood, "newest", in_twos)
    monkeypatch.setattr(review, "AT_ONCE", 2)
    for thing in ("mesa", "silla", "vaso", "plato", "cuchara"):
        doubted.says(LUCIA, f"cosa de {thing}")
    assert len(texts(doubted)) == 5
    assert len(batches) == 3 and batches == sorted(batches, reverse=True)
    batches.clear()
    assert len(texts(doubted, most=1)) == 1 and len(batches) == 1


def test_the_list_masks_and_writes_nothing(hilo: Run, doubted: World) -> None:
    doubted.says(LUCIA, "soy ana@example.org, mi tel 600 000 001, pedido 4711")
    told = hilo("nlu", "review", "--list", *ALL_DAYS)
    assert told.exit_code == 0, told.output
    assert "soy name@example.com mi tel 000000, pedido 0000" in told.output
    assert all(secret not in told.output for secret in ("ana@", "600 000", "4711", LUCIA))
    (found,) = document(hilo("nlu", "review", "--json", *ALL_DAYS))
    assert (found["intent"], found["count"], found["language"]) == ("nlu_fallback", 1, "es")


def test_a_phrase_is_added_once_a_person_has_said_what_it_means(
    hilo: Run, doubted: World, tmp_path: Path
) -> None:
    for said in ("cosa rara", "soy Lucía y lo mío sigue sin venir", "un papel para hacienda", "y esto otro"):
        doubted.says(LUCIA, said)
    # Newest first: end comes before the oldest is asked about.
    answer = "\n1\n\norder_statu\n?\norder_status\nlo mío sigue sin venir\nq\n"
    told = hilo("nlu", "review", "--data", str(tmp_path), *ALL_DAYS, answer=answer)
    assert told.exit_code == 0, told.output
    assert "Perhaps order_status" in told.output and "2 phrases added." in told.output
    assert read_language(tmp_path / "es").phrases == {
        "un papel para hacienda": "invoice",
        "lo mio sigue sin venir": "order_status",
    }


def test_nothing_doubtful_is_said(hilo: Run, doubted: World) -> None:
    doubted.says(LUCIA, "sure de eso")
    assert hilo("nlu", "review", *ALL_DAYS).output == "Nothing was doubtful.\n"
