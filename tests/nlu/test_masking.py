"""What would tell who wrote is taken out, and nothing steers a terminal or spoils the phrases."""

import pytest

from nlu.masking import LONGEST_SHOWN, masked_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mi pedido 1042?", "mi pedido 0000?"),
        ("llámame al +34 600 000 001 por favor", "llámame al 000000 por favor"),
        ("meu número é (11) 98765-4321", "meu número é 000000"),
        ("soy ana.rios+x@example.org, ¿y mi pedido?", "soy name@example.com ¿y mi pedido?"),
        ("tarjeta 4111-1111-1111-1111", "tarjeta 000000"),
        ("quiero 3 velas a las 17:30", "quiero 3 velas a las 17:30"),
        ("una\nlínea\ty\x1b[31m otra\u202e", "una línea y 31m otra"),
        ("[1042](order_number) {x}", "0000 (order_number) x"),
        ("   ", ""),
    ],
)
def test_a_line_is_masked(text: str, line: str) -> None:
    assert masked_line(text) == line


def test_a_long_line_is_cut() -> None:
    assert len(masked_line("palabra " * 500)) <= LONGEST_SHOWN


def test_no_long_run_of_digits_is_left_and_it_takes_no_time() -> None:
    assert "1234" not in masked_line("1234567890 " * 300)
    assert "@" not in masked_line("@" * 3_000).replace("name@example.com", "")
