"""The page's faults and the ground truth, in JSON. Also for tests, which give orders as the page does.

GET  /simulator/api/faults             {"faults": {every name: value}, "on": [names]}
POST /simulator/api/faults {"…": …}    the same; what is not named is off, so {} turns all off
GET  /simulator/api/truth?after=0      {"messages": [up to 1,000, as accepted], "last": position}
"""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.api import PageError, asked_by_page
from bot.simulator.carrier import Carrier
from bot.simulator.faults import Faults, FaultsError, read_faults, switched_on

LONGEST_ORDER = 16_384
MOST_ROWS = 1000


def add_faults_api(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.get("/api/faults")
    @guarded_by("open")
    def show_faults() -> ResponseReturnValue:
        return jsonify(_view(carrier.switches.faults()))

    @blueprint.post("/api/faults")
    @guarded_by("open")
    def set_faults() -> ResponseReturnValue:
        asked = asked_by_page(LONGEST_ORDER)
        try:
            faults = read_faults(asked)
        except FaultsError as error:
            raise PageError(str(error), reason="faults") from error
        carrier.switches.set(faults)
        return jsonify(_view(faults)), 201

    @blueprint.get("/api/truth")
    @guarded_by("open")
    def show_truth() -> ResponseReturnValue:
        after = request.args.get("after", "0")
        if not after.isdecimal() or len(after) > 15:
            raise PageError("after must be a position")
        rows = carrier.store.truth(int(after), MOST_ROWS)
        return jsonify(messages=rows, last=rows[-1]["position"] if rows else int(after))


def _view(faults: Faults) -> dict[str, Any]:
    return {"faults": asdict(faults), "on": switched_on(faults)}
