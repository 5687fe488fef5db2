"""What goes wrong at the carrier on purpose, and what that means for one request or callback. Pure.

A rate is from 0 (never) to 1 (always), a time is in seconds. Everything is off until it is set.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from bot.simulator.settings import E164, WHATSAPP_ID

LONGEST_SECONDS = 3600.0

# A number from 0 to 1, below 1, evenly spread.
Draw = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Faults:
    # POST Messages. A request meets one of these five at most, so together they are at most 1.
    reset_before_rate: float = 0.0  # the connection is cut; nothing was accepted
    error_before_rate: float = 0.0  # 503; nothing was accepted
    too_many_rate: float = 0.0  # 429 with Retry-After; nothing was accepted
    error_after_rate: float = 0.0  # 500, although the message was accepted and will be delivered
    reset_after_rate: float = 0.0  # the connection is cut, although the message was accepted
    retry_after_seconds: int = 2
    # Besides those: the message is accepted at once, and the answer comes so much later.
    slow_rate: float = 0.0
    slow_seconds: float = 30.0

    # Refused at once: HTTP 400 with this code of Twilio. 0 refuses nothing.
    refuse_code: int = 0
    refuse_rate: float = 1.0
    refuse_to: str = ""  # a customer's number or WhatsApp id; "" is everybody
    # Accepted, and failed later by callback with this code.
    fail_code: int = 0
    fail_rate: float = 1.0
    fail_to: str = ""

    # Status callbacks, each for itself.
    callback_lost_rate: float = 0.0
    callback_doubled_rate: float = 0.0
    callback_late_rate: float = 0.0
    callback_late_seconds: float = 10.0
    callback_disordered_rate: float = 0.0  # told only after the status that follows

    # GET Messages, the list and one by its sid.
    list_down_rate: float = 0.0  # 503
    list_lag_seconds: float = 0.0  # does not know yet what was accepted in the last so many seconds

    # Inbound webhooks.
    inbound_doubled_rate: float = 0.0  # posted twice, at the same time
    inbound_lost_rate: float = 0.0  # never posted: the message is only in the list

    seed: int = 0  # makes the draws the same in each run; 0 does not


STACKED = (
    "reset_before_rate",
    "error_before_rate",
    "too_many_rate",
    "error_after_rate",
    "reset_after_rate",
)
# These are rates only of what a code switches on.
FOLLOWING = frozenset({"refuse_rate", "fail_rate"})
CODES = range(10_000, 100_000)


class FaultsError(ValueError):
    """These faults cannot be set; the text says why."""


class Trouble(StrEnum):
    """What a request to send meets."""

    NONE = "none"
    REFUSED = "refused"
    RESET_BEFORE = "reset_before"
    ERROR_BEFORE = "error_before"
    TOO_MANY = "too_many"
    ERROR_AFTER = "error_after"
    RESET_AFTER = "reset_after"


@dataclass(frozen=True, kw_only=True)
class SendFate:
    trouble: Trouble = Trouble.NONE
    refused_with: int = 0  # the code, when it is refused
    retry_after: int = 0  # seconds, when there are too many
    fails_with: int = 0  # a code the accepted message fails with later
    wait: float = 0.0  # seconds until the answer


@dataclass(frozen=True, kw_only=True)
class CallbackFate:
    posts: int = 1
    delay: float = 0.0
    is_held: bool = False  # until the next status of the message was told


def read_faults(asked: Mapping[str, Any]) -> Faults:
    """Faults from JSON; what is not named is off. Raises FaultsError."""
    known = {field.name: field.default for field in fields(Faults)}
    if unknown := sorted(set(asked) - set(known)):
        raise FaultsError(f"there is no fault {unknown[0]!r}; there are {', '.join(known)}")
    faults = Faults(**{name: _value(name, value, known[name]) for name, value in asked.items()})
    if sum(getattr(faults, name) for name in STACKED) > 1 + 1e-9:
        raise FaultsError(
            f"one request meets at most one of {', '.join(STACKED)}: together they are at most 1"
        )
    return faults


def switched_on(faults: Faults) -> list[str]:
    """The names of the faults that do something now."""
    values = asdict(faults)
    codes = [name for name in ("refuse_code", "fail_code") if values[name]]
    rates = [name for name in values if name.endswith("_rate") and name not in FOLLOWING and values[name]]
    lag = ["list_lag_seconds"] if faults.list_lag_seconds else []
    return [*rates, *codes, *lag]


def fate_of_send(faults: Faults, customer: str, draw: Draw) -> SendFate:
    # Always the same number of draws, so that one fault does not move the draws of another.
    which, slow, refused, failing = draw(), draw(), draw(), draw()
    wait = faults.slow_seconds if slow < faults.slow_rate else 0.0
    if faults.refuse_code and faults.refuse_to in ("", customer) and refused < faults.refuse_rate:
        return SendFate(trouble=Trouble.REFUSED, refused_with=faults.refuse_code, wait=wait)
    fails = faults.fail_code and faults.fail_to in ("", customer) and failing < faults.fail_rate
    return SendFate(
        trouble=_trouble(faults, which),
        retry_after=faults.retry_after_seconds,
        fails_with=faults.fail_code if fails else 0,
        wait=wait,
    )


def fate_of_callback(faults: Faults, draw: Draw, *, has_successor: bool) -> CallbackFate:
    """`has_successor`: another status of this message will certainly follow."""
    lost, doubled, late, disordered = draw(), draw(), draw(), draw()
    if lost < faults.callback_lost_rate:
        return CallbackFate(posts=0)
    return CallbackFate(
        posts=2 if doubled < faults.callback_doubled_rate else 1,
        delay=faults.callback_late_seconds if late < faults.callback_late_rate else 0.0,
        is_held=has_successor and disordered < faults.callback_disordered_rate,
    )


def inbound_posts(faults: Faults, draw: Draw) -> int:
    """How often the webhook of one inbound message is posted."""
    lost, doubled = draw(), draw()
    if lost < faults.inbound_lost_rate:
        return 0
    return 2 if doubled < faults.inbound_doubled_rate else 1


def _trouble(faults: Faults, draw: float) -> Trouble:
    reached = 0.0
    for name in STACKED:
        reached += getattr(faults, name)
        if draw < reached:
            return Trouble(name.removesuffix("_rate"))
    return Trouble.NONE


def _value(name: str, value: object, default: Any) -> Any:
    if isinstance(default, str):
        return _customer(name, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FaultsError(f"{name} must be a number")
    if isinstance(default, int) and value != int(value):
        raise FaultsError(f"{name} must be a whole number")
    if name.endswith("_code") and value and value not in CODES:
        raise FaultsError(f"{name} must be 0 or a code of Twilio, like 21610")
    if name.endswith("_rate") and not 0 <= value <= 1:
        raise FaultsError(f"{name} must be from 0 (never) to 1 (always)")
    if name.endswith("_seconds") and not 0 <= value <= LONGEST_SECONDS:
        raise FaultsError(f"{name} must be from 0 to {LONGEST_SECONDS:.0f}")
    if value < 0:
        raise FaultsError(f"{name} must not be below 0")
    return type(default)(value)


def _customer(name: str, value: object) -> str:
    address = value.removeprefix("whatsapp:") if isinstance(value, str) else None
    if address is None or not (address == "" or E164.fullmatch(address) or WHATSAPP_ID.fullmatch(address)):
        raise FaultsError(
            f"{name} must be a number like +34600000001, a WhatsApp id, or nothing for everybody"
        )
    return address
