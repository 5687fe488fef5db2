"""Reads a form's fields: bounded, trimmed, of the kind that is expected."""

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from flask import request

Word = TypeVar("Word", bound=StrEnum)


class FieldFault(ValueError):
    """A field that cannot be taken; `code` is the word that pages explain, `about` what it was."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.about = about


def line(name: str, longest: int) -> str:
    """One line, without blanks around or twice within."""
    return " ".join(request.form.get(name, "").split())[:longest]


def chosen(name: str, words: type[Word]) -> Word:
    try:
        return words(request.form.get(name, ""))
    except ValueError as error:
        raise FieldFault(name) from error


def known_id(name: str) -> UUID | None:
    """None for nothing. Raises `FieldFault` for what is no id."""
    value = request.form.get(name, "").strip()
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise FieldFault(name) from error


def number(name: str, least: int, most: int) -> int | None:
    """None for nothing. Raises `FieldFault` outside the bounds."""
    value = request.form.get(name, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > 9 or not least <= int(value) <= most:
        raise FieldFault(name)
    return int(value)
