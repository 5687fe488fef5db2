"""Who may call each route: every view says so by its `guard`, and open ones are on a short list.

A guard is an attribute that the decorator which does the check puts on the view; a view that
nothing checks has none, and that is the fault this file finds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Flask

GUARDS = {
    "twilio",  # Twilio's signature
    "shop",  # the HMAC of a shop's webhook
    "write_key",  # an event write key
    "api_key",
    "session",  # a signed-in member of staff
    "signed_link",
    "metrics",  # loopback or the token
    "open",
}

# Paths that anybody may call. A new one belongs here only if it shows and changes nothing of a customer.
OPEN = ("/health", "/ready", "/sign-in", "/simulator", "/v1/openapi.json")

# The carrier of the simulator is for this machine and is there only while no Twilio account is set.
OPEN_FOLDERS = ("/simulator/", "/sign-in/")


@dataclass(frozen=True, kw_only=True)
class Route:
    path: str
    endpoint: str
    guard: str | None  # None: nothing checks it


def routes_of(application: Flask) -> list[Route]:
    return [
        Route(path=rule.rule, endpoint=rule.endpoint, guard=guard_of(application, rule.endpoint))
        for rule in application.url_map.iter_rules()
    ]


def guard_of(application: Flask, endpoint: str) -> str | None:
    # Flask adds the view for static files itself, so nobody can decorate it.
    if endpoint.rpartition(".")[2] == "static":
        return "open"
    guard: str | None = getattr(application.view_functions[endpoint], "guard", None)
    return guard


def route_faults(routes: Iterable[Route]) -> Iterator[str]:
    for route in routes:
        if route.guard not in GUARDS:
            yield (
                f"{route.path} ({route.endpoint}) is guarded by {route.guard!r}: put the decorator "
                f"on its view that checks and sets `guard` to one of {', '.join(sorted(GUARDS))}."
            )
        elif route.guard == "open" and not is_on_the_open_list(route):
            yield (
                f"{route.path} ({route.endpoint}) is open: guard it, or add it to OPEN in tests/routes.py "
                "if anybody may call it."
            )


def is_on_the_open_list(route: Route) -> bool:
    is_static = route.endpoint.rpartition(".")[2] == "static"
    return is_static or route.path in OPEN or route.path.startswith(OPEN_FOLDERS)
