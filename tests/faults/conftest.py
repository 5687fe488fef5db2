"""Towns for the tenth that runs with all other tests: one on each database, which its tests share."""

import warnings
from collections.abc import Iterator

import pytest

from tests.faults.results import Plan
from tests.faults.town import POSTGRESQL, SQLITE, Ground, Town, ground

# Less than a tenth, where a tenth would take minutes; the whole is for `make faults`.
TENTH = Plan(scale=0.01, patience=90.0)
# Enough for a busy machine, and no longer: what was killed in the act is waited for.
HURRY = {
    "TWILIO_TIMEOUT": "2",
    "LEASE_SECONDS": "2.5",
    "LANE_WAIT_SECONDS": "1",
    "UNKNOWN_HORIZON_SECONDS": "8",
    "LOOK_SECONDS": "0.5",
    "SWEEP_SECONDS": "0.3",
    "INBOUND_SWEEP_SECONDS": "1",
}


@pytest.fixture(scope="package")
def towns() -> Iterator[Ground]:
    with warnings.catch_warnings():
        # platformdirs, through the PostgreSQL wheel.
        warnings.simplefilter("ignore", RuntimeWarning)
        with ground() as made:
            yield made


@pytest.fixture(scope="package")
def sqlite_town(towns: Ground) -> Iterator[Town]:
    with towns.town(SQLITE, horizons=HURRY) as town:
        yield town


@pytest.fixture(scope="package")
def postgres_town(towns: Ground) -> Iterator[Town]:
    with towns.town(POSTGRESQL, horizons=HURRY) as town:
        yield town


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.services)])
def town(request: pytest.FixtureRequest) -> Town:
    found: Town = request.getfixturevalue("sqlite_town" if request.param == SQLITE else "postgres_town")
    return found


@pytest.fixture
def tenth() -> Plan:
    return TENTH
