"""Which facts a condition asks for, and whether time alone can change its answer."""

from context_store.records import conditions as grammar
from context_store.records.condition_parts import Coming, LongerAgo, Within
from context_store.records.conditions import Condition, walk

# By the stores of the unit of work that keep them. What a turn has not opened it has not changed.
STORES: dict[type, frozenset[str]] = {
    grammar.CustomerIs: frozenset(("customers",)),
    grammar.TraitIs: frozenset(("traits", "events")),
    grammar.EventDone: frozenset(("events",)),
    grammar.CartIs: frozenset(("carts", "products")),
    grammar.OrdersAre: frozenset(("orders", "products")),
    grammar.ConsentIs: frozenset(("consents",)),
    grammar.ChannelIs: frozenset(("customers", "addresses")),
    grammar.Wrote: frozenset(("customers", "addresses")),
    grammar.Messaged: frozenset(("messages",)),
    grammar.SurveyAnswered: frozenset(("surveys",)),
    grammar.JourneyIs: frozenset(("enrollments",)),
    grammar.HandoffIs: frozenset(("handoffs",)),
}
# Time changes these by themselves: a pause ends, the window closes.
TIMED = (grammar.ConsentIs, grammar.Messaged)
PERIODS = ("period", "last", "changed", "entered", "requested", "test")


def stores_of(condition: Condition) -> frozenset[str]:
    """Of a resolved condition."""
    return frozenset().union(*(STORES.get(type(part), frozenset()) for part in walk(condition)))


def is_timed(condition: Condition) -> bool:
    return any(_is_timed(part) for part in walk(condition))


def _is_timed(part: Condition) -> bool:
    if isinstance(part, TIMED) or getattr(part, "state", None) == "window_open":
        return True
    return any(isinstance(getattr(part, name, None), Within | LongerAgo | Coming) for name in PERIODS)
