"""One interpreter for all tests of understanding: it does not change, and it takes a moment to load."""

import pytest

from nlu.interpreter import EmbeddedInterpreter


@pytest.fixture(scope="session")
def interpreter() -> EmbeddedInterpreter:
    return EmbeddedInterpreter.load()
