"""What is left of a text after normalising."""

import pytest

from nlu.text import LONGEST, normalise


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("¿Dónde está MI pedido?", "donde esta mi pedido"),
        ("holaaaa!!!", "hola"),
        ("mañana", "manana"),
        ("xq no llega", "porque no llega"),
        ("q tal", "que tal"),
        ("how r u", "how are you"),
        ("where's my order", "where is my order"),
        ("don’t", "do not"),
        ("vc tá aí?", "voce ta ai"),
        ("por favor", "porfavor"),
        ("por  FAVOR", "porfavor"),
        ("pls", "please"),
        ("gracias 👍🏽", "gracias thumbsup"),
        ("👎", "thumbsdown"),
        ("pedido 1000000", "pedido 1000000"),
        ("hello", "hello"),
        ("a_b-c", "a b c"),
        ("Straße", "strasse"),
        ("🎉🎉", ""),
        ("", ""),
        ("\x00\u200b", ""),
    ],
)
def test_normalise(written: str, plain: str) -> None:
    assert normalise(written) == plain


def test_only_the_beginning_is_looked_at() -> None:
    assert "secreto" not in normalise("hola " * LONGEST + "secreto")


@pytest.mark.parametrize("written", ["¿Dónde está MI pedido?", "xq no", "how r u", "holaaaa", "por favor"])
def test_normalising_twice_changes_nothing(written: str) -> None:
    assert normalise(normalise(written)) == normalise(written)
