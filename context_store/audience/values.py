"""Tests of values in SQL, with the meaning of `records/plain_values.py` on either database.

SQLite calls the Python functions themselves; PostgreSQL has its own words for them. Every test is true or
false, never unknown, so that a `not` around it means what it says.
"""

import json
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, and_, bindparam, false, func, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from context_store.models.base import UtcDateTime
from context_store.records.condition_parts import (
    Edges,
    KnownTest,
    NumberTest,
    Range,
    TextTest,
)
from context_store.records.plain_values import (
    ACCENTED,
    LARGEST,
    NUMBER_IN_SQL,
    PLAIN,
    as_micros,
    as_text,
    fold,
    values_at,
)

Test = ColumnElement[bool]


class Folded(FunctionElement[str]):
    """Without capitals and accents."""

    type = String()
    inherit_cache = True
    name = "hilo_fold"


@compiles(Folded, "sqlite")
def _folded_on_sqlite(element: Folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"hilo_fold({compiler.process(element.clauses, **options)})"


@compiles(Folded, "postgresql")
def _folded_on_postgresql(element: Folded, compiler: SQLCompiler, **options: Any) -> str:
    # In the collation C only A to Z have small forms, as in `fold`.
    text = compiler.process(element.clauses, **options)
    return f"translate(lower(({text}) COLLATE \"C\"), '{ACCENTED}', '{PLAIN}')"


class Micros(FunctionElement[int]):
    """Millionths of a text that is a plain number, else NULL."""

    type = BigInteger()
    inherit_cache = True
    name = "hilo_micros"


@compiles(Micros, "sqlite")
def _micros_on_sqlite(element: Micros, compiler: SQLCompiler, **options: Any) -> str:
    return f"hilo_micros({compiler.process(element.clauses, **options)})"


@compiles(Micros, "postgresql")
def _micros_on_postgresql(element: Micros, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"CASE WHEN ({text}) ~ '{NUMBER_IN_SQL}' THEN (({text})::numeric * 1000000)::bigint END"


class JsonText(FunctionElement[str]):
    """A JSON value as `as_text` writes it. PostgreSQL only."""

    type = String()
    inherit_cache = True
    name = "hilo_json_text"


@compiles(JsonText, "postgresql")
def _json_text(element: JsonText, compiler: SQLCompiler, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    whole = f"({value} #>> '{{}}') ~ '^-?[0-9]+$'"
    return (
        f"CASE WHEN jsonb_typeof({value}) IN ('string', 'boolean') OR (jsonb_typeof({value}) = 'number' "
        f"AND {whole}) THEN {value} #>> '{{}}' END"
    )


class JsonMicros(FunctionElement[int]):
    """A JSON value as `as_micros` reads it. PostgreSQL only."""

    type = BigInteger()
    inherit_cache = True
    name = "hilo_json_micros"


@compiles(JsonMicros, "postgresql")
def _json_micros(element: JsonMicros, compiler: SQLCompiler, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    number, text = f"({value} #>> '{{}}')::numeric", f"({value} #>> '{{}}')"
    return (
        f"CASE jsonb_typeof({value}) "
        f"WHEN 'number' THEN CASE WHEN abs({number}) < {LARGEST} "
        f"THEN round({number} * 1000000)::bigint END "
        f"WHEN 'string' THEN CASE WHEN {text} ~ '{NUMBER_IN_SQL}' "
        f"THEN ({number} * 1000000)::bigint END END"
    )


def is_known(value: ColumnElement[Any]) -> Test:
    return value.is_not(None)


def text_test(value: ColumnElement[Any], test: TextTest) -> Test:
    if test.op == "is_not":
        return or_(value.is_(None), Folded(value).not_in(_folded(test)))
    if test.op == "is":
        return and_(is_known(value), Folded(value).in_(_folded(test)))
    found = [Folded(value).contains(one, autoescape=True) for one in _folded(test)]
    return and_(is_known(value), or_(*found))


def code_test(value: ColumnElement[Any], test: TextTest) -> Test:
    """The same letter by letter."""
    if test.op == "is_not":
        return or_(value.is_(None), value.not_in(test.values))
    return and_(is_known(value), value.in_(test.values))


def micros_test(micros: ColumnElement[Any], test: NumberTest) -> Test:
    low, high = test.micros
    parts: list[Test] = [micros.is_not(None)]
    if low is not None:
        parts.append(micros >= _big(low))
    if high is not None:
        parts.append(micros <= _big(high))
    return and_(*parts)


def value_test(value: ColumnElement[Any], test: TextTest | NumberTest | KnownTest) -> Test:
    """Of a text column."""
    match test:
        case TextTest():
            return text_test(value, test)
        case NumberTest():
            return micros_test(Micros(value), test)
        case KnownTest():
            return is_known(value) if test.op == "known" else value.is_(None)


def range_test(number: ColumnElement[Any], test: Range) -> Test:
    parts: list[Test] = []
    if test.at_least is not None:
        parts.append(number >= _big(test.at_least))
    if test.at_most is not None:
        parts.append(number <= _big(test.at_most))
    return and_(*parts)


def moment_test(moment: ColumnElement[Any], between: Edges) -> Test:
    low, high = between
    parts: list[Test] = [moment.is_not(None)]
    if low is not None:
        parts.append(moment >= bindparam(None, low, UtcDateTime()))
    if high is not None:
        parts.append(moment < bindparam(None, high, UtcDateTime()))
    return and_(*parts)


def _big(number: int) -> ColumnElement[int]:
    # Without its type PostgreSQL may take it for a small one.
    return bindparam(None, number, BigInteger())


def _folded(test: TextTest) -> list[str]:
    return [fold(value) or "" for value in test.values]


def json_path(path: str) -> str:
    """For PostgreSQL: lax mode opens lists on the way, `[*]` opens the last one."""
    steps = ".".join(json.dumps(name, ensure_ascii=False) for name in path.split("."))
    return f"$.{steps}[*]"


def sqlite_functions() -> dict[str, tuple[int, Any]]:
    """What a SQLite connection must be given, by name: how many arguments, and the function."""
    return {
        "hilo_fold": (1, fold),
        "hilo_micros": (1, as_micros),
        "hilo_property": (3, _property_on_sqlite),
        "hilo_property_sum": (2, _property_sum_on_sqlite),
    }


def property_on_sqlite(properties: ColumnElement[Any], path: str, test: dict[str, Any]) -> Test:
    asked = func.hilo_property(
        properties, bindparam(None, path, String()), bindparam(None, json.dumps(test), String())
    )
    return func.coalesce(asked, 0, type_=Boolean()) == true()


def _property_on_sqlite(properties: str, path: str, test: str) -> int:
    asked = json.loads(test)
    values = values_at(json.loads(properties), path)
    return int(holds_of_values(values, asked))


def _property_sum_on_sqlite(properties: str, path: str) -> int:
    return sum(as_micros(value) or 0 for value in values_at(json.loads(properties), path))


def holds_of_values(values: list[Any], test: dict[str, Any]) -> bool:
    """What SQLite is asked for each row; `test` is plain JSON with folded texts and whole micros."""
    match test["op"]:
        case "known":
            return bool(values)
        case "unknown":
            return not values
        case "number":
            micros = [number for number in map(as_micros, values) if number is not None]
            low, high = test["low"], test["high"]
            return any((low is None or n >= low) and (high is None or n <= high) for n in micros)
    texts = [folded for folded in (fold(as_text(value)) for value in values) if folded is not None]
    if test["op"] == "contains":
        return any(one in text for text in texts for one in test["values"])
    has = any(text in test["values"] for text in texts)
    return has if test["op"] == "is" else not has


def plain_test(test: TextTest | NumberTest | KnownTest) -> dict[str, Any]:
    """As `holds_of_values` takes it."""
    match test:
        case NumberTest():
            low, high = test.micros
            return {"op": "number", "low": low, "high": high}
        case TextTest():
            return {"op": test.op, "values": _folded(test)}
        case KnownTest():
            return {"op": test.op}


NOBODY: Test = false()
EVERYBODY: Test = true()
