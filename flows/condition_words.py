"""Conditions as sentences that a marketer reads, in Spanish, English and Portuguese. Pure."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date

from context_store.records import conditions as grammar
from context_store.records.condition_parts import (
    Amount,
    Between,
    Coming,
    KnownTest,
    LongerAgo,
    NumberTest,
    Period,
    Range,
    Span,
    TextTest,
    Within,
)
from context_store.records.conditions import Condition
from flows.formats import LOCALES, money

FOLDER = Path(__file__).parent / "segment_words"
LANGUAGES = ("es", "en", "pt")
# As many values as a line takes.
MOST_VALUES = 6


@cache
def load_words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return words


class ConditionWords:
    """One reader's language. Days are told in this zone; segments by the names that are handed in."""

    def __init__(self, language: str, timezone: str, names: Mapping[str, str] | None = None) -> None:
        self._language = language if language in LANGUAGES else "en"
        self._words = load_words(self._language)
        self._zone = ZoneInfo(timezone)
        self._names = names or {}

    def __call__(self, key: str, /, **values: object) -> str:
        """Of a key like `page.title`. Raises `KeyError`: a key is ours."""
        group, _, word = key.partition(".")
        return str(self._words[group][word]).format_map(values)

    def known(self, group: str) -> Mapping[str, Any]:
        words: Mapping[str, Any] = self._words[group]
        return words

    def name(self, group: str, word: object) -> str:
        """A list of forms is called by its last, the plural."""
        named = self._words[group].get(str(word), word)
        return str(named[-1] if isinstance(named, list) else named)

    def sentence(self, condition: Condition) -> str:
        match condition:
            case grammar.AllOf(of=()):
                return self("sentences.everybody")
            case grammar.AnyOf(of=()):
                return self("sentences.nobody")
            case grammar.AllOf(of=parts) | grammar.AnyOf(of=parts):
                told = "; ".join(self.sentence(part) for part in parts)
                return self(f"sentences.{condition.kind}", parts=told)
            case grammar.Not(of=part):
                return self("sentences.not", part=self.sentence(part))
        beginning, *additions = SENTENCES[type(condition)](self, condition)
        return str(self._words["list"]).join([beginning, *(one for one in additions if one)])

    def period(self, period: Period) -> str:
        if isinstance(period, Span):
            forms = self._words["units"][period.unit.value]
            unit = forms[0] if period.amount == 1 else forms[1]
            return self(f"periods.{period.op}", n=period.amount, unit=unit)
        return self._between(period)

    def _between(self, period: Between) -> str:
        days = {
            name: format_date(moment.astimezone(self._zone).date(), "medium", locale=LOCALES[self._language])
            for name, moment in (("since", period.since), ("until", period.until))
            if moment is not None
        }
        return self("periods.between" if len(days) == 2 else f"periods.{next(iter(days))}", **days)

    def range(self, low: object, high: object) -> str:
        if low is None or high is None:
            return self("ranges.at_most" if low is None else "ranges.at_least", low=low, high=high)
        return self("ranges.exactly" if low == high else "ranges.between", low=low, high=high)

    def amount(self, amount: Amount) -> str:
        low, high = (
            None if bound is None else money(bound, amount.currency, self._language)
            for bound in (amount.at_least, amount.at_most)
        )
        return self.range(low, high)

    def values(self, values: Any, group: str | None = None) -> str:
        named = [self.name(group, value) if group else str(value) for value in values]
        listed = str(self._words["or"]).join(named[:MOST_VALUES])
        return f"{listed} … (+{len(named) - MOST_VALUES})" if len(named) > MOST_VALUES else listed

    def test(self, test: Any) -> str:
        match test:
            case TextTest():
                return self(f"tests.{test.op}", values=self.values([f"“{value}”" for value in test.values]))
            case NumberTest():
                return self("tests.number", range=self.range(test.at_least, test.at_most))
            case KnownTest():
                return self(f"tests.{test.op}")
        return self("tests.moment", period=self.period(test))

    def segment(self, key: str) -> str:
        return self._names.get(key, key)


def _told(words: ConditionWords, key: str, value: Any) -> str:
    """An addition about a test or a period, where there is one."""
    if value is None:
        return ""
    if isinstance(value, Within | LongerAgo | Coming | Between):
        return words(f"sentences.{key}", period=words.period(value))
    return words(f"sentences.{key}", test=words.test(value))


def _customer(words: ConditionWords, condition: grammar.CustomerIs) -> list[str]:
    field = words.name("fields", condition.field.value)
    return [words("sentences.customer", field=field, test=words.test(condition.test))]


def _trait(words: ConditionWords, condition: grammar.TraitIs) -> list[str]:
    told = words.test(condition.test)
    return [words(f"sentences.trait_{condition.source}", name=condition.name, test=told)]


def _times(words: ConditionWords, times: Range) -> str:
    if times == grammar.AT_LEAST_ONCE:
        return words("sentences.once")
    return words("sentences.times", range=words.range(times.at_least, times.at_most))


def _event(words: ConditionWords, condition: grammar.EventDone) -> list[str]:
    never = condition.times.at_most == 0
    beginning = words(
        "sentences.event_never" if never else "sentences.event",
        name=condition.name,
        times=_times(words, condition.times),
    )
    where = [
        words("sentences.where", property=asked.property, test=words.test(asked.test))
        for asked in condition.where
    ]
    total = condition.total
    summed = "" if total is None else words.range(total.test.at_least, total.test.at_most)
    return [
        beginning,
        words.period(condition.period) if condition.period else "",
        *where,
        words("sentences.total", property=total.property, range=summed) if total else "",
        _told(words, "last", condition.last),
    ]


def _cart(words: ConditionWords, condition: grammar.CartIs) -> list[str]:
    return [
        words("sentences.cart"),
        words("sentences.status", values=words.values(condition.status, "cart_status"))
        if condition.status != grammar.LIVE_CARTS
        else "",
        words("sentences.value", range=words.amount(condition.value)) if condition.value else "",
        _told(words, "product", condition.product),
        _told(words, "category", condition.category),
        _told(words, "changed", condition.changed),
    ]


def _orders(words: ConditionWords, condition: grammar.OrdersAre) -> list[str]:
    times = condition.times
    if times.at_most == 0:
        beginning = words("sentences.orders_never")
    elif times == grammar.AT_LEAST_ONCE:
        beginning = words("sentences.orders_some")
    else:
        beginning = words("sentences.orders", times=words.range(times.at_least, times.at_most))
    return [
        beginning,
        words.period(condition.period) if condition.period else "",
        words("sentences.status", values=words.values(condition.status, "order_status"))
        if condition.status != grammar.STANDING_ORDERS
        else "",
        _told(words, "product", condition.product),
        _told(words, "category", condition.category),
        words("sentences.spent", range=words.amount(condition.total)) if condition.total else "",
        _told(words, "last", condition.last),
    ]


def _consent(words: ConditionWords, condition: grammar.ConsentIs) -> list[str]:
    return [
        words(
            "sentences.consent",
            channel=words.name("channels", condition.channel),
            topic=words.name("topics", condition.topic),
            state=words.name("states", condition.state),
        )
    ]


def _channel(words: ConditionWords, condition: grammar.ChannelIs) -> list[str]:
    return [words(f"sentences.{condition.state}", channel=words.name("channels", condition.channel))]


def _wrote(words: ConditionWords, condition: grammar.Wrote) -> list[str]:
    channel = condition.channel
    return [
        _told(words, "wrote_last", condition.last) or words("sentences.wrote"),
        words("sentences.by_channel", channel=words.name("channels", channel)) if channel else "",
    ]


def _messaged(words: ConditionWords, condition: grammar.Messaged) -> list[str]:
    return [_told(words, "messaged_last", condition.last) or words("sentences.messaged")]


def _survey(words: ConditionWords, condition: grammar.SurveyAnswered) -> list[str]:
    score = condition.score
    rating = {True: words("sentences.bad"), False: words("sentences.not_bad"), None: ""}[condition.is_bad]
    return [
        words("sentences.survey"),
        words("sentences.survey_named", name=condition.survey) if condition.survey else "",
        rating,
        words("sentences.score", range=words.range(score.at_least, score.at_most)) if score else "",
        words.period(condition.period) if condition.period else "",
    ]


def _journey(words: ConditionWords, condition: grammar.JourneyIs) -> list[str]:
    return [
        words(f"sentences.journey_{condition.state}", name=condition.journey),
        _told(words, "reason", condition.reason),
        _told(words, "entered", condition.entered),
    ]


def _handoff(words: ConditionWords, condition: grammar.HandoffIs) -> list[str]:
    requested = condition.requested
    return [words(f"sentences.handoff_{condition.state}"), words.period(requested) if requested else ""]


def _lifecycle(words: ConditionWords, condition: grammar.LifecycleIs) -> list[str]:
    return [words("sentences.lifecycle", values=words.values(condition.states, "lifecycle"))]


def _segment(words: ConditionWords, condition: grammar.SegmentIs) -> list[str]:
    return [words("sentences.segment", name=words.segment(condition.key))]


SENTENCES: dict[type, Any] = {
    grammar.CustomerIs: _customer,
    grammar.TraitIs: _trait,
    grammar.EventDone: _event,
    grammar.CartIs: _cart,
    grammar.OrdersAre: _orders,
    grammar.ConsentIs: _consent,
    grammar.ChannelIs: _channel,
    grammar.Wrote: _wrote,
    grammar.Messaged: _messaged,
    grammar.SurveyAnswered: _survey,
    grammar.JourneyIs: _journey,
    grammar.HandoffIs: _handoff,
    grammar.LifecycleIs: _lifecycle,
    grammar.SegmentIs: _segment,
}
