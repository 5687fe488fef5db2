"""Says how a route is guarded. A test walks every route and refuses one that says nothing."""

from collections.abc import Callable
from typing import Any, Literal

View = Callable[..., Any]
Guard = Literal["twilio", "shop", "api_key", "write_key", "session", "signed_link", "metrics", "open"]


def guarded_by(guard: Guard) -> Callable[[View], View]:
    """Mark a view whose own code checks `guard` before anything else."""

    def mark(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]
        return view

    return mark
