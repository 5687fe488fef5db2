"""A promotion as somebody typed it: into a record, or the reasons why it cannot be one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from context_store.records import CodeSource, Offer, PromotionId, PromotionRecord, new_id
from context_store.records.promotions import EVERYBODY, LOYAL, NEWCOMERS, SEGMENT
from flows.promotions import Kind, Promotion, Wording, is_code
from flows.texts import LANGUAGES

LONGEST_TEXT = 300
# What is added to make a customer's own: a hyphen and ten letters.
LONGEST_PREFIX = 29
MOST_USES = 1_000_000_000
LARGEST = Decimal(1_000_000)


def read(
    form: Mapping[str, str], before: PromotionRecord | None, now: datetime
) -> tuple[PromotionRecord | None, list[str]]:
    """The record, or the keys of what is wrong; each is a text in `offers.faults`."""
    faults: list[str] = []
    source = _choice(form, "code_source", list(CodeSource)) or CodeSource.SHARED
    code = before.code if before else form.get("code", "").strip().upper()
    if not is_code(code) or (source is not CodeSource.SHARED and len(code) > LONGEST_PREFIX):
        faults.append("code")
    offer = _offer(form, faults)
    starts, ends = _day(form, "starts", faults), _day(form, "ends", faults)
    if starts and ends and ends < starts:
        faults.append("days")
    most_uses = _count(form, faults)
    audience = form.get("audience", EVERYBODY)
    if not is_audience(audience):
        faults.append("audience")
    if faults or offer is None:
        return None, faults
    empty = PromotionRecord(id=PromotionId(new_id()), code=code, offer=offer, edited_at=now)
    return (
        replace(
            before or empty,
            offer=offer,
            starts=starts,
            ends=ends,
            audience=audience,
            code_source=source,
            most_uses=most_uses,
            edited_at=now,
        ),
        [],
    )


def is_audience(word: str) -> bool:
    if word.startswith(SEGMENT):
        return 0 < len(word.removeprefix(SEGMENT).strip()) <= 100 and "\x00" not in word
    return word in (EVERYBODY, NEWCOMERS, LOYAL)


def as_form(record: PromotionRecord) -> dict[str, str]:
    """What the fields show of one that exists."""
    offer = record.offer
    texts = {f"text_{language}": str(text) for language, text in offer.texts.items()}
    terms = {f"terms_{language}": str(text) for language, text in offer.terms.items()}
    return {
        "code": record.code,
        "kind": offer.kind,
        "value": _plain(offer.value),
        "minimum": _plain(offer.minimum),
        "category": offer.category or "",
        "starts": record.starts.isoformat() if record.starts else "",
        "ends": record.ends.isoformat() if record.ends else "",
        "audience": record.audience,
        "code_source": record.code_source.value,
        "most_uses": str(record.most_uses or ""),
        **texts,
        **terms,
    }


def as_seen(record: PromotionRecord) -> Promotion:
    """As a customer would see it, with a code made up where each has their own."""
    offer = record.offer
    return Promotion(
        code=f"{record.code}-ABCDEFGHJK" if record.code_source is CodeSource.GENERATED else record.code,
        kind=Kind(offer.kind),
        value=offer.value,
        minimum=offer.minimum,
        category=offer.category,
        starts=record.starts,
        ends=record.ends,
        texts=Wording.model_validate(offer.texts),
        terms=Wording.model_validate(offer.terms) if offer.terms else None,
        unique_of=record.code if record.is_unique else None,
    )


def _offer(form: Mapping[str, str], faults: list[str]) -> Offer | None:
    texts = {language: _text(form, f"text_{language}") for language in LANGUAGES}
    terms = {language: _text(form, f"terms_{language}") for language in LANGUAGES}
    if not all(texts.values()):
        faults.append("texts")
    if any(terms.values()) and not all(terms.values()):
        faults.append("terms")
    kind = _choice(form, "kind", list(Kind)) or Kind.PERCENT
    value, minimum = _amount(form, "value"), _amount(form, "minimum")
    if value is None or minimum is None:
        faults.append("value")
        return None
    if kind is Kind.FREE_SHIPPING:
        value = Decimal(0)
    offer = Offer(
        kind=kind.value,
        value=value,
        minimum=minimum,
        category=_text(form, "category")[:60] or None,
        texts=texts,
        terms=terms if any(terms.values()) else {},
    )
    return offer if _fits(offer, faults) else None


def _fits(offer: Offer, faults: list[str]) -> bool:
    """The rules of the flows: a share is at most the whole, and nothing is worth nothing."""
    told: dict[str, Any] = {"kind": offer.kind, "value": offer.value, "minimum": offer.minimum}
    try:
        Promotion.model_validate({"code": "ANY", "texts": dict.fromkeys(LANGUAGES, "x"), **told})
    except ValidationError:
        faults.append("value")
        return False
    return True


def _text(form: Mapping[str, str], name: str) -> str:
    return " ".join(form.get(name, "").replace("\x00", "").split())[:LONGEST_TEXT]


def _amount(form: Mapping[str, str], name: str) -> Decimal | None:
    text = form.get(name, "").strip().replace(",", ".") or "0"
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= LARGEST else None


def _day(form: Mapping[str, str], name: str, faults: list[str]) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append("days")
        return None


def _count(form: Mapping[str, str], faults: list[str]) -> int | None:
    text = form.get("most_uses", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= MOST_USES):
        faults.append("most_uses")
        return None
    return int(text)


def _choice(form: Mapping[str, str], name: str, known: list[Any]) -> Any:
    return next((each for each in known if each.value == form.get(name)), None)


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else ""
