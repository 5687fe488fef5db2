"""What an SMS costs, against the vectors of Twilio's own calculator."""

import pytest

from flows.sms_length import count_segments, measure

FAMILY = "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        *[("a" * length, segments) for length, segments in ((160, 1), (161, 2), (306, 2), (307, 3))],
        *[("a" * length, segments) for length, segments in ((459, 3), (460, 4))],
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ñ" * 160, 1),
        *[("á" * length, segments) for length, segments in ((70, 1), (71, 2), (134, 2), (135, 3))],
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("á" * 66 + "👍" + "á" * 10, 2),
        ("á" * 65 + FAMILY + "á" * 20, 2),
        ("“hola”", 1),
    ],
)
def test_segments_agree_with_the_vectors(text: str, segments: int) -> None:
    assert count_segments(text) == segments


def test_it_names_the_characters_that_cost() -> None:
    cost = measure("¿Mañana a las 5? Sí, así está")
    assert not cost.is_gsm
    assert cost.costly == ("í", "á")
