"""The fields of each kind of condition, from a form to its JSON and back. Nested things have dotted names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from context_store.records import CartStatus, Channel, OrderStatus, Topic
from context_store.records import conditions as grammar
from context_store.records.conditions import ConditionFault

LONGEST = 4000
OPS = ("is", "is_not", "contains", "number", "known", "unknown")
PERIODS = ("within", "longer_ago", "coming", "between")


@dataclass(frozen=True, kw_only=True)
class Field:
    # Where it stands in the JSON form: "period.amount".
    path: str
    # text, lines, number, decimal, money, date, choice, choices, flag
    shape: str = "text"
    options: tuple[str, ...] = ()
    # The group of words that its options are called by.
    group: str = "options"
    label: str = ""

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Fieldset:
    """Fields that stand together below a name; all empty: the whole is left out."""

    label: str
    fields: tuple[Field, ...]


def _period(path: str) -> Fieldset:
    return Fieldset(label=path.rpartition(".")[2], fields=_span(path))


def _span(path: str, ops: tuple[str, ...] = PERIODS) -> tuple[Field, ...]:
    return (
        Field(path=f"{path}.op", shape="choice", options=("", *ops)),
        Field(path=f"{path}.amount", shape="number"),
        Field(path=f"{path}.unit", shape="choice", options=("", "days", "hours", "minutes"), group="units"),
        Field(path=f"{path}.since", shape="date"),
        Field(path=f"{path}.until", shape="date"),
    )


def _test(path: str, ops: tuple[str, ...] = OPS, label: str = "test") -> Fieldset:
    fields = [Field(path=f"{path}.op", shape="choice", options=("", *ops), label="test.op")]
    fields.append(Field(path=f"{path}.values", shape="lines"))
    if "number" in ops:
        fields += [Field(path=f"{path}.{end}", shape="decimal") for end in ("at_least", "at_most")]
    return Fieldset(label=label, fields=tuple(fields))


def _range(path: str, label: str, shape: str = "number") -> Fieldset:
    ends = (Field(path=f"{path}.{end}", shape=shape) for end in ("at_least", "at_most"))
    return Fieldset(label=label, fields=tuple(ends))


def _amount(path: str, label: str) -> Fieldset:
    money = _range(path, label, "money").fields
    return Fieldset(label=label, fields=(*money, Field(path=f"{path}.currency")))


def _one(field: Field) -> Fieldset:
    return Fieldset(label=field.label or field.last, fields=(field,))


def _choice(path: str, options: Iterable[str], group: str = "options", shape: str = "choice") -> Fieldset:
    return _one(Field(path=path, shape=shape, options=tuple(options), group=group))


def _of_property(number: int) -> Fieldset:
    path = f"where.{number}"
    return Fieldset(label="where", fields=(Field(path=f"{path}.property"), *_test(f"{path}.test").fields))


CHANNELS = tuple(Channel)
ANY_CHANNEL = ("", *CHANNELS)
ITEM_OPS = ("is", "contains")
STATES = ("reachable", "window_open", "last_used")
RUNS = ("in", "was_in", "completed", "exited", "excluded", "failed")
CONSENTS = ("allowed", "paused", "refused", "none")

FORMS: dict[str, tuple[Fieldset, ...]] = {
    "customer": (
        _choice("field", grammar.CustomerField, "fields"),
        Fieldset(
            label="test",
            fields=(
                *_test("test", (*OPS, *PERIODS)).fields,
                *(field for field in _span("test") if field.last != "op"),
            ),
        ),
    ),
    "trait": (_choice("source", ("told", "shop")), _one(Field(path="name")), _test("test")),
    "event": (
        _one(Field(path="name")),
        _range("times", "times"),
        _period("period"),
        _of_property(0),
        _of_property(1),
        Fieldset(
            label="total",
            fields=(Field(path="total.property"), *_range("total.test", "", "decimal").fields),
        ),
        _period("last"),
    ),
    "cart": (
        _amount("value", "value"),
        _period("changed"),
        _test("product", ITEM_OPS, "product"),
        _test("category", ITEM_OPS, "category"),
        _choice("status", CartStatus, "cart_status", "choices"),
    ),
    "orders": (
        _range("times", "times"),
        _period("period"),
        _amount("total", "money"),
        _period("last"),
        _test("product", ITEM_OPS, "product"),
        _test("category", ITEM_OPS, "category"),
        _choice("status", OrderStatus, "order_status", "choices"),
    ),
    "consent": (
        _choice("channel", CHANNELS, "channels"),
        _choice("topic", Topic, "topics"),
        _choice("state", CONSENTS, "states"),
    ),
    "channel": (_choice("channel", CHANNELS, "channels"), _choice("state", STATES, "states")),
    "wrote": (_choice("channel", ANY_CHANNEL, "channels"), _period("last")),
    "messaged": (_period("last"),),
    "survey": (
        _one(Field(path="survey")),
        _choice("is_bad", ("", "yes", "no"), shape="flag"),
        _range("score", "score"),
        _period("period"),
    ),
    "journey": (
        _one(Field(path="journey")),
        _choice("state", RUNS, "states"),
        _test("reason", ("is", "is_not", "contains"), "reason"),
        _period("entered"),
    ),
    "handoff": (_choice("state", ("open", "had"), "states"), _period("requested")),
    "lifecycle": (_choice("states", grammar.LifecycleState, "lifecycle", "choices"),),
    "segment": (_one(Field(path="key", shape="choice", group="segments")),),
}


def fields_of(kind: str) -> list[Field]:
    return [field for fieldset in FORMS[kind] for field in fieldset.fields]


def build(kind: str, values: Mapping[str, list[str]], timezone: str) -> dict[str, Any]:
    """The JSON form of what was filled in. Raises `ConditionFault` for what is no number or no day."""
    built: dict[str, Any] = {"kind": kind}
    for field in fields_of(kind):
        given = [value.strip() for value in values.get(field.path, []) if value.strip()]
        if given:
            _put(built, field.path.split("."), _read(field, given, values, timezone))
    return _tidy(built)


def _read(field: Field, given: list[str], values: Mapping[str, list[str]], timezone: str) -> Any:
    first = given[0][:LONGEST]
    match field.shape:
        case "lines":
            return [line.strip() for line in first.splitlines() if line.strip()]
        case "choices":
            return given
        case "flag":
            return first == "yes"
        case "number" | "decimal":
            return str(_decimal(field, first))
        case "money":
            prefix = field.path.rpartition(".")[0]
            currency = (values.get(f"{prefix}.currency") or [""])[0].strip().upper() or "EUR"
            return int(_decimal(field, first).scaleb(get_currency_precision(currency)).to_integral_value())
        case "date":
            return _moment(field, first, timezone)
    return first.upper() if field.last == "currency" else first


def _decimal(field: Field, text: str) -> Decimal:
    try:
        number = Decimal(text.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise ConditionFault("number", (field.path,)) from None
    if not number.is_finite() or abs(number) >= 10**15:
        raise ConditionFault("number", (field.path,))
    return number


def _moment(field: Field, text: str, timezone: str) -> str:
    """The beginning of that day where the shop is."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day, time.min, ZoneInfo(timezone)).isoformat()
    except (ValueError, OverflowError):
        raise ConditionFault("date", (field.path,)) from None


def _put(built: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        built = built.setdefault(step, {})
    built[steps[-1]] = value


# Where one of these is empty the fields beside it say nothing.
ESSENTIAL = {"period": "op", "last": "op", "changed": "op", "entered": "op", "requested": "op"}
TESTS = ("product", "category", "reason")


def _tidy(built: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to a choice that was not made."""
    for name in (*ESSENTIAL, *TESTS, "test"):
        part = built.get(name)
        if isinstance(part, dict):
            built[name] = _of_its_choice(part)
            if not built[name]:
                del built[name]
    for name in ("value", "total"):
        if built.get(name, {}).keys() == {"currency"}:
            del built[name]
    if built["kind"] == "event" and "total" in built:
        built["total"].setdefault("test", {})["op"] = "number"
    if "where" in built:
        told = [built["where"][number] for number in sorted(built["where"])]
        built["where"] = [{**one, "test": _of_its_choice(one.get("test", {}))} for one in told]
    return built


MEANT = {
    **dict.fromkeys(("is", "is_not", "contains"), ("values",)),
    "number": ("at_least", "at_most"),
    **dict.fromkeys(("within", "longer_ago", "coming"), ("amount", "unit")),
    "between": ("since", "until"),
}


def _of_its_choice(part: dict[str, Any]) -> dict[str, Any]:
    op = part.get("op", "")
    return (
        {name: value for name, value in part.items() if name == "op" or name in MEANT.get(op, ())}
        if op
        else {}
    )


def fill(condition: Mapping[str, Any], timezone: str) -> dict[str, list[str]]:
    """What its form shows. The JSON form in, texts by field out."""
    filled: dict[str, list[str]] = {}
    for field in fields_of(str(condition["kind"])):
        value = _at(condition, field.path)
        if value is not None:
            filled[field.path] = _shown(field, value, condition, timezone)
    return filled


def _at(condition: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(condition, list):
            condition = condition[int(step)] if int(step) < len(condition) else None
        elif isinstance(condition, Mapping):
            condition = condition.get(step)
        else:
            return None
    return condition


def _shown(field: Field, value: Any, condition: Mapping[str, Any], timezone: str) -> list[str]:
    match field.shape:
        case "lines":
            return ["\n".join(value)]
        case "choices":
            return list(value)
        case "flag":
            return ["yes" if value else "no"]
        case "money":
            currency = _at(condition, f"{field.path.rpartition('.')[0]}.currency") or "EUR"
            return [str(Decimal(value).scaleb(-get_currency_precision(currency)))]
        case "date":
            return [datetime.fromisoformat(value).astimezone(ZoneInfo(timezone)).date().isoformat()]
    return [str(value)]


def with_segments(fieldsets: Iterable[Fieldset], keys: Iterable[str]) -> list[Fieldset]:
    """The choice of another segment, with those that there are."""
    return [
        Fieldset(
            label=fieldset.label,
            fields=tuple(
                replace(field, options=tuple(keys)) if field.group == "segments" else field
                for field in fieldset.fields
            ),
        )
        for fieldset in fieldsets
    ]
