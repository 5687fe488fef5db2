"""What people write when they rate: digits, fractions, words, faces, stars, thumbs; and what is no rating."""

import pytest

from flows.ratings import scaled, score_of

# What they write, as 1 to 5, as 0 to 10.
SAID = [
    ("5", 5, 5),
    ("8/10", 4, 8),
    ("4 de 5", 4, 8),
    ("9 out of 10", 4, 9),
    ("un ocho", None, 8),
    ("le doy un 4, gracias", 4, 4),
    ("I'd say an 8", None, 8),
    ("dou um 3", 3, 3),
    ("10", None, 10),
    ("0", None, 0),
    ("😡", 1, 0),
    ("😞", 2, 2),
    ("😐", 3, 5),
    ("🙂", 4, 8),
    ("😍😍", 5, 10),
    ("⭐⭐⭐", 3, 5),
    ("👍🏽", 4, 8),
    ("👎", 1, 0),
    ("muy mal", 1, 0),
    ("fue horrible", 1, 0),
    ("la verdad, estuvo muy bien", 5, 10),
    ("não muito bom", 2, 2),
    ("muito bom!", 5, 10),
    ("not bad", 3, 5),
]


@pytest.mark.parametrize(("said", "of_five", "of_ten"), SAID)
def test_a_rating_in_their_words(said: str, of_five: int | None, of_ten: int | None) -> None:
    assert score_of(said, 1, 5) == of_five
    assert score_of(said, 0, 10) == of_ten


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no",
        "1042",
        "tardasteis 2 horas",
        "3-4",
        "un 2 o un 4",
        "no está bien",
        "¿dónde está mi pedido?",
        "6 de 5",
        "😡😍",
        "⭐" * 6,
        "bien, " * 40,
    ],
)
def test_no_rating_or_two_is_asked_again(said: str) -> None:
    assert score_of(said, 1, 5) is None


@pytest.mark.parametrize(
    ("said", "score"), [("4", 4), ("un 4!", 4), ("😐", 3), ("un 2 por el retraso", None)]
)
def test_alone_the_rating_is_all_there_is(said: str, score: int | None) -> None:
    assert score_of(said, 1, 5, alone=True) == score


def test_the_ends_of_a_scale_stay_its_ends() -> None:
    assert [scaled(score, 0, 10) for score in (1, 5)] == [0, 10]
    assert [scaled(score, 1, 5) for score in range(1, 6)] == [1, 2, 3, 4, 5]
