"""Codes in messages: found as they are sent, never found where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.context_codes import ALPHABET, GROUP, LENGTH, PREFIX, check_of, find_code, without_code, written

SIGNS = st.text(ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1)
GAPS = st.lists(st.sampled_from(["", "", "", " ", "-", "–", ". "]), min_size=LENGTH - 1, max_size=LENGTH - 1)


@given(
    signs=SIGNS, gaps=GAPS, is_lower=st.booleans(), around=st.sampled_from(["{}", "hola {}, gracias", "({})"])
)
def test_case_spaces_and_dashes_are_forgiven(
    signs: str, gaps: list[str], is_lower: bool, around: str
) -> None:
    code = written(signs)
    whole = code.replace("-", "").removeprefix(PREFIX)
    typed = f"{PREFIX} " + "".join(sign + gap for sign, gap in zip(whole, [*gaps, ""], strict=True))
    said = around.format(typed.lower() if is_lower else typed)
    assert find_code(said) == code
    assert without_code(said) in ("", "hola , gracias", "( )", "()")


@given(signs=SIGNS)
def test_what_is_misread_is_read(signs: str) -> None:
    code = written(signs)
    head, tail = code[: len(PREFIX) + 1], code[len(PREFIX) + 1 :]
    assert find_code(head + tail.replace("0", "O").replace("1", "l")) == code


def test_one_wrong_sign_is_noticed() -> None:
    signs = "7K2QM4TXD"
    others = [
        signs[:place] + sign + signs[place + 1 :]
        for place in range(9)
        for sign in "AZ9"
        if signs[place] != sign
    ]
    checks = [check_of(other) != check_of(signs) for other in others]
    # One in 32 slips through at most; those are asked for in vain.
    assert sum(checks) >= 0.9 * len(checks)


@pytest.mark.parametrize(
    "text",
    [
        "hilo rojo 50 metros",
        "quiero hilo blanco 12345",
        "mi pedido es el 1042",
        "HILO",
        "el hilo de la conversación",
        "código LUNA10",
        "A-2026-0001",
        "",
        "hilo " * 400,
    ],
)
def test_plain_words_are_no_code(text: str) -> None:
    assert find_code(text) is None
    assert without_code(text) == text


def test_as_we_write_it_a_wrong_one_is_a_code_all_the_same() -> None:
    assert find_code("HILO-AAAAA-BBBBB") == f"{PREFIX}-{'A' * GROUP}-{'B' * GROUP}"


def test_the_rest_is_what_else_they_said() -> None:
    assert without_code(f"Hola, {written('7K2QM4TXD')} quiero pagar") == "Hola, quiero pagar"
